"""Turn the errors of the SDK, the service and the network into errors of the release line."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from scripts.lib.errors import BadConfiguration, NotFound, ReleaseError


def _azure_exceptions() -> ModuleType | None:
    """Return the SDK's exceptions, if something has loaded them; else nothing of the SDK can have failed."""
    import sys

    return sys.modules.get("azure.core.exceptions")


# Below this the SDK prints the service's correlation, region and time.
_DETAILS = "Additional Information:"
# The service puts its code before the message, and says both again below.
_CODE = re.compile(r"^\(\w+\)\s*")


@contextmanager
def service_errors() -> Iterator[None]:
    """Raise the SDK's errors as errors of the release line.

    Raises:
        NotFound: the workspace does not have what was requested.
        ReleaseError: the service refused, failed or could not be reached, no credential worked, or a file was unusable.
        BadConfiguration: the SDK refused YAML of the repository.
    """
    try:
        yield
    except Exception as error:
        if isinstance(error, OSError) and error.filename:
            raise ReleaseError(f"{error.filename}: {error.strerror}.") from error
        exceptions = _azure_exceptions()
        if exceptions is None or isinstance(error, ReleaseError):
            raise
        if isinstance(error, exceptions.ResourceNotFoundError):
            raise NotFound(f"The workspace does not have it: {said_by(error)}") from error
        if isinstance(error, exceptions.ClientAuthenticationError):
            raise ReleaseError(
                f"Azure accepted no credential: {said_by(error)} `python -m scripts.check_setup` says what is missing."
            ) from error
        if isinstance(error, exceptions.HttpResponseError):
            raise ReleaseError(f"The workspace refused (status {error.status_code}): {said_by(error)}") from error
        if type(error).__module__.startswith("marshmallow") or type(error).__name__ == "ValidationException":
            raise BadConfiguration(f"The SDK refuses this YAML: {error}") from error
        if type(error).__module__.startswith("azure.ai.ml"):
            raise ReleaseError(f"The SDK could not do it: {said_by(error)}") from error
        if isinstance(error, exceptions.AzureError):
            raise ReleaseError(f"The workspace could not be reached: {said_by(error)}") from error
        if _raised_in_sdk(error):
            raise ReleaseError(
                f"The SDK did not understand an answer of the workspace ({type(error).__name__}: {error}). "
                "Run the command again."
            ) from error
        raise


def _raised_in_sdk(error: Exception) -> bool:
    """Return whether the SDK's own code raised the error, as it does where an answer is another than it expects."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return trace is not None and str(trace.tb_frame.f_globals.get("__name__")).startswith("azure.")


def is_transient(error: Exception) -> bool:
    """Return whether the same request may succeed later: no response, a server error, or too many requests."""
    exceptions = _azure_exceptions()
    if exceptions is None:
        return False
    if isinstance(error, exceptions.HttpResponseError):
        return error.status_code is None or error.status_code >= 500 or error.status_code == 429
    return isinstance(error, exceptions.ServiceRequestError | exceptions.ServiceResponseError)


def said_by(error: Exception) -> str:
    """Return the service's message on one line, without its error code and without repeated lines."""
    text = str(getattr(error, "message", None) or error)
    said: list[str] = []
    for line in text.split(_DETAILS)[0].splitlines():
        words = _CODE.sub("", line.strip().removeprefix("Message:").strip())
        if words and not words.startswith(("Code:", "ErrorCode:")) and words not in said:
            said.append(words)
    return " ".join(said) or str(getattr(error, "reason", None) or "it gave no reason.")
