"""Faults on purpose: a list of rules in ``AZUREML_EMULATOR_FAULTS`` says which requests shall go wrong, and how.

A rule is ``{"match": {"method", "host", "path"}, "skip", "times", "answer", "retry_after", "seconds"}``;
docs/emulator_clients.md tells what each means. How often a rule struck is counted in the workspace's own store, so
that all processes on one workspace share the count.
"""

import hashlib
import json
import os
import re
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from emulator.state import keys
from emulator.state.documents import Store
from emulator.state.records import Count
from emulator.wire.errors import Unusable
from emulator.wire.http import Request, Response, http_date, json_response
from emulator.wire.names import host_kind

VARIABLE = "AZUREML_EMULATOR_FAULTS"

_STATUSES = {
    429: ("TooManyRequests", "The request is being throttled as the limit has been reached."),
    500: ("InternalServerError", "An internal server error occurred. Please retry."),
    503: ("ServiceUnavailable", "The service is unavailable now. Please retry."),
}
_WORDS = ("drop", "delay", "expired_token", "ignore")
_HOSTS = ("management", "api", "scoring", "blob")
_WRITES = ("PUT", "POST", "PATCH", "DELETE")


class FaultsInvalid(Unusable):
    """The list of faults cannot be read; the message says what, where and how to mend it."""


class ConnectionDropped(Exception):
    """The connection ends here, without an answer."""


@dataclass(frozen=True)
class Fault:
    """One rule: which requests it strikes, how often, and what they get."""

    identity: str
    method: str | None
    host: str | None
    path: re.Pattern[str]
    answer: int | str
    skip: int
    times: int | None
    retry_after: int | None
    seconds: float

    def matches(self, request: Request) -> bool:
        """Tell whether the rule is about ``request``, however often it has struck."""
        return (
            (self.method is None or self.method == request.method)
            and (self.host is None or self.host == host_kind(request.host))
            and (self.answer != "ignore" or request.method in _WRITES)
            and self.path.search(request.path) is not None
        )


def configured() -> tuple[Fault, ...]:
    """Return the rules that the environment asks for, in order.

    Raises:
        FaultsInvalid: the variable holds neither rules nor the path of a file with rules.
    """
    text = os.environ.get(VARIABLE, "").strip()
    if not text:
        return ()
    if text.startswith("["):
        return _parse(VARIABLE, text)
    try:
        return _parse(text, Path(text).read_text(encoding="utf-8"))
    except OSError as error:
        raise FaultsInvalid(
            f"{VARIABLE} names the file {text}, which cannot be read ({error.strerror}); give a path or a JSON list."
        ) from None


@lru_cache(maxsize=8)
def _parse(source: str, text: str) -> tuple[Fault, ...]:
    import yaml

    try:
        rules = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise FaultsInvalid(f"{source}: neither JSON nor YAML: {error}") from None
    if not isinstance(rules, list):
        raise FaultsInvalid(f"{source}: expected a list of rules, found {type(rules).__name__}.")
    return tuple(_rule(f"{source}: rule {number}", number, rule) for number, rule in enumerate(rules, 1))


def _rule(where: str, number: int, rule: Any) -> Fault:
    match = _mapping(where, rule, ("match", "skip", "times", "answer", "retry_after", "seconds")).get("match", {})
    match = _mapping(f"{where}: match", match, ("method", "host", "path"))
    answer, host = rule.get("answer"), match.get("host")
    if answer not in (*_STATUSES, *_WORDS):
        choices = ", ".join(map(str, (*_STATUSES, *_WORDS)))
        raise FaultsInvalid(f"{where}: answer is {answer!r}; it is one of {choices}.")
    if host not in (None, *_HOSTS):
        raise FaultsInvalid(f"{where}: host is {host!r}; it is one of {', '.join(_HOSTS)}.")
    if answer == "delay" and "seconds" not in rule:
        raise FaultsInvalid(f"{where}: a delay needs seconds.")
    try:
        path = re.compile(str(match.get("path", "")), re.IGNORECASE)
    except re.error as error:
        raise FaultsInvalid(f"{where}: path {match['path']!r} is no regular expression: {error}.") from None
    digest = hashlib.sha256(json.dumps([number, rule], sort_keys=True).encode()).hexdigest()[:16]
    times = _amount(where, rule, "times", None)
    return Fault(
        digest,
        str(match["method"]).upper() if match.get("method") else None,
        host,
        path,
        answer,
        int(_amount(where, rule, "skip", 0) or 0),
        None if times is None else int(times),
        int(_amount(where, rule, "retry_after", 0) or 0) if "retry_after" in rule else None,
        float(_amount(where, rule, "seconds", 0) or 0),
    )


def _mapping(where: str, value: Any, known: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise FaultsInvalid(f"{where}: expected keys and values, found {value!r}.")
    for key in value:
        if key not in known:
            raise FaultsInvalid(f"{where}: unknown key {key!r}; the keys are {', '.join(known)}.")
    return value


def _amount(where: str, rule: dict[str, Any], key: str, default: float | None) -> float | None:
    value = rule.get(key, default)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise FaultsInvalid(f"{where}: {key} is {value!r}; it is a number, 0 or more.")
    return value


def strike(store: Store, request: Request) -> Response | None:
    """Answer ``request`` wrongly if a rule says so, or wait, or do nothing and return None.

    Raises:
        ConnectionDropped: the rule says so.
        FaultsInvalid: the rules cannot be read.
    """
    for fault in configured():
        if fault.matches(request) and _is_due(store, fault):
            if fault.answer == "delay":
                time.sleep(fault.seconds)
                return None
            return _answer(fault, request)
    return None


def _is_due(store: Store, fault: Fault) -> bool:
    key = keys.fault(fault.identity)
    with store.transaction():
        seen = (store.get(key) or Count(seen=0))["seen"] + 1
        store.put(key, Count(seen=seen))
    return seen > fault.skip and (fault.times is None or seen <= fault.skip + fault.times)


def _answer(fault: Fault, request: Request) -> Response:
    if fault.answer == "drop":
        raise ConnectionDropped(f"{request.method} {request.path}")
    if fault.answer == "ignore":
        return _pretended(request)
    if fault.answer == "expired_token":
        return unauthorized("The access token expiry UTC time is earlier than current UTC time.", "Expired")
    code, message = _STATUSES[int(fault.answer)]
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
