"""Which recorded requests lie outside what the emulator covers, each with the reason."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from tests.wire.sessions import Exchange, Session

BY_PATH = {
    r"/providers/Microsoft\.Resources/": "template deployments: another resource provider",
    r"/mferp/managementfrontend/.*/codes/": "code over the data plane: a client of 2023 in a test region",
}
STEP = (
    "steps other than command and pipeline: spark, automl and control flow are refused by name; sweep and parallel run,"
    " and are not compared"
)
MACHINERY = "log files that Azure's own machinery leaves beside a run"
LEFT = "a schedule that another session created"
STRAY = "poll of an operation that another session began"
STEPS = {"spark", "automl", "sweep", "parallel", "do_while", "if_else", "parallel_for"}
OWN_LOGS = re.compile(r"/user_logs/std_log\.txt|/logs/azureml/(executionlogs|stderrlogs|stdoutlogs)\.txt")

# Requests that are sent with another body than recorded, so that what they test can be compared.
AMENDED = {
    # The service of 2022 let an invocation name inputs that its pipeline does not have; the emulator refuses.
    ("batch_services/test_batch_endpoint.test_batch_component", 20): {"properties": {}},
}


def out_of_scope(session: Session) -> dict[int, str]:
    """The numbers of the session's requests that are not compared, with the reason.

    What an excluded request created is excluded too: its operations, jobs, child runs and their files.
    """
    reasons: dict[int, str] = {}
    tainted: dict[str, str] = {}
    started: set[str] = set()
    for exchange in session.exchanges:
        if exchange.method == "PUT":
            tainted.pop(_path(exchange), None)
        reason = _reason(exchange, tainted, started)
        started |= {_operation(path) for path in _operations(exchange)}
        if exchange.method == "PUT":
            started.add(_path(exchange))
        if reason:
            reasons[exchange.number] = reason
            if reason not in (MACHINERY, STRAY, LEFT):
                tainted |= dict.fromkeys(_created(exchange), reason)
    return reasons


def _reason(exchange: Exchange, tainted: dict[str, str], started: set[str]) -> str | None:
    path = _path(exchange)
    for pattern, reason in BY_PATH.items():
        if re.search(pattern, path):
            return reason
    if reason := _refused(exchange):
        return reason
    target = exchange.url + str(exchange.request.body or "") * ("rundata" in path)
    for token, reason in tainted.items():
        if token in target:
            return reason
    if "/schedules/" in path and exchange.method == "GET" and path not in started:
        return LEFT
    if "/mfeOperation" in path and _operation(path) not in started:
        return STRAY
    if exchange.is_blob and "/ExperimentRun/" in path and not OWN_LOGS.search(path):
        return MACHINERY
    return None


def _refused(exchange: Exchange) -> str | None:
    """Why the emulator refuses a request by name, if it does."""
    if exchange.method != "PUT" or not isinstance(exchange.request.body, dict):
        return None
    properties = exchange.request.body.get("properties", {})
    if "/jobs/" in exchange.url and any(step.get("type") in STEPS for step in properties.get("jobs", {}).values()):
        return STEP
    return None


def _path(exchange: Exchange) -> str:
    return urlsplit(exchange.url).path


def _operation(path: str) -> str:
    return path.rpartition("/locations/")[2]


def _operations(exchange: Exchange) -> Iterator[str]:
    for name in ("azure-asyncoperation", "location"):
        if name in exchange.response.headers:
            yield urlsplit(exchange.response.headers[name]).path


def _created(exchange: Exchange) -> Iterator[str]:
    """Pieces of later urls by which the effect of an excluded request is known."""
    yield from (_operation(path) for path in _operations(exchange))
    if exchange.method == "PUT":
        yield _path(exchange)
    body = exchange.response.body if isinstance(exchange.response.body, dict) else {}
    for item in body.get("value", [body]):
        name = item.get("runId") or (item.get("name") if exchange.method == "POST" else None)
        if name:
            yield name
