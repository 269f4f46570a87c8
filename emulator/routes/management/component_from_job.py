"""Pipeline components made from a job: they have its steps, and declare its inputs and outputs."""

from emulator.jobs.inputs import DATA_TYPES
from emulator.jobs.observation import stored_job
from emulator.state.lookup import stored_component
from emulator.state.workspace import Workspace
from emulator.wire.asset_ids import parse_asset_id
from emulator.wire.errors import unsupported
from emulator.wire.http import JsonObject
from emulator.wire.names import snake


def with_job_interface(workspace: Workspace, requested: JsonObject) -> JsonObject:
    """Return the requested properties of a component, with the interface and steps of the job that it is made from.

    Raises:
        ServiceError: the job does not exist, or is not a pipeline job.
    """
    spec = requested.get("componentSpec") or {}
    source = spec.get("sourceJobId")
    if not source or spec.get("jobs"):
        return requested
    parsed = parse_asset_id(str(source))
    name = parsed[1] if parsed else str(source)
    job = stored_job(workspace, name)
    if job["kind"] != "Pipeline":
        raise unsupported(f"A pipeline component made from {name}, which is no pipeline job,")
    return {**requested, "componentSpec": {**spec, **_interface(workspace, job["requested"])}}


def _interface(workspace: Workspace, job: JsonObject) -> JsonObject:
    if job.get("componentId"):
        spec = stored_component(workspace, str(job["componentId"]))["requested"]["componentSpec"]
        return {key: spec.get(key) or {} for key in ("inputs", "outputs", "jobs")}
    return {
        "inputs": {name: _input(given) for name, given in (job.get("inputs") or {}).items()},
        "outputs": {
            name: {"type": snake(str((given or {}).get("jobOutputType", "uri_folder")))}
            for name, given in (job.get("outputs") or {}).items()
        },
        "jobs": job.get("jobs") or {},
    }


def _input(given: JsonObject) -> JsonObject:
    """Return the declaration of an input: data of any type, or a literal whose type follows from its value."""
    if snake(str(given.get("jobInputType", "literal"))) in DATA_TYPES:
        return {"type": "path"}
    value = given.get("value")
    try:
        float(str(value))
    except ValueError:
        return {"type": "string", "default": value}
    return {"type": "number", "default": value}
