"""Run programs that know nothing of the emulator against a fresh workspace, which they reach over loopback."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from emulator.server.server import Server
from emulator.service import Service
from emulator.state.workspace import Workspace
from emulator.wire.http import Request, Response
from emulator.wire.names import Names

_ENDED = ("Completed", "Failed", "Canceled")


@dataclass
class Served:
    """A workspace with its state in ``folder``, and a server of it."""

    folder: Path
    service: Service
    server: Server

    def run(self, program: list[str], work: Path, seconds: float, packages: str = "") -> int:
        """Run ``program`` in ``work``, with the packages in the folder ``packages``; return its exit status.

        Raises:
            subprocess.TimeoutExpired: it took longer than ``seconds``; its jobs are canceled.
        """
        variables = {**os.environ, **self.server.environment(), "PYTHONUNBUFFERED": "1", "PYTHONPATH": packages}
        with (self.folder / "output.txt").open("a") as file:
            try:
                return subprocess.run(
                    program, cwd=work, env=variables, stdout=file, stderr=subprocess.STDOUT, timeout=seconds
                ).returncode
            finally:
                self.cancel()

    @property
    def output(self) -> str:
        """What the programs have written."""
        return (self.folder / "output.txt").read_text(errors="replace")

    def jobs(self) -> dict[str, str]:
        """Return the status of each job that no other job contains."""
        body = self._handle("GET", "jobs", "&listViewType=All").body
        return {job["name"]: job["properties"]["status"] for job in json.loads(body)["value"]}

    def cancel(self) -> None:
        """Cancel the jobs that have not ended."""
        for name, status in self.jobs().items():
            if status not in _ENDED:
                self._handle("POST", f"jobs/{name}/cancel")

    def _handle(self, method: str, path: str, query: str = "") -> Response:
        url = f"https://management.azure.com{self.service.workspace.names.arm}/{path}?api-version=2024-01-01-preview"
        return self.service.handle(Request(method, url + query, {}, b""))


@contextmanager
def served_workspace(folder: Path, note: Callable[[Request, Response], object]) -> Iterator[Served]:
    """Serve a fresh workspace with its state in ``folder``; ``note`` gets every request and its response."""
    service = Service(Workspace(folder / "state", Names(group="notebook-group", workspace="notebook-workspace")))
    handle = service.handle

    def noted(request: Request) -> Response:
        response = handle(request)
        note(request, response)
        return response

    service.handle = noted  # type: ignore[method-assign]
    with Server(service) as server:
        yield Served(folder, service, server)
