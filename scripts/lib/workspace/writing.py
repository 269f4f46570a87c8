"""The one way to write to the workspace: write, read back, and let what is there decide, not what was answered."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

from scripts.lib.errors import Conflict

Found = TypeVar("Found")
# Azure may show what it was told a moment later.
_SETTLE_SECONDS = 2.0
_POLL_SECONDS = 0.2


def written(write: Callable[[], object], took: Callable[[], Found | None], otherwise: Callable[[], str]) -> Found:
    """Write, then return what ``took`` reads once it is as it was told to be.

    ``took`` returns nothing while it is not. An error counts only where the write did not take: an answer can be lost
    on its way, and what was carried out is carried out.

    Raises:
        Conflict: the workspace answered success, but it is not as it was told to be; ``otherwise`` says what it is.
    """
    from azure.core.exceptions import AzureError, HttpResponseError

    failure: AzureError | None = None
    try:
        write()
    except AzureError as error:
        failure = error
    refused = isinstance(failure, HttpResponseError) and 400 <= (failure.status_code or 0) < 500
    deadline = time.monotonic() + _SETTLE_SECONDS
    while True:
        found = took()
        if found is not None:
            return found
        if refused or time.monotonic() > deadline:
            break
        time.sleep(_POLL_SECONDS)
    if failure:
        raise failure
    raise Conflict(otherwise())


def found(get: Callable[[], Found]) -> Found | None:
    """Return what ``get`` asks the workspace for, or None where there is no such thing."""
    from azure.core.exceptions import ResourceNotFoundError

    try:
        return get()
    except ResourceNotFoundError:
        return None


def exists(get: Callable[[], Any]) -> bool:
    """Say whether ``get`` finds what it asks the workspace for."""
    return found(get) is not None


def create_once(get: Callable[[], Any], create: Callable[[], object], what: str) -> bool:
    """Create what ``get`` does not find, and see that it is there then; say whether it had to be created.

    Raises:
        Conflict: the workspace said yes, and does not have it.
    """
    if exists(get):
        return False
    written(create, lambda: found(get), lambda: _not_there(what))
    return True


def deleted(get: Callable[[], Any], delete: Callable[[], object], what: str) -> None:
    """Delete what ``get`` finds, and see that it is gone then.

    Raises:
        Conflict: the workspace said yes, and still has it.
    """
    written(
        delete,
        lambda: None if exists(get) else True,
        lambda: f"The workspace said yes to deleting {what}, but still has it. Run the command again.",
    )


def _not_there(what: str) -> str:
    return f"The workspace said yes to {what}, but does not have it. Run the command again."
