"""The operations of MLflow that are not supported; the route is registered last and matches all others."""

from emulator.routes.mlflow.wire import MlflowError, mlflow_route
from emulator.routes.routing import Call
from emulator.wire.http import Response


def _refuse(call: Call) -> Response:
    """MLflow: refuse an operation that is not supported, as a server does that is older than its client."""
    message = f"{call.request.method} {call['operation']} is not supported by the embedded workspace."
    raise MlflowError(404, "ENDPOINT_NOT_FOUND", message)


for _method in ("GET", "POST", "PATCH", "PUT", "DELETE"):
    mlflow_route(_method, "{operation*}")(_refuse)
