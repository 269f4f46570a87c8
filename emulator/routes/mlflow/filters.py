"""MLflow's own search over what the workspace answers: MLflow reads filters and orders, as its tracking server does.

MLflow is imported where it is needed, because most requests need none of it.
"""

from collections.abc import Callable
from typing import Any

from emulator.routes.mlflow.wire import MlflowError, invalid
from emulator.wire.http import JsonObject


def chosen_runs(bodies: list[JsonObject], text: str, order: list[str]) -> list[JsonObject]:
    """Return the runs that fit the filter ``text``, in the order that is asked for, or else as they were.

    Raises:
        MlflowError: MLflow cannot read the filter or the order; so do the functions below.
    """
    if not (text or order):
        return bodies
    from mlflow.entities import Run
    from mlflow.protos.service_pb2 import Run as Message
    from mlflow.utils.search_utils import SearchUtils

    def search(runs: list[Any]) -> list[Any]:
        found = SearchUtils.filter(runs, text)
        return list(SearchUtils.sort(found, order) if order else found)

    return _chosen(bodies, Run, Message, search)


def chosen_experiments(bodies: list[JsonObject], text: str) -> list[JsonObject]:
    """Return the experiments that fit the filter ``text``."""
    if not text:
        return bodies
    from mlflow.entities import Experiment
    from mlflow.protos.service_pb2 import Experiment as Message
    from mlflow.utils.search_utils import SearchExperimentsUtils

    return _chosen(bodies, Experiment, Message, lambda found: SearchExperimentsUtils.filter(found, text))


def chosen_models(bodies: list[JsonObject], text: str) -> list[JsonObject]:
    """Return the registered models that fit the filter ``text``."""
    if not text:
        return bodies
    from mlflow.entities.model_registry import RegisteredModel
    from mlflow.protos.model_registry_pb2 import RegisteredModel as Message
    from mlflow.utils.search_utils import SearchModelUtils

    return _chosen(bodies, RegisteredModel, Message, lambda found: SearchModelUtils.filter(found, text))


def chosen_versions(bodies: list[JsonObject], text: str) -> list[JsonObject]:
    """Return the versions of models that fit the filter ``text``."""
    if not text:
        return bodies
    from mlflow.entities.model_registry import ModelVersion
    from mlflow.protos.model_registry_pb2 import ModelVersion as Message
    from mlflow.utils.search_utils import SearchModelVersionUtils

    return _chosen(bodies, ModelVersion, Message, lambda found: SearchModelVersionUtils.filter(found, text))


def _chosen(
    bodies: list[JsonObject], entity: Any, message: Any, search: Callable[[list[Any]], list[Any]]
) -> list[JsonObject]:
    """Return the bodies that ``search`` finds among them, each read as MLflow's client reads it."""
    from mlflow.exceptions import MlflowException
    from mlflow.utils.proto_json_utils import parse_dict

    entities = []
    for body in bodies:
        read = message()
        parse_dict(body, read)
        entities.append(entity.from_proto(read))
    body_of = {id(found): body for found, body in zip(entities, bodies, strict=True)}
    try:
        return [body_of[id(found)] for found in search(entities)]
    except MlflowException as error:
        raise MlflowError(error.get_http_status_code(), error.error_code, error.message) from None
    # So ends MLflow's comparison with a time that is no whole number.
    except ValueError as error:
        raise invalid(str(error)) from None
