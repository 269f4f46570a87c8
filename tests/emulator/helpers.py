"""What the emulator's tests share: constants, one client, one way to wait, and processes."""

import subprocess
import sys
import textwrap
import time
from pathlib import Path

from azure.ai.ml import MLClient

from emulator.state.records import TERMINAL

REPOSITORY = Path(__file__).resolve().parents[2]
EXECUTION_LOG = "logs/azureml/executionlogs.txt"
FOLDER = {"type": "uri_folder"}
ROWS = {"type": "uri_folder", "path": "azureml:rows:1"}
BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"


def make_client(embedded, **options):
    """Return the SDK's client of an embedded workspace."""
    names = embedded.names
    place = (names.subscription, names.group, options.pop("workspace", names.workspace))
    return MLClient(embedded.credential, *place, enable_telemetry=False, **options)


def wait_until(condition, seconds=20.0):
    """Call ``condition`` until its value is true; return that value."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"it did not happen in {seconds} s"
        time.sleep(0.03)
    return value


def wait_for_job(client, name, ready=lambda job: job.status in TERMINAL, seconds=60.0):
    """Wait until ``ready`` is true of a job, by default until the job has ended; return the job."""

    def ready_job():
        job = client.jobs.get(name)
        return job if ready(job) else None

    return wait_until(ready_job, seconds)


def is_running(process):
    """Return whether a process runs; one that has ended and was not reaped does not."""
    stat = subprocess.run(["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False).stdout
    return bool(stat.strip()) and not stat.strip().startswith("Z")


def start_python(code, *arguments):
    """Start a process that runs ``code``, with this file's folder and the repository on its path."""
    program = f"import sys; sys.path.append({str(Path(__file__).parent)!r})\n{textwrap.dedent(code)}"
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for_exit(process):
    """Wait for a process to end; return its status and its output."""
    out, err = process.communicate(timeout=120)
    return process.returncode, out + err


def grant(bench, *actions, **more):
    """Return a role assignment on the workspace, for its surroundings."""
    return {"role": "some", "scope": bench.embedded.names.arm, "actions": list(actions), **more}


def pipeline_of(kind):
    """Return the body of a pipeline job with one step of type ``kind``."""
    return {"properties": {"jobType": "Pipeline", "jobs": {"a": {"type": kind}}}}
