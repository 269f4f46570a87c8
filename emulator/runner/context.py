"""What the runner of one job shares with the job's steps: the workspace, the log files, and the cancellation."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from emulator.runner.interpreters import Interpreters
from emulator.runner.processes import Guard
from emulator.runner.web_files import WebFiles
from emulator.state import keys
from emulator.state.addresses import ARTIFACTS
from emulator.state.plans import Plan
from emulator.state.records import Job, JobError, Output
from emulator.state.workspace import Workspace

_CANCEL_POLL_SECONDS = 0.1
EXECUTION_LOG = "logs/azureml/executionlogs.txt"
# Azure has these beside the first one from the start of each run of a pipeline, and mostly leaves them empty.
_OTHER_LOGS = ("logs/azureml/stderrlogs.txt", "logs/azureml/stdoutlogs.txt")


class JobContext:
    """The job ``job`` while it runs; ``canceled`` is set when a request cancels it."""

    def __init__(self, guard: Guard, workspace: Workspace, job: str) -> None:
        self.guard = guard
        self.workspace, self.store = workspace, workspace.store
        self.web_files = WebFiles(workspace.state / "web")
        self.job = job
        self.interpreters = Interpreters(
            workspace, lambda message: write_log(self.log_file(job, EXECUTION_LOG), message)
        )
        self.canceled = threading.Event()
        # What a step leaves behind is removed while the job goes on.
        self.cleaning = ThreadPoolExecutor(1)
        self._ended = threading.Event()
        self._turns: dict[str, threading.Lock] = {}
        self._turns_lock = threading.Lock()

    def watch_for_cancel(self) -> None:
        """Wait for the job to be canceled, until ``stop_watching``; run this in a thread."""
        while not self._ended.wait(_CANCEL_POLL_SECONDS):
            job = self.store.get(keys.job(self.job))
            if job is None or job["status"] == "CancelRequested":
                self.canceled.set()
                return

    def stop_watching(self) -> None:
        """End ``watch_for_cancel``."""
        self._ended.set()

    def record_start(self) -> Job:
        """Record that the job runs, unless it was canceled already; return the job."""
        key = keys.job(self.job)
        with self.store.transaction():
            job = self.store.change(key, started=time.time())
            if job["status"] == "CancelRequested":
                self.canceled.set()
                return job
            return self.store.change(key, status="Running")

    def create_logs(self, job: str) -> Path:
        """Create the logs of the machinery for ``job``, a pipeline or a step of one; return the one for messages."""
        for name in _OTHER_LOGS:
            self.log_file(job, name)
        return self.log_file(job, EXECUTION_LOG)

    def record_end(
        self, job: str, status: str, error: JobError | None = None, outputs: dict[str, Output] | None = None
    ) -> None:
        """Record the final status of ``job``, which is this job or a step of it."""
        self.store.change(keys.job(job), status=status, ended=time.time(), error=error, outputs=outputs or {})

    def turn(self, key: str) -> threading.Lock:
        """Return the lock of all steps of this job with the digest ``key``: the second waits, and reuses the first."""
        with self._turns_lock:
            return self._turns.setdefault(key, threading.Lock())

    def plan(self) -> Plan:
        """Return the plan of the job.

        Raises:
            KeyError: it has none.
        """
        return self.store.find(keys.plan(self.job), KeyError(self.job))

    def log_folder(self, job: str) -> Path:
        """Return the folder of the logs and artifacts of ``job``, this job or a step of it."""
        return self.workspace.blobs.path(ARTIFACTS, f"ExperimentRun/dcid.{job}")

    def log_file(self, job: str, name: str) -> Path:
        """Return the path of the log ``name`` of ``job``, this job or a step of it; create the file if needed."""
        path = self.log_folder(job) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        return path


def write_log(log: Path, message: str) -> None:
    """Append a line with the current time to the log file ``log``."""
    stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
    with log.open("a", encoding="utf-8") as file:
        file.write(f"[{stamp}Z] {message}\n")
