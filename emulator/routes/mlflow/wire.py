"""MLflow's REST API on the workspace's api host: how its routes, answers and errors look."""

import math
from collections.abc import Callable

from emulator.routes.routing import WORKSPACE, Call, Handler, route
from emulator.wire.errors import ServiceError
from emulator.wire.http import JsonObject, Response, json_response

_ROOT = "/mlflow/{api}" + WORKSPACE + "/api/2.0/"


class MlflowError(ServiceError):
    """A refusal in the words of MLflow's REST API: ``error_code`` and ``message``."""

    def response(self) -> Response:
        """Return the refusal as MLflow's clients read it."""
        return json_response(self.status, {"error_code": self.code, "message": self.message})


def missing(what: str) -> MlflowError:
    """Refuse because ``what`` does not exist."""
    return MlflowError(404, "RESOURCE_DOES_NOT_EXIST", f"{what} does not exist.")


def invalid(message: str) -> MlflowError:
    """Refuse because a parameter has a value that cannot be."""
    return MlflowError(400, "INVALID_PARAMETER_VALUE", message)


def mlflow_route(method: str, path: str) -> Callable[[Handler], Handler]:
    """Answer ``method`` on ``path`` of the tracking server, such as ``mlflow/runs/create``."""
    return route("api", method, _ROOT + path)


def asked(call: Call) -> JsonObject:
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


def key_values(pairs: JsonObject) -> list[dict[str, str]]:
    """Write a mapping as MLflow lists it."""
    return [{"key": key, "value": str(value)} for key, value in pairs.items()]


def number(value: float) -> float | str:
    """Write a float as JSON can: what is not finite goes as text, as protobuf has it."""
    return value if math.isfinite(value) else {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN")
