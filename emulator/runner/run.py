"""One job on its way: what its runner, its steps and its log share."""

import threading
import time
from pathlib import Path
from typing import Any

from emulator.runner.processes import Guard
from emulator.runner.web_files import WebFiles
from emulator.state.addresses import Places
from emulator.state.blobs import BlobStore
from emulator.state.documents import Store
from emulator.wire.names import Names

_CANCEL_POLL_SECONDS = 0.1


class Run:
    """One job on its way: where its state is kept, and whether it is to stop."""

    def __init__(self, state: Path, name: str, names: Names) -> None:
        self.guard = Guard()
        self.state, self.names = state, names
        self.store = Store(state / "workspace.db")
        self.places = Places(BlobStore(state / "blobs"), names)
        self.web_files = WebFiles(state / "web")
        self.root = name
        self.canceled = threading.Event()
        self._over = threading.Event()

    def watch_for_cancel(self) -> None:
        """Set ``canceled`` once somebody asks for it."""
        while not self._over.wait(_CANCEL_POLL_SECONDS):
            job = self.store.get(f"jobs/{self.root}")
            if job is None or job["status"] == "CancelRequested":
                self.canceled.set()
                return

    def finish(self) -> None:
        """Stop watching."""
        self._over.set()

    def begin(self) -> dict[str, Any]:
        """Record that the job runs, unless it is to stop already; return it."""
        identity = f"jobs/{self.root}"
        with self.store.transaction():
            job = self.store.change(identity, started=time.time())
            if job["status"] == "CancelRequested":
                self.canceled.set()
                return job
            return self.store.change(identity, status="Running")

    def plan(self) -> dict[str, Any]:
        """Return what the job is to do, as it was planned when it was submitted.

        Raises:
            KeyError: nothing was planned for it.
        """
        plan = self.store.get(f"plans/{self.root}")
        if plan is None:
            raise KeyError(self.root)
        return plan

    def end(
        self, job: str, status: str, error: dict[str, Any] | None = None, outputs: dict[str, Any] | None = None
    ) -> None:
        """Record that ``job``, the whole or a step of it, is over."""
        self.store.change(f"jobs/{job}", status=status, ended=time.time(), error=error, outputs=outputs or {})


def tell(log: Path, message: str) -> None:
    """Write a line with the time to a job's log."""
    stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
    with log.open("a", encoding="utf-8") as file:
        file.write(f"[{stamp}Z] {message}\n")
