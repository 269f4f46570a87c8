"""Which recorded requests lie outside what the emulator covers, each with the reason."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from tests.wire.sessions import Exchange, Session

BY_PATH = {
    r"/models/": "registered models: the line's model is an output of a job",
    r"/providers/Microsoft\.Resources/": "template deployments: another resource provider",
}
SCORING = "deployments of a model: only pipeline-component deployments are covered"
MACHINERY = "log files that Azure's own machinery leaves beside a run"
STRAY = "poll of an operation that another session began"


def out_of_scope(session: Session) -> dict[int, str]:
    """The numbers of the session's requests that are not compared, with the reason.

    What an excluded request created is excluded too: its operations, jobs, child runs and their files.
    """
    reasons: dict[int, str] = {}
    tainted: dict[str, str] = {}
    started: set[str] = set()
    for exchange in session.exchanges:
        reason = _reason(exchange, tainted, started)
        started |= set(_operations(exchange))
        if reason:
            reasons[exchange.number] = reason
            if reason not in (MACHINERY, STRAY) and exchange.method in ("PUT", "POST", "GET"):
                tainted |= dict.fromkeys(_created(exchange), reason)
    return reasons


def _reason(exchange: Exchange, tainted: dict[str, str], started: set[str]) -> str | None:
    path = urlsplit(exchange.url).path
    for pattern, reason in BY_PATH.items():
        if re.search(pattern, path):
            return reason
    if _is_scoring_deployment(exchange):
        return SCORING
    target = exchange.url + str(exchange.request.body or "") * ("rundata" in path)
    for token, reason in tainted.items():
        if token in target:
            return reason
    if "/mfeOperation" in path and path not in started:
        return STRAY
    if exchange.is_blob and "ExperimentRun" in exchange.url and not path.endswith("std_log.txt"):
        return MACHINERY
    return None


def _operations(exchange: Exchange) -> Iterator[str]:
    for name in ("azure-asyncoperation", "location"):
        if name in exchange.response.headers:
            yield urlsplit(exchange.response.headers[name]).path


def _created(exchange: Exchange) -> Iterator[str]:
    """Pieces of later urls by which the effect of an excluded request is known."""
    yield from _operations(exchange)
    if _is_scoring_deployment(exchange):
        endpoint, _, _ = urlsplit(exchange.url).path.partition("/deployments")
        yield from (f"{endpoint}/deployments", f"//{endpoint.rpartition('/')[2]}.")
    body = exchange.response.body if isinstance(exchange.response.body, dict) else {}
    items = [item for item in body.get("value", [body]) if isinstance(item, dict)]
    for item in items:
        name = item.get("runId") or (item.get("name") if exchange.method == "POST" else None)
        if name:
            yield name


def _is_scoring_deployment(exchange: Exchange) -> bool:
    body = exchange.request.body
    return (
        exchange.method == "PUT"
        and "/deployments/" in exchange.url
        and isinstance(body, dict)
        and "model" in body.get("properties", {})
    )
