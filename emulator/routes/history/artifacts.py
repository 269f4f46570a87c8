"""Artifacts of runs: MLflow's plugin gets the addresses of files here, and reads and writes them as blobs."""

from collections.abc import Callable

from emulator.routes.routing import WORKSPACE, Call, Handler, route
from emulator.state.addresses import ARTIFACTS
from emulator.state.signatures import signature
from emulator.wire.errors import ServiceError
from emulator.wire.http import JsonObject, Response, json_response

_OF_RUN = "/history/v1.0" + WORKSPACE + "/{by}/{experiment}/runs/{run}/artifacts"
_OF_ANY = "/artifact/v2.0" + WORKSPACE + "/artifacts/{origin}/{container}"
_RUN_ORIGIN = "ExperimentRun"


def _both(method: str, of_run: str, of_any: str) -> Callable[[Handler], Handler]:
    """Register a handler on two paths: for the artifacts of a run, and for those of any container."""

    def register(handler: Handler) -> Handler:
        route("api", method, _OF_RUN + of_run)(handler)
        return route("api", method, _OF_ANY + of_any)(handler)

    return register


def _container(call: Call) -> tuple[str, str]:
    run = call.params.get("run")
    return (_RUN_ORIGIN, f"dcid.{run}") if run else (call["origin"], call["container"])


def _address(call: Call, path: str, permissions: str) -> JsonObject:
    """Return the body with the address at which a file can be read or written.

    Raises:
        BadBlobName: the path leads out of its container.
    """
    origin, container = _container(call)
    name = f"{origin}/{container}/{path}"
    call.workspace.blobs.path(ARTIFACTS, name)
    host = f"https://{call.workspace.names.storage_host}/{ARTIFACTS}"
    uri = f"{host}/{name}?{signature(call.workspace, 'b', permissions)}"
    return {"contentUri": uri, "origin": origin, "container": container, "path": path, "tags": {}}


def _artifact(call: Call, path: str) -> JsonObject:
    origin, container = _container(call)
    return {
        "artifactId": f"{origin}/{container}/{path}",
        "origin": origin,
        "container": container,
        "path": path,
        "etag": None,
        "createdTime": None,
        "dataPath": None,
        "tags": {},
    }


@_both("GET", "", "")
def list_artifacts(call: Call) -> Response:
    """Artifacts: list all files of a container."""
    prefix = "/".join(_container(call)) + "/"
    blobs = call.workspace.blobs.find(ARTIFACTS, prefix)
    value = [_artifact(call, blob.name.removeprefix(prefix)) for blob in blobs]
    return json_response(200, {"value": value, "continuationToken": None, "nextLink": None})


@_both("GET", "/contentinfo", "/contentinfo")
def content_information(call: Call) -> Response:
    """Artifacts: get the address of a file to read."""
    path = call.request.query.get("path", "")
    address = _address(call, path, "r")
    if call.workspace.blobs.get(ARTIFACTS, "/".join((*_container(call), path))) is None:
        raise ServiceError(404, "UserError", f"There is no artifact {path}.", inner=("NotFoundError",))
    return json_response(200, address)


@_both("POST", "/batch/metadata", "/batch/metadata")
def announce_artifacts(call: Call) -> Response:
    """Artifacts: announce files, and get the address to write each."""
    paths = [str(given.get("path") or "") for given in call.request.json().get("paths") or []]
    body = {
        "artifacts": {path: _artifact(call, path) for path in paths},
        "artifactContentInformation": {path: _address(call, path, "rcw") for path in paths},
        "errors": {},
    }
    return json_response(200, body)
