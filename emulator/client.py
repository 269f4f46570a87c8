"""Connect this process to the embedded workspace: requests of the HTTP library to hosts of Azure ML go to it."""

import os
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emulator.faults.rules import ConnectionDropped
from emulator.service import Service
from emulator.state.surroundings import read_surroundings
from emulator.state.workspace import Workspace
from emulator.wire.azure_hosts import is_azure, refusal
from emulator.wire.http import Request, Response
from emulator.wire.names import Names, host_kind
from emulator.wire.requests_library import raw_response, read_body
from emulator.wire.tokens import issue_token

STATE_VARIABLE = "AZUREML_LOCAL_STATE"
DEFAULT_STATE = ".azureml-local"
_TOKEN_SECONDS = 3600.0

Recorder = Callable[[Request, Response], None]
_activation_lock = threading.Lock()
_active: "Embedded | None" = None
_original_send: Any = None


class EmbeddedCredential:
    """A credential for the SDK: it issues tokens of the embedded workspace, which have no value elsewhere."""

    def __init__(self, names: Names, state: Path | None = None) -> None:
        self._names = names
        self._state = state

    def get_token(self, *scopes: str, **kwargs: object) -> Any:
        """Return an access token for the first of ``scopes``, which is valid for an hour.

        Raises:
            ClientAuthenticationError: the surroundings of the workspace forbid to sign in.
        """
        from azure.core.credentials import AccessToken

        if self._state and (refused := read_surroundings(self._state).sign_in):
            from azure.core.exceptions import ClientAuthenticationError

            raise ClientAuthenticationError(refused)

        return AccessToken(*issue_token(self._names, scopes[0].removesuffix("/.default"), _TOKEN_SECONDS))


@dataclass
class Embedded:
    """An embedded workspace that this process is connected to."""

    service: Service
    credential: EmbeddedCredential
    recorder: Recorder | None = None
    # In a step: held while the workspace handles a request. There, requests to other hosts of Azure are refused.
    lock: AbstractContextManager[Any] | None = None

    @property
    def workspace(self) -> Workspace:
        """The stored workspace."""
        return self.service.workspace

    @property
    def names(self) -> Names:
        """The names of the workspace: subscription, group and workspace are arguments of ``MLClient``."""
        return self.workspace.names


def activate(state: Path | str | None = None, names: Names | None = None, recorder: Recorder | None = None) -> Embedded:
    """Send the requests of this process to hosts of Azure ML to the workspace in the folder ``state``; return it.

    The default of ``state`` is ``$AZUREML_LOCAL_STATE``, or else ``.azureml-local`` in the current folder. Requests to
    other hosts go to the network. ``recorder`` gets each request with its response. A second call replaces the
    workspace.

    Raises:
        Unusable: the folder cannot hold a workspace, or one of its settings cannot be read.
    """
    global _active, _original_send
    from requests.adapters import HTTPAdapter

    embedded = open_workspace(state, names, recorder)
    with _activation_lock:
        _active = embedded
        if _original_send is None:
            _original_send = HTTPAdapter.send
            HTTPAdapter.send = _send  # type: ignore[method-assign,assignment]
    return embedded


def join_step(names: Names, original: Any, lock: AbstractContextManager[Any]) -> Any:
    """Open the workspace for a step; return the function that sends its requests in place of ``original``.

    That function handles one request at a time, while it holds ``lock``, and refuses requests to other hosts of Azure.
    """
    global _active, _original_send
    _active, _original_send = open_workspace(None, names, None, lock), original
    return _send


def open_workspace(
    state: Path | str | None,
    names: Names | None,
    recorder: Recorder | None,
    lock: AbstractContextManager[Any] | None = None,
) -> Embedded:
    """Return the workspace in the folder ``state``; the arguments are those of ``activate`` and ``Embedded``."""
    place = Path(state or os.environ.get(STATE_VARIABLE) or DEFAULT_STATE)
    service = Service(Workspace(place, names))
    credential = EmbeddedCredential(service.workspace.names, service.workspace.state)
    return Embedded(service, credential, recorder, lock)


def deactivate() -> None:
    """Send all requests of this process to the network again."""
    global _active, _original_send
    from requests.adapters import HTTPAdapter

    with _activation_lock:
        _active = None
        if _original_send is not None:
            HTTPAdapter.send = _original_send  # type: ignore[method-assign]
            _original_send = None


def _send(adapter: Any, prepared: Any, *args: Any, **kwargs: Any) -> Any:
    request = Request(prepared.method or "GET", prepared.url or "", prepared.headers)
    embedded = _active
    if embedded is None or not handles(embedded, request.host):
        if embedded and embedded.lock and is_azure(request.host):
            from requests import ConnectionError as RequestsConnectionError

            raise RequestsConnectionError(refusal(request.host), request=prepared)
        return _original_send(adapter, prepared, *args, **kwargs)
    request = Request(request.method, request.url, request.headers, read_body(prepared.body))
    if embedded.lock is None:
        embedded.service.start_due_jobs()
    try:
        with embedded.lock or nullcontext():
            response = embedded.service.handle(request)
    except ConnectionDropped as error:
        from requests import ConnectionError as RequestsConnectionError

        raise RequestsConnectionError(f"Connection aborted: {error}", request=prepared) from None
    if embedded.recorder:
        embedded.recorder(request, response)
    return adapter.build_response(
        prepared, raw_response(response.status, response.headers, response.open(), response.size, request.method)
    )


def handles(embedded: Embedded, host: str) -> bool:
    """Return whether the workspace handles requests to ``host``; in a step, it does not for other storage accounts."""
    kind = host_kind(host)
    return kind is not None and not (embedded.lock and kind == "blob" and host != embedded.names.storage_host)
