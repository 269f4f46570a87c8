"""The part of the vendor's unpublished test tools that its tests use: always live, nothing recorded or masked."""

from devtools_testutils.helpers import is_live, is_live_and_not_recording


class AzureRecordedTestCase:
    """Base class of the vendor's end-to-end tests; a live run needs nothing of it."""

    is_live = True


def _leave_alone(*args: object, **kwargs: object) -> None:
    """Mask nothing: no traffic is recorded."""


add_body_key_sanitizer = _leave_alone
add_general_regex_sanitizer = _leave_alone
add_general_string_sanitizer = _leave_alone
add_remove_header_sanitizer = _leave_alone
add_uri_regex_sanitizer = _leave_alone
remove_batch_sanitizers = _leave_alone
set_bodiless_matcher = _leave_alone
set_custom_default_matcher = _leave_alone

__all__ = ["AzureRecordedTestCase", "is_live", "is_live_and_not_recording"]
