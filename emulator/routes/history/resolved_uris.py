"""The addresses of run outputs, by the asset ids that a run gives them."""

from emulator.jobs.observation import find_job
from emulator.routes.history.run_bodies import OUTPUT_MARK
from emulator.routes.routing import WORKSPACE, Call, route
from emulator.state import keys
from emulator.state.addresses import long_data_uri
from emulator.state.workspace import Workspace
from emulator.wire.errors import ServiceError
from emulator.wire.http import Response, json_response
from emulator.wire.names import REGION, pascal


def _resolve(workspace: Workspace, identity: str) -> tuple[str, str]:
    """Return the address and the type of the output with the asset id ``identity``.

    Raises:
        ServiceError: the job or the output does not exist.
    """
    names = workspace.names
    absent = ServiceError(404, "UserError", f"Asset {identity} was not found.")
    if f"/workspaces/{names.workspace_id}/" not in identity or REGION not in identity:
        raise absent
    address, _, version = identity.rpartition("/versions/")
    kind, _, name = address.rpartition("/workspaces/")[2].partition("/")[2].partition("/")
    job_name, found, output = name.removeprefix("azureml_").partition(OUTPUT_MARK)
    if not found:
        if kind not in ("data", "models"):
            raise absent
        properties = workspace.store.find(keys.asset_version(kind, name, version), absent)["properties"]
        return str(properties.get("dataUri") or properties["modelUri"]), str(
            properties.get("dataType") or properties["modelType"]
        )
    job = find_job(workspace, job_name)
    if output == "default":
        path = f"ExperimentRun/dcid.{job['properties'].get('azureml.reusedrunid', job_name)}/"
        return f"{names.datastore_root}/workspaceartifactstore/paths/{path}", "uri_folder"
    if output not in job["outputs"]:
        raise ServiceError(404, "UserError", f"Job {job_name} has no output {output}.")
    stored = job["outputs"][output]
    return long_data_uri(names, stored["uri"]), stored["type"]


@route("api", "POST", "/data/v1.0" + WORKSPACE + "/dataversion/batchGetResolvedUris")
def resolve_data(call: Call) -> Response:
    """Get the addresses of data assets."""
    values = {}
    for identity in call.request.json().get("values") or []:
        uri, kind = _resolve(call.workspace, identity)
        values[identity] = {"uri": uri, "type": pascal(kind), "legacyDatasetType": None}
    return json_response(200, {"values": values})


@route("api", "POST", "/modelregistry/v1.0" + WORKSPACE + "/models/batchGetResolvedUris")
def resolve_models(call: Call) -> Response:
    """Get the addresses of models."""
    values = {}
    for identity in call.request.json().get("values") or []:
        uri, kind = _resolve(call.workspace, identity)
        values[identity] = {"path": uri, "type": pascal(kind)}
    return json_response(200, {"values": values})
