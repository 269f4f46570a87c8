"""One job on its way: what its runner, its steps and its log share."""

import threading
import time
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


class Run:
    """One job on its way: where its state is kept, and whether it is to stop."""

    def __init__(self, guard: Guard, workspace: Workspace, name: str) -> None:
        self.guard = guard
        self.workspace, self.store = workspace, workspace.store
        self.web_files = WebFiles(workspace.state / "web")
        self.root = name
        self.interpreters = Interpreters(workspace, lambda text: tell(self.log(name, EXECUTION_LOG), text))
        self.canceled = threading.Event()
        self._over = threading.Event()

    def watch_for_cancel(self) -> None:
        """Set ``canceled`` once somebody asks for it."""
        while not self._over.wait(_CANCEL_POLL_SECONDS):
            job = self.store.get(keys.job(self.root))
            if job is None or job["status"] == "CancelRequested":
                self.canceled.set()
                return

    def finish(self) -> None:
        """Stop watching."""
        self._over.set()

    def begin(self) -> Job:
        """Record that the job runs, unless it is to stop already; return it."""
        identity = keys.job(self.root)
        with self.store.transaction():
            job = self.store.change(identity, started=time.time())
            if job["status"] == "CancelRequested":
                self.canceled.set()
                return job
            return self.store.change(identity, status="Running")

    def plan(self) -> Plan:
        """Return what the job is to do, as it was planned when it was submitted.

        Raises:
            KeyError: nothing was planned for it.
        """
        return self.store.find(keys.plan(self.root), KeyError(self.root))

    def log(self, job: str, name: str) -> Path:
        """Return the file of the log ``name`` of ``job``, made now unless it is there."""
        path = self.workspace.blobs.path(ARTIFACTS, f"ExperimentRun/dcid.{job}/{name}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        return path

    def end(
        self, job: str, status: str, error: JobError | None = None, outputs: dict[str, Output] | None = None
    ) -> None:
        """Record that ``job``, the whole or a step of it, is over."""
        self.store.change(keys.job(job), status=status, ended=time.time(), error=error, outputs=outputs or {})


def tell(log: Path, message: str) -> None:
    """Write a line with the time to a job's log."""
    stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
    with log.open("a", encoding="utf-8") as file:
        file.write(f"[{stamp}Z] {message}\n")
