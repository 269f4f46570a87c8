"""MLflow's search of runs: which runs of some experiments fit a filter, in which order; MLflow itself reads both."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from emulator.routes.mlflow.experiments import require_experiment
from emulator.routes.mlflow.runs import data_owner, run_body, run_info, run_metrics, run_parameters, run_tags
from emulator.routes.mlflow.wire import MlflowError, asked, invalid, mlflow_route
from emulator.routes.routing import Call
from emulator.state import keys
from emulator.state.documents import Store
from emulator.state.records import Run
from emulator.state.workspace import Workspace
from emulator.wire.http import JsonObject, Response, json_response

if TYPE_CHECKING:
    from mlflow.entities import Run as Entity

T = TypeVar("T")

_MAX_RESULTS = 1000


def _entity(workspace: Workspace, run: Run) -> "Entity":
    """Return ``run`` as MLflow's own search takes it."""
    from mlflow.entities import Metric, Param, RunData, RunInfo, RunInputs, RunTag
    from mlflow.entities import Run as Entity

    store, owner = workspace.store, data_owner(run)
    info = run_info(workspace.names, run)
    return Entity(
        RunInfo(
            info["run_id"],
            info["experiment_id"],
            info["user_id"],
            info["status"],
            info["start_time"],
            info.get("end_time"),
            info["lifecycle_stage"],
            info["artifact_uri"],
            info["run_name"],
        ),
        RunData(
            [
                Metric(metric["key"], float(metric["value"]), metric["timestamp"], metric["step"])
                for metric in run_metrics(store, owner).values()
            ],
            [Param(key, value) for key, value in run_parameters(store, owner).items()],
            [RunTag(key, value) for key, value in run_tags(run).items()],
        ),
        RunInputs([]),
    )


def _or_refused(search: Callable[[], T]) -> T:
    """Return what ``search`` finds.

    Raises:
        MlflowError: MLflow cannot read the filter or the order.
    """
    from mlflow.exceptions import MlflowException

    try:
        return search()
    except MlflowException as error:
        raise MlflowError(error.get_http_status_code(), error.error_code, error.message) from None
    # So ends MLflow's comparison with a time that is no whole number.
    except ValueError as error:
        raise invalid(str(error)) from None


def _chosen(workspace: Workspace, runs: list[Run], text: str, order: list[str]) -> list[Run]:
    """Return those of ``runs`` that fit the filter ``text``, in that order, or where none is asked for as they were."""
    if not (text or order):
        return runs
    from mlflow.utils.search_utils import SearchUtils

    by_name = {run["name"]: run for run in runs}
    entities: list[Any] = [_entity(workspace, run) for run in runs]
    found = _or_refused(lambda: SearchUtils.filter(entities, text))
    if order:
        found = _or_refused(lambda: SearchUtils.sort(found, order))
    return [by_name[entity.info.run_id] for entity in found]


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
    """MLflow: the runs of some experiments that fit a filter, newest first or as asked, a page at a time."""
    body, store = asked(call), call.workspace.store
    wanted = {"ACTIVE_ONLY": (False,), "DELETED_ONLY": (True,)}.get(
        str(body.get("run_view_type") or "ACTIVE_ONLY"), (False, True)
    )
    runs = [
        run
        for identity in body.get("experiment_ids") or []
        for run in runs_of(store, require_experiment(store, str(identity))["id"])
        if bool(run.get("deleted")) in wanted
    ]
    found = _chosen(call.workspace, runs, str(body.get("filter") or ""), body.get("order_by") or [])
    start, size = int(body.get("page_token") or 0), min(int(body.get("max_results") or _MAX_RESULTS), _MAX_RESULTS)
    answer: JsonObject = {"runs": [run_body(call.workspace, run) for run in found[start : start + size]]}
    if len(found) > start + size:
        answer["next_page_token"] = str(start + size)
    return json_response(200, answer)
