"""Fault injection: give the requests that match a fault rule another response, a delay or none.

The number of matches of each rule is in the store of the workspace, so that all of its processes share the count.
"""

import os
import time
from collections.abc import Callable

from emulator.faults.rules import SIGNALS, STATUSES, ConnectionDropped, Fault, configured_faults
from emulator.state import keys
from emulator.state.documents import Store
from emulator.state.records import Count
from emulator.wire.http import Request, Response, http_date, json_response
from emulator.wire.names import host_kind


def apply_faults(store: Store, request: Request, handle: Callable[[], Response]) -> Response:
    """Return the response of ``handle``, or that of the first fault rule which applies to ``request``.

    Raises:
        ConnectionDropped: the rule drops the connection.
        FaultsInvalid: the rules cannot be read.
    """
    for fault in configured_faults():
        if fault.matches(request) and _is_due(store, fault):
            return _faulty_response(fault, request, handle)
    return handle()


def _is_due(store: Store, fault: Fault) -> bool:
    """Count a match of the rule; return whether the rule applies to this match."""
    key = keys.fault(fault.identity)
    with store.transaction():
        seen = (store.get(key) or Count(seen=0))["seen"] + 1
        store.put(key, Count(seen=seen))
    return seen > fault.skip and (fault.times is None or seen <= fault.skip + fault.times)


def _faulty_response(fault: Fault, request: Request, handle: Callable[[], Response]) -> Response:
    response = handle() if fault.carried_out else None
    if fault.answer == "delay":
        time.sleep(fault.seconds)
    elif fault.answer in SIGNALS:
        os.kill(os.getpid(), SIGNALS[str(fault.answer)])
    else:
        return _error_response(fault, request)
    return response or handle()


def _error_response(fault: Fault, request: Request) -> Response:
    if fault.answer == "drop":
        raise ConnectionDropped(f"{request.method} {request.path}")
    if fault.answer == "ignore":
        return _pretended_success(request)
    if fault.answer == "expired_token":
        return unauthorized("The access token expiry UTC time is earlier than current UTC time.", "Expired")
    code, message = STATUSES[int(fault.answer)]
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    return json_response(int(fault.answer), {"error": {"code": code, "message": message}}, headers)


def unauthorized(message: str, kind: str = "Invalid") -> Response:
    """Return Azure's error response for an access token; ``kind`` is ``Invalid``, ``Expired`` or ``Missing``."""
    authority = 'authorization_uri="https://login.microsoftonline.com/"'
    challenge = f'Bearer {authority}, error="invalid_token", error_description="{message}"'
    body = {"error": {"code": f"{kind}AuthenticationToken", "message": message}}
    return json_response(401, body, {"WWW-Authenticate": challenge})


def _pretended_success(request: Request) -> Response:
    """Return the response of a write that was not done: the requested body, with the id and name of the resource."""
    if host_kind(request.host) == "blob":
        return Response(201, {"ETag": '"0x0"', "Last-Modified": http_date(time.time()), "x-ms-version": "2021-10-04"})
    try:
        body = request.json()
    except ValueError:
        body = {}
    own = {"id": request.path, "name": request.path.rpartition("/")[2]}
    return json_response(200, {**own, **body} if isinstance(body, dict) else own)
