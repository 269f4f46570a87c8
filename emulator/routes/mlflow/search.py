"""The search for runs: the runs of some experiments that match a filter, in a given order."""

from emulator.routes.mlflow.experiments import require_experiment
from emulator.routes.mlflow.filters import chosen_runs
from emulator.routes.mlflow.runs import run_body
from emulator.routes.mlflow.wire import mlflow_route, request_parameters
from emulator.routes.routing import Call
from emulator.state import keys
from emulator.state.documents import Store
from emulator.state.records import Run
from emulator.wire.http import JsonObject, Response, json_response

_MAX_RESULTS = 1000


def runs_of(store: Store, identity: str) -> list[Run]:
    """Return all runs of an experiment, newest first: jobs, their steps, and runs that MLflow started."""
    found: list[Run] = []
    for run in store.members(keys.experiment_runs(identity)):
        found.append(run)
        found += _below(store, run["name"])
    return sorted(found, key=lambda run: -run["created"])


def _below(store: Store, name: str) -> list[Run]:
    found: list[Run] = []
    for _, run in store.documents(keys.steps(name)):
        found.append(run)
        found += _below(store, run["name"])
    return found


@mlflow_route("POST", "mlflow/runs/search")
def search_runs(call: Call) -> Response:
    """MLflow: list the runs of experiments that match a filter, in the given order or newest first, in pages."""
    parameters, store = request_parameters(call), call.workspace.store
    deleted = {"ACTIVE_ONLY": (False,), "DELETED_ONLY": (True,)}.get(
        str(parameters.get("run_view_type") or "ACTIVE_ONLY"), (False, True)
    )
    runs = [
        run
        for identity in parameters.get("experiment_ids") or []
        for run in runs_of(store, require_experiment(store, str(identity))["id"])
        if bool(run.get("deleted")) in deleted
    ]
    text, order = str(parameters.get("filter") or ""), parameters.get("order_by") or []
    start, size = (
        int(parameters.get("page_token") or 0),
        min(int(parameters.get("max_results") or _MAX_RESULTS), _MAX_RESULTS),
    )
    if text or order:
        found = chosen_runs([run_body(call.workspace, run) for run in runs], text, order)[start : start + size + 1]
    else:
        found = [run_body(call.workspace, run) for run in runs[start : start + size + 1]]
    body: JsonObject = {"runs": found[:size]}
    if len(found) > size:
        body["next_page_token"] = str(start + size)
    return json_response(200, body)
