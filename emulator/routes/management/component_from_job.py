"""A pipeline component made from a job: its steps, with the job's inputs and outputs declared."""

from typing import Any

from emulator.jobs.inputs import DATA_TYPES
from emulator.jobs.observation import stored_job
from emulator.routes.routing import Call
from emulator.state.lookup import stored_component
from emulator.wire.asset_ids import parse_asset_id
from emulator.wire.errors import unsupported
from emulator.wire.names import snake


def completed(call: Call, asked: dict[str, Any]) -> dict[str, Any]:
    """Return the properties of a component as asked for, with what the job it is made from adds.

    Raises:
        ServiceError: there is no such job, or it is no pipeline job.
    """
    spec = asked.get("componentSpec") or {}
    source = spec.get("sourceJobId")
    if not source or spec.get("jobs"):
        return asked
    parsed = parse_asset_id(str(source))
    name = parsed[1] if parsed else str(source)
    job = stored_job(call.workspace, name)
    if job["kind"] != "Pipeline":
        raise unsupported(f"A pipeline component made from {name}, which is no pipeline job,")
    return {**asked, "componentSpec": {**spec, **_declared(call, job["asked"])}}


def _declared(call: Call, job: dict[str, Any]) -> dict[str, Any]:
    if job.get("componentId"):
        spec = stored_component(call.workspace, str(job["componentId"]))["asked"]["componentSpec"]
        return {key: spec.get(key) or {} for key in ("inputs", "outputs", "jobs")}
    return {
        "inputs": {name: _input(given) for name, given in (job.get("inputs") or {}).items()},
        "outputs": {
            name: {"type": snake(str((given or {}).get("jobOutputType", "uri_folder")))}
            for name, given in (job.get("outputs") or {}).items()
        },
        "jobs": job.get("jobs") or {},
    }


def _input(given: dict[str, Any]) -> dict[str, Any]:
    """Declare an input as the service does: data of any kind, or a literal of the type that its value looks like."""
    if snake(str(given.get("jobInputType", "literal"))) in DATA_TYPES:
        return {"type": "path"}
    value = given.get("value")
    try:
        float(str(value))
    except ValueError:
        return {"type": "string", "default": value}
    return {"type": "number", "default": value}
