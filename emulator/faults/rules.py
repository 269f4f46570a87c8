"""Fault rules: the list in ``AZUREML_EMULATOR_FAULTS`` says which requests fail, and how.

A rule is ``{"match": {"method", "host", "path"}, "skip", "times", "answer", "carried_out", "retry_after", "seconds"}``;
docs/emulator_clients.md explains the keys.
"""

import hashlib
import json
import os
import re
import signal
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from emulator.wire.errors import Unusable
from emulator.wire.http import JsonObject, Request
from emulator.wire.names import host_kind

VARIABLE = "AZUREML_EMULATOR_FAULTS"

SIGNALS = {"kill": signal.SIGKILL, "terminate": signal.SIGTERM}
STATUSES = {
    403: ("AuthorizationFailed", "The client does not have authorization to perform this action over the scope."),
    429: ("TooManyRequests", "The request is being throttled as the limit has been reached."),
    500: ("InternalServerError", "An internal server error occurred. Please retry."),
    503: ("ServiceUnavailable", "The service is unavailable now. Please retry."),
}
_WORDS = ("drop", "delay", "expired_token", "ignore", *SIGNALS)
_HOSTS = ("management", "api", "scoring", "blob")
_WRITES = ("PUT", "POST", "PATCH", "DELETE")
_READING_POST = re.compile(r"/(list\w+|rundata|batchGetResolvedUris|search|query)$", re.IGNORECASE)


class FaultsInvalid(Unusable):
    """The fault rules cannot be read; the message says which part is wrong, and what is expected."""


class ConnectionDropped(Exception):
    """The connection is dropped without a response."""


@dataclass(frozen=True)
class Fault:
    """One fault rule: the requests that it applies to, how often, and their response."""

    identity: str
    method: str | None
    host: str | None
    path: re.Pattern[str]
    answer: int | str
    carried_out: bool
    skip: int
    times: int | None
    retry_after: int | None
    seconds: float

    def matches(self, request: Request) -> bool:
        """Return whether ``request`` matches the rule, regardless of the number of earlier matches."""
        return (
            (self.method is None or self.method == request.method)
            and (self.host is None or self.host == host_kind(request.host))
            and (self.answer != "ignore" or _writes(request))
            and self.path.search(request.path) is not None
        )


def _writes(request: Request) -> bool:
    return request.method in _WRITES and not (request.method == "POST" and _READING_POST.search(request.path))


def configured_faults() -> tuple[Fault, ...]:
    """Return the fault rules of the environment variable, in order.

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
    match = _mapping(where, rule, ("match", "skip", "times", "answer", "carried_out", "retry_after", "seconds")).get(
        "match", {}
    )
    match = _mapping(f"{where}: match", match, ("method", "host", "path"))
    answer, host = rule.get("answer"), match.get("host")
    if answer not in (*STATUSES, *_WORDS):
        choices = ", ".join(map(str, (*STATUSES, *_WORDS)))
        raise FaultsInvalid(f"{where}: answer is {answer!r}; it is one of {choices}.")
    if host not in (None, *_HOSTS):
        raise FaultsInvalid(f"{where}: host is {host!r}; it is one of {', '.join(_HOSTS)}.")
    if answer == "delay" and "seconds" not in rule:
        raise FaultsInvalid(f"{where}: a delay needs seconds.")
    carried_out = rule.get("carried_out", False)
    if not isinstance(carried_out, bool):
        raise FaultsInvalid(f"{where}: carried_out is {carried_out!r}; it is true or false.")
    if carried_out and answer == "ignore":
        raise FaultsInvalid(f"{where}: what is ignored is not carried out.")
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
        carried_out,
        int(_amount(where, rule, "skip", 0) or 0),
        None if times is None else int(times),
        int(_amount(where, rule, "retry_after", 0) or 0) if "retry_after" in rule else None,
        float(_amount(where, rule, "seconds", 0) or 0),
    )


def _mapping(where: str, value: Any, keys: tuple[str, ...]) -> JsonObject:
    if not isinstance(value, dict):
        raise FaultsInvalid(f"{where}: expected keys and values, found {value!r}.")
    for key in value:
        if key not in keys:
            raise FaultsInvalid(f"{where}: unknown key {key!r}; the keys are {', '.join(keys)}.")
    return value


def _amount(where: str, rule: JsonObject, key: str, default: float | None) -> float | None:
    value = rule.get(key, default)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise FaultsInvalid(f"{where}: {key} is {value!r}; it is a number, 0 or more.")
    return value
