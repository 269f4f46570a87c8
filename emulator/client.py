"""Reach the embedded workspace from this process: the HTTP library hands Azure ML's hosts to it."""

import io
import os
import threading
from collections.abc import Callable, Iterable
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
from emulator.wire.tokens import issue_token

STATE_VARIABLE = "AZUREML_LOCAL_STATE"
DEFAULT_STATE = ".azureml-local"
_TOKEN_SECONDS = 3600.0

Recorder = Callable[[Request, Response], None]
_lock = threading.Lock()
_active: "Embedded | None" = None
_original_send: Any = None


class EmbeddedCredential:
    """Issues tokens that the SDK can read and nobody else needs to believe."""

    def __init__(self, names: Names, state: Path | None = None) -> None:
        self._names = names
        self._state = state

    def get_token(self, *scopes: str, **kwargs: object) -> Any:
        """Return an access token for the first of ``scopes``, good for an hour.

        Raises:
            ClientAuthenticationError: the workspace's surroundings say that nobody may sign in.
        """
        from azure.core.credentials import AccessToken

        if self._state and (refused := read_surroundings(self._state).sign_in):
            from azure.core.exceptions import ClientAuthenticationError

            raise ClientAuthenticationError(refused)

        return AccessToken(*issue_token(self._names, scopes[0].removesuffix("/.default"), _TOKEN_SECONDS))


@dataclass
class Embedded:
    """An embedded workspace that is reachable from this process."""

    service: Service
    credential: EmbeddedCredential
    recorder: Recorder | None = None
    # In a step, held while a request is answered; a host of Azure that is not answered here is refused there.
    turn: AbstractContextManager[Any] | None = None

    @property
    def workspace(self) -> Workspace:
        """What is kept of the workspace."""
        return self.service.workspace

    @property
    def names(self) -> Names:
        """Subscription, group and workspace to give to ``MLClient``."""
        return self.workspace.names


def activate(state: Path | None = None, names: Names | None = None, recorder: Recorder | None = None) -> Embedded:
    """Answer Azure ML's hosts from the workspace in ``state``, in this process, from now on.

    ``state`` is ``$AZUREML_LOCAL_STATE``, or ``.azureml-local`` here, unless given. Other hosts are reached
    as ever. ``recorder`` sees every exchange. Calling it again replaces the workspace.
    """
    global _active, _original_send
    from requests.adapters import HTTPAdapter

    embedded = _opened(state, names, recorder)
    with _lock:
        _active = embedded
        if _original_send is None:
            _original_send = HTTPAdapter.send
            HTTPAdapter.send = _send  # type: ignore[method-assign,assignment]
    return embedded


def join_step(names: Names, original: Any, turn: AbstractContextManager[Any]) -> Any:
    """Open the workspace for a step; return what sends its requests instead of ``original``, and none to Azure.

    One request is answered at a time, in its ``turn``, which a fork waits for.
    """
    global _active, _original_send
    _active, _original_send = _opened(None, names, None, turn), original
    return _send


def _opened(
    state: Path | None, names: Names | None, recorder: Recorder | None, turn: AbstractContextManager[Any] | None = None
) -> Embedded:
    place = state or Path(os.environ.get(STATE_VARIABLE) or DEFAULT_STATE)
    service = Service(Workspace(place, names))
    credential = EmbeddedCredential(service.workspace.names, service.workspace.state)
    return Embedded(service, credential, recorder, turn)


def deactivate() -> None:
    """Give Azure's hosts back to the network."""
    global _active, _original_send
    from requests.adapters import HTTPAdapter

    with _lock:
        _active = None
        if _original_send is not None:
            HTTPAdapter.send = _original_send  # type: ignore[method-assign]
            _original_send = None


def _send(adapter: Any, prepared: Any, *args: Any, **kwargs: Any) -> Any:
    request = Request(prepared.method or "GET", prepared.url or "", prepared.headers)
    embedded = _active
    if embedded is None or not _answers(embedded, request.host):
        if embedded and embedded.turn and is_azure(request.host):
            from requests import ConnectionError as RequestsConnectionError

            raise RequestsConnectionError(refusal(request.host), request=prepared)
        return _original_send(adapter, prepared, *args, **kwargs)
    request = Request(request.method, request.url, request.headers, _read_body(prepared.body))
    try:
        with embedded.turn or nullcontext():
            response = embedded.service.handle(request)
    except ConnectionDropped as error:
        from requests import ConnectionError as RequestsConnectionError

        raise RequestsConnectionError(f"Connection aborted: {error}", request=prepared) from None
    if embedded.recorder:
        embedded.recorder(request, response)
    return adapter.build_response(prepared, _raw(response, request.method))


def _answers(embedded: Embedded, host: str) -> bool:
    """Say whether ``host`` is answered here; to a step, storage accounts other than the workspace's are not."""
    kind = host_kind(host)
    return kind is not None and not (embedded.turn and kind == "blob" and host != embedded.names.storage_host)


def _read_body(body: Any) -> bytes:
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, bytes | bytearray):
        return bytes(body)
    if hasattr(body, "read"):
        return bytes(body.read())
    if isinstance(body, Iterable):
        return b"".join(body)
    raise TypeError(f"cannot read a request body of type {type(body).__name__}")


def _raw(response: Response, method: str) -> Any:
    import urllib3

    headers = dict(response.headers)
    if method != "HEAD":
        headers["Content-Length"] = str(len(response.body))
    return urllib3.HTTPResponse(
        body=io.BytesIO(b"" if method == "HEAD" else response.body),
        headers=headers,
        status=response.status,
        reason=_REASONS.get(response.status, ""),
        preload_content=False,
        request_method=method,
    )


_REASONS = {200: "OK", 201: "Created", 202: "Accepted", 400: "Bad Request", 404: "Not Found", 409: "Conflict"}
