"""MLflow's search of runs: which runs of some experiments fit a filter, in which order."""

import re
from collections.abc import Callable
from typing import Any

from emulator.routes.mlflow.runs import Run, data_owner, run_body, run_info, run_metrics, run_parameters, run_tags
from emulator.routes.mlflow.wire import asked, invalid, missing, mlflow_route
from emulator.routes.routing import Call
from emulator.state.documents import Store
from emulator.state.experiments import find_experiment
from emulator.wire.http import Response, json_response

_CLAUSE = re.compile(
    r"""\s*(?:(?P<kind>\w+)\.)?(?P<key>`[^`]+`|"[^"]+"|[\w/.\-]+)\s*(?P<operator>!=|>=|<=|=|>|<|\bI?LIKE\b)\s*"""
    r"""(?P<value>'[^']*'|"[^"]*"|[-+.\w]+)\s*(?:\bAND\b|$)""",
    re.IGNORECASE,
)
_ORDER = re.compile(r"(?:(\w+)\.)?(`[^`]+`|\"[^\"]+\"|[^\s]+)(?:\s+(ASC|DESC))?", re.IGNORECASE)
_KINDS = {
    "metric": "metrics",
    "metrics": "metrics",
    "param": "params",
    "params": "params",
    "parameter": "params",
    "parameters": "params",
    "tag": "tags",
    "tags": "tags",
    "attribute": "attributes",
    "attributes": "attributes",
    "attr": "attributes",
    "run": "attributes",
    None: "attributes",
}
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    "LIKE": lambda left, right: _like(left, right, 0),
    "ILIKE": lambda left, right: _like(left, right, re.IGNORECASE),
}
_MAX_RESULTS = 1000
_NUMBERS = ("start_time", "end_time")


def _like(text: str, pattern: str, flags: int) -> bool:
    expression = "".join({"%": ".*", "_": "."}.get(letter, re.escape(letter)) for letter in pattern)
    return re.fullmatch(expression, text, flags | re.DOTALL) is not None


def _values(call: Call, run: Run) -> dict[str, dict[str, Any]]:
    store, owner = call.workspace.store, data_owner(run)
    info = run_info(call, run)
    return {
        "metrics": {key: float(metric["value"]) for key, metric in run_metrics(store, owner).items()},
        "params": run_parameters(store, owner),
        "tags": run_tags(run),
        "attributes": {**info, "created": info["start_time"]},
    }


def _named(kind: str | None, key: str) -> tuple[str, str]:
    lower = kind.lower() if kind else None
    if lower not in _KINDS:
        raise invalid(f"'{kind}' is not one of metrics, params, tags, attributes.")
    return _KINDS[lower], key.strip('`"')


def _conditions(text: str) -> list[Callable[[dict[str, dict[str, Any]]], bool]]:
    conditions = []
    at = 0
    while text[at:].strip():
        match = _CLAUSE.match(text, at)
        if not match:
            raise invalid(
                f"The filter cannot be read from '{text[at:].strip()}' on; write: metrics.a > 0.5 and tags.b = 'c'."
            )
        kind, key = _named(match["kind"], match["key"])
        compare, value = _COMPARE[match["operator"].upper()], _value(kind, key, match["value"])
        conditions.append(_condition(kind, key, compare, value))
        at = match.end()
    return conditions


def _value(kind: str, key: str, text: str) -> str | float:
    if kind == "metrics" or key in _NUMBERS:
        try:
            return float(text)
        except ValueError:
            raise invalid(f"{kind}.{key} is compared with {text}, which is not a number.") from None
    if text[0] not in "'\"":
        raise invalid(f"{kind}.{key} is compared with {text}; a text stands in quotes.")
    return text[1:-1]


def _condition(
    kind: str, key: str, compare: Callable[[Any, Any], bool], value: str | float
) -> Callable[[dict[str, dict[str, Any]]], bool]:
    return lambda values: key in values[kind] and compare(values[kind][key], value)


def runs_of(store: Store, identity: str) -> list[dict[str, Any]]:
    """Return all runs of an experiment, newest first: jobs, their steps, and runs that MLflow started."""
    found = []
    for run in store.members(f"experiment-runs/{identity}"):
        found.append(run)
        found += _below(store, run["name"])
    return sorted(found, key=lambda run: -run["created"])


def _below(store: Store, name: str) -> list[dict[str, Any]]:
    found = []
    for _, run in store.documents(f"children/{name}"):
        found.append(run)
        found += _below(store, run["name"])
    return found


def _known(store: Store, identity: str) -> str:
    experiment = find_experiment(store, identity)
    if experiment is None:
        raise missing(f"Experiment '{identity}'")
    return str(experiment["id"])


@mlflow_route("POST", "mlflow/runs/search")
def search_runs(call: Call) -> Response:
    """MLflow: the runs of some experiments that fit a filter, newest first or as asked, a page at a time."""
    body, store = asked(call), call.workspace.store
    wanted = {"ACTIVE_ONLY": (False,), "DELETED_ONLY": (True,)}.get(
        str(body.get("run_view_type") or "ACTIVE_ONLY"), (False, True)
    )
    conditions = _conditions(str(body.get("filter") or ""))
    found = [
        (run, _values(call, run))
        for identity in body.get("experiment_ids") or []
        for run in runs_of(store, _known(store, str(identity)))
        if bool(run.get("deleted")) in wanted
    ]
    found = [pair for pair in found if all(condition(pair[1]) for condition in conditions)]
    for clause in reversed(body.get("order_by") or []):
        match = _ORDER.fullmatch(clause.strip())
        if not match:
            raise invalid(f"order_by '{clause}' cannot be read; write: metrics.a DESC.")
        _sort(found, *_named(match[1], match[2]), (match[3] or "").upper() == "DESC")
    start, size = int(body.get("page_token") or 0), min(int(body.get("max_results") or _MAX_RESULTS), _MAX_RESULTS)
    answer: dict[str, Any] = {"runs": [run_body(call, run) for run, _ in found[start : start + size]]}
    if len(found) > start + size:
        answer["next_page_token"] = str(start + size)
    return json_response(200, answer)


def _sort(found: list[tuple[Run, dict[str, dict[str, Any]]]], kind: str, key: str, descending: bool) -> None:
    """Sort in place; runs without the value come last either way."""
    found.sort(key=lambda pair: pair[1][kind].get(key, 0 if kind == "metrics" else ""), reverse=descending)
    found.sort(key=lambda pair: key not in pair[1][kind])
