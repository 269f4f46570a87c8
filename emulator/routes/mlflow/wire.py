"""MLflow's REST API on the api host of the workspace: its routes, parameters, values and errors."""

import math
from collections.abc import Callable

from emulator.routes.routing import WORKSPACE, Call, Handler, route
from emulator.wire.errors import ServiceError
from emulator.wire.http import JsonObject, Response, json_response

_ROOT = "/mlflow/{api}" + WORKSPACE + "/api/2.0/"


class MlflowError(ServiceError):
    """A request is refused with an error of MLflow's REST API: ``error_code`` and ``message``."""

    def response(self) -> Response:
        """Return the error response in the form that MLflow's clients read."""
        return json_response(self.status, {"error_code": self.code, "message": self.message})


def missing(what: str) -> MlflowError:
    """Return the error for ``what``, which does not exist."""
    return MlflowError(404, "RESOURCE_DOES_NOT_EXIST", f"{what} does not exist.")


def invalid(message: str) -> MlflowError:
    """Return the error for a parameter with a value that is not valid."""
    return MlflowError(400, "INVALID_PARAMETER_VALUE", message)


def mlflow_route(method: str, path: str) -> Callable[[Handler], Handler]:
    """Register a handler for ``method`` on ``path`` of the tracking server, such as ``mlflow/runs/create``."""
    return route("api", method, _ROOT + path)


def request_parameters(call: Call) -> JsonObject:
    """Return the parameters of a request: its body, or for GET its query.

    Raises:
        MlflowError: the body is not a JSON object.
    """
    if call.request.method == "GET":
        return dict(call.request.query)
    try:
        body = call.request.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise invalid("The body of the request is not a JSON object.")
    return body


def required(parameters: JsonObject, name: str) -> str:
    """Return the parameter ``name`` as text.

    Raises:
        MlflowError: it is missing or empty.
    """
    value = parameters.get(name)
    if value in (None, ""):
        raise invalid(f"Missing value for required parameter '{name}'.")
    return str(value)


def tags_of(parameters: JsonObject) -> dict[str, str]:
    """Return the tags in the parameters of a request, by name."""
    return {tag["key"]: str(tag.get("value", "")) for tag in parameters.get("tags") or []}


def key_values(pairs: JsonObject) -> list[dict[str, str]]:
    """Return a mapping as MLflow writes it: a list of objects with ``key`` and ``value``."""
    return [{"key": key, "value": str(value)} for key, value in pairs.items()]


def json_number(value: float) -> float | str:
    """Return ``value`` for JSON: a value that is not finite becomes text, as in the JSON form of protobuf."""
    return value if math.isfinite(value) else {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN")
