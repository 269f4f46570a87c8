"""Turn what the service or the network says into one message with an exit code."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from scripts.lib.errors import BadConfiguration, NotFound, ReleaseError


def _azure_exceptions() -> ModuleType | None:
    """Return the SDK's exceptions, if something has loaded them; else nothing of the SDK can have failed."""
    import sys

    return sys.modules.get("azure.core.exceptions")


@contextmanager
def service_errors() -> Iterator[None]:
    """Raise the SDK's errors as errors of the release line.

    Raises:
        NotFound: the service knows no such thing.
        ReleaseError: it refused or failed, could not be reached, or no credential worked.
        BadConfiguration: the SDK refused YAML of the repository.
    """
    try:
        yield
    except Exception as error:
        exceptions = _azure_exceptions()
        if exceptions is None or isinstance(error, ReleaseError):
            raise
        if isinstance(error, exceptions.ResourceNotFoundError):
            raise NotFound(f"The workspace does not have it: {_words(error)}") from error
        if isinstance(error, exceptions.ClientAuthenticationError):
            raise ReleaseError(
                f"Azure accepted no credential: {_words(error)} `python -m scripts.check_setup` says what is missing."
            ) from error
        if isinstance(error, exceptions.HttpResponseError):
            raise ReleaseError(f"The workspace refused ({error.status_code}): {_words(error)}") from error
        if type(error).__module__.startswith("marshmallow") or type(error).__name__ == "ValidationException":
            raise BadConfiguration(f"The SDK refuses this YAML: {error}") from error
        if isinstance(error, exceptions.AzureError):
            raise ReleaseError(f"The workspace could not be reached: {_words(error)}") from error
        raise


def _words(error: Exception) -> str:
    text = str(getattr(error, "message", None) or error)
    return " ".join(line.strip() for line in text.splitlines() if line.strip() and not line.startswith("Code:"))
