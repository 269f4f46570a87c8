"""Filters and orders of searches: MLflow itself parses and applies them, as in its own tracking server.

MLflow is imported inside the functions, because most requests do not need it.
"""

from collections.abc import Callable
from typing import Any

from emulator.routes.mlflow.wire import MlflowError, invalid
from emulator.wire.http import JsonObject


def chosen_runs(bodies: list[JsonObject], text: str, order: list[str]) -> list[JsonObject]:
    """Return the runs that match the filter ``text``, in the given ``order``; an empty order keeps theirs.

    Raises:
        MlflowError: MLflow cannot parse the filter or the order. The functions below raise it too.
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
    """Return the experiments that match the filter ``text``."""
    if not text:
        return bodies
    from mlflow.entities import Experiment
    from mlflow.protos.service_pb2 import Experiment as Message
    from mlflow.utils.search_utils import SearchExperimentsUtils

    return _chosen(bodies, Experiment, Message, lambda found: SearchExperimentsUtils.filter(found, text))


def chosen_models(bodies: list[JsonObject], text: str) -> list[JsonObject]:
    """Return the registered models that match the filter ``text``."""
    if not text:
        return bodies
    from mlflow.entities.model_registry import RegisteredModel
    from mlflow.protos.model_registry_pb2 import RegisteredModel as Message
    from mlflow.utils.search_utils import SearchModelUtils

    return _chosen(bodies, RegisteredModel, Message, lambda found: SearchModelUtils.filter(found, text))


def chosen_versions(bodies: list[JsonObject], text: str) -> list[JsonObject]:
    """Return the versions of models that match the filter ``text``."""
    if not text:
        return bodies
    from mlflow.entities.model_registry import ModelVersion
    from mlflow.protos.model_registry_pb2 import ModelVersion as Message
    from mlflow.utils.search_utils import SearchModelVersionUtils

    return _chosen(bodies, ModelVersion, Message, lambda found: SearchModelVersionUtils.filter(found, text))


def _chosen(
    bodies: list[JsonObject], entity: Any, message: Any, search: Callable[[list[Any]], list[Any]]
) -> list[JsonObject]:
    """Return those ``bodies`` that ``search`` returns, in its order; it gets them as MLflow's ``entity`` objects."""
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
    # MLflow raises this when it compares a time with a text that is not a whole number.
    except ValueError as error:
        raise invalid(str(error)) from None
