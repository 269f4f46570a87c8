"""Addresses of what a run left: ``azureml://jobs/…`` and ``runs:/…``, which become paths on a datastore."""

import re

from emulator.state import keys
from emulator.state.addresses import default_output, own_folder
from emulator.state.workspace import Workspace
from emulator.wire.errors import bad_request, not_found

_OF_JOB = re.compile(r"azureml://jobs/(?P<run>[^/]+)/outputs/(?P<output>[^/]+)(?:/paths)?(?:/(?P<path>.*))?")
_OF_RUN = re.compile(r"runs:/(?P<run>[^/]+)/(?P<path>.*)")
# The names of the output that every run has, its own folder.
_OWN_FOLDER = ("artifacts", "default")


def resolve_run_address(workspace: Workspace, uri: str) -> str:
    """Return the path on a datastore that an address of a run's output means; return any other address unchanged.

    Raises:
        ServiceError: the run or the output does not exist.
    """
    match = _OF_JOB.fullmatch(uri) or _OF_RUN.fullmatch(uri)
    if match is None:
        return uri
    run, path = match["run"], match["path"] or ""
    output = match.groupdict().get("output") or _OWN_FOLDER[0]
    job = workspace.store.find(keys.job(run), not_found(f"Run {run} was not found"))
    if output in job["outputs"]:
        root = job["outputs"][output]["uri"].replace("${{name}}", run).replace("${{output_name}}", output)
    elif output in (job["requested"].get("outputs") or {}):
        root = default_output(run, output)
    elif output in _OWN_FOLDER:
        root = own_folder(run)
    else:
        raise bad_request(f"Job {run} has no output {output}.", "ArgumentInvalid")
    return f"{root.rstrip('/')}/{path}" if path else root
