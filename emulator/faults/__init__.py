"""Faults on purpose: strike the requests that the rules name.

How often a rule struck is counted in the workspace's own store, so that all processes on one workspace share the count.
"""

import os
import time
from collections.abc import Callable

from emulator.faults.rules import SIGNALS, STATUSES, ConnectionDropped, Fault, configured
from emulator.state import keys
from emulator.state.documents import Store
from emulator.state.records import Count
from emulator.wire.http import Request, Response, http_date, json_response
from emulator.wire.names import host_kind


def strike(store: Store, request: Request, carry_out: Callable[[], Response]) -> Response:
    """Answer ``request`` as ``carry_out`` does, unless a rule wants it answered otherwise, later or not at all.

    Raises:
        ConnectionDropped: the rule says so.
        FaultsInvalid: the rules cannot be read.
    """
    for fault in configured():
        if fault.matches(request) and _is_due(store, fault):
            return _struck(fault, request, carry_out)
    return carry_out()


def _is_due(store: Store, fault: Fault) -> bool:
    key = keys.fault(fault.identity)
    with store.transaction():
        seen = (store.get(key) or Count(seen=0))["seen"] + 1
        store.put(key, Count(seen=seen))
    return seen > fault.skip and (fault.times is None or seen <= fault.skip + fault.times)


def _struck(fault: Fault, request: Request, carry_out: Callable[[], Response]) -> Response:
    answer = carry_out() if fault.carried_out else None
    if fault.answer == "delay":
        time.sleep(fault.seconds)
    elif fault.answer in SIGNALS:
        os.kill(os.getpid(), SIGNALS[str(fault.answer)])
    else:
        return _answer(fault, request)
    return answer or carry_out()


def _answer(fault: Fault, request: Request) -> Response:
    if fault.answer == "drop":
        raise ConnectionDropped(f"{request.method} {request.path}")
    if fault.answer == "ignore":
        return _pretended(request)
    if fault.answer == "expired_token":
        return unauthorized("The access token expiry UTC time is earlier than current UTC time.", "Expired")
    code, message = STATUSES[int(fault.answer)]
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    return json_response(int(fault.answer), {"error": {"code": code, "message": message}}, headers)


def unauthorized(message: str, kind: str = "Invalid") -> Response:
    """Refuse as Azure refuses a token: ``InvalidAuthenticationToken`` or ``ExpiredAuthenticationToken``."""
    authority = 'authorization_uri="https://login.microsoftonline.com/"'
    challenge = f'Bearer {authority}, error="invalid_token", error_description="{message}"'
    body = {"error": {"code": f"{kind}AuthenticationToken", "message": message}}
    return json_response(401, body, {"WWW-Authenticate": challenge})


def _pretended(request: Request) -> Response:
    """Answer a write as if it had been done: with what was asked, under the name it was asked for."""
    if host_kind(request.host) == "blob":
        return Response(201, {"ETag": '"0x0"', "Last-Modified": http_date(time.time()), "x-ms-version": "2021-10-04"})
    try:
        asked = request.json()
    except ValueError:
        asked = {}
    own = {"id": request.path, "name": request.path.rpartition("/")[2]}
    return json_response(200, {**own, **asked} if isinstance(asked, dict) else own)
