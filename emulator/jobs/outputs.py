"""The outputs of a step: where they are written, and the assets that they are registered as."""

from emulator.jobs.bindings import require_inputs
from emulator.state.addresses import datastore_path, own_folder
from emulator.state.plans import PARENT_INPUT, PARENT_OUTPUT, OutputPort
from emulator.state.workspace import Workspace
from emulator.wire.errors import invalid_pipeline
from emulator.wire.http import JsonObject
from emulator.wire.names import snake

# Outputs of jobs have the names of the control plane; outputs of steps have those of YAML.
# Microsoft's documentation uses this name for the default datastore.
DEFAULT_DATASTORE = "${{default_datastore}}"
_FILE = "uri_file"
_ASSET_NAME = ("assetName", "asset_name", "name")
_ASSET_VERSION = ("assetVersion", "asset_version", "version")


def step_outputs(
    workspace: Workspace, name: str, declared: JsonObject, given: JsonObject, pipeline: JsonObject, inputs: set[str]
) -> dict[str, OutputPort]:
    """Return the outputs of the step ``name``.

    ``declared`` are the outputs of its component, ``given`` those in the job, and ``pipeline`` those of the pipeline.

    Raises:
        ServiceError: an output is not declared, or the workspace cannot reach its address.
    """
    ports: dict[str, OutputPort] = {port: {"type": snake(str(spec["type"]))} for port, spec in declared.items()}
    for port, target in given.items():
        if port not in ports:
            raise invalid_pipeline(
                f"Invalid component job since output {port} for component job {name} does not exist.",
                "InvalidComponentJobOutput",
            )
        requested = target if isinstance(target, dict) else {"value": target}
        match = PARENT_OUTPUT.fullmatch(str(requested.get("value") or ""))
        if match and match[1] not in pipeline:
            raise invalid_pipeline(
                f"Failed to find referenced output {match[1]} of the parent job.", "InvalidExpressionInJob"
            )
        require_inputs(str(requested.get("uri") or ""), inputs)
        of_parent = (pipeline[match[1]] or {}) if match else {}
        wanted = {**requested, **of_parent}
        # pipeline_with_parallel_nodes, a sample of the vendor, makes a file of what its component declares a table.
        kind = _FILE if snake(str(wanted.get("jobOutputType"))) == _FILE else ports[port]["type"]
        ports[port] = output_port(workspace, kind, wanted)
        if match:
            ports[port]["parent"] = match[1]
    return ports


def place_artifacts(outputs: dict[str, OutputPort], command: str) -> None:
    """Make the output ``artifacts`` the run's own folder, unless it has an address or ``command`` writes to it.

    The vendor's sample hello-pipeline-default-artifacts.yml reads the files of a step there.
    """
    port = outputs.get("artifacts")
    if port and "path" not in port and "outputs.artifacts" not in command:
        port["path"] = own_folder("${{name}}")


def output_port(workspace: Workspace, kind: str, requested: JsonObject) -> OutputPort:
    """Return an output of the type ``kind``, with the address and the asset that the job requests for it.

    Raises:
        ServiceError: the workspace cannot reach the address.
    """
    uri = str(requested.get("uri") or "")
    if uri.startswith("/"):
        # The service accepts such a path (recorded); that it lies on the default datastore is our reading.
        uri = f"azureml://datastores/{DEFAULT_DATASTORE}/paths{uri}"
    if uri and not PARENT_INPUT.match(uri):
        datastore_path(workspace, uri.replace(DEFAULT_DATASTORE, "workspaceblobstore"))
    port: OutputPort = {"type": kind}
    if uri:
        port["path"] = uri
    if name := next(filter(None, map(requested.get, _ASSET_NAME)), None):
        port["asset_name"] = str(name)
    if version := next(filter(None, map(requested.get, _ASSET_VERSION)), None):
        port["asset_version"] = str(version)
    return port
