"""The settings of a job and its components that have no effect where all steps run on one machine, for the log."""

from collections.abc import Iterator

from emulator.state.lookup import stored_component
from emulator.state.workspace import Workspace
from emulator.wire.asset_ids import resource_name
from emulator.wire.http import JsonObject

# Datastores on a file share, which every workspace of Azure has and this one lacks; recorded jobs name one as default.
FILE_SHARES = ("workspacefilestore", "workspaceworkingdirectory")
_IGNORED = ("identity", "queueSettings", "queue_settings", "services")
_OF_RESOURCES = (
    "shmSize",
    "shm_size",
    "dockerArgs",
    "docker_args",
    "instanceType",
    "instance_type",
    "properties",
    "locations",
)


def ignored_settings(workspace: Workspace, requested: JsonObject) -> list[str]:
    """Return a line for the log that names the settings of a job that have no effect here; no line if all have."""
    found = list(_of_job(workspace, "", requested))
    if (store := resource_name(str((requested.get("settings") or {}).get("default_datastore") or ""))) in FILE_SHARES:
        found.append(f"default_datastore {store}")
    return [f"Ignored here, where all steps run on this machine: {', '.join(found)}."] if found else []


def _of_job(workspace: Workspace, prefix: str, job: JsonObject) -> Iterator[str]:
    """Yield the ignored settings of a job or step, of its component, and of the steps inside, each with its place."""
    yield from _own(prefix, job)
    spec: JsonObject = {}
    if component := job.get("componentId"):
        spec = stored_component(workspace, str(component))["requested"]["componentSpec"]
        yield from (name for name in _own(prefix, spec) if name not in set(_own(prefix, job)))
    for name, step in (job.get("jobs") or spec.get("jobs") or {}).items():
        yield from _of_job(workspace, f"{prefix}{name}.", step)


def _own(prefix: str, job: JsonObject) -> Iterator[str]:
    yield from (f"{prefix}{key}" for key in _IGNORED if job.get(key))
    resources = job.get("resources") or {}
    yield from (f"{prefix}resources.{key}" for key in _OF_RESOURCES if resources.get(key))
