"""Run a notebook as a program of its own that reaches the embedded workspace over loopback, and watch its endpoint."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from emulator.runner.package_index import uv_settings
from emulator.server.server import Server
from emulator.service import Service
from emulator.state.workspace import Workspace
from emulator.wire.http import Request, Response
from emulator.wire.names import Names
from tests.notebook.execute import code_cells, without_installs

CACHE = Path(__file__).parents[2] / ".cache" / "notebook"
# azure-ai-ml 1.31.0 to 1.34.1 imports six without requiring it.
UNDECLARED = ("six",)
PLACEHOLDERS = {"<SUBSCRIPTION_ID>": "subscription", "<RESOURCE_GROUP>": "group", "<AML_WORKSPACE_NAME>": "workspace"}
_ENDPOINT = re.compile(r"/batchEndpoints/([^/]+)(?:/deployments/([^/]+))?$")


@dataclass
class Endpoint:
    """What a notebook did to one endpoint, as the workspace saw it."""

    name: str
    defaults: list[str] = field(default_factory=list)
    created: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    removed: bool = False


@dataclass
class Run:
    """A notebook's run: a record a cell, its output, the endpoints it touched and the folder it worked in."""

    cells: list[dict[str, Any]]
    output: str
    endpoints: dict[str, Endpoint]
    jobs: dict[str, str]
    folder: Path

    @property
    def failed(self) -> dict[str, Any] | None:
        """The cell that raised, or None."""
        return next((cell for cell in self.cells if cell["error"]), None)


class Watch:
    """Notes what changes the endpoints of a workspace; put in the way of ``Service.handle``."""

    def __init__(self, handle: Callable[[Request], Response]) -> None:
        self._handle = handle
        self.endpoints: dict[str, Endpoint] = {}

    def __call__(self, request: Request) -> Response:
        """Answer as the workspace does, and note what was changed."""
        response = self._handle(request)
        if (found := _ENDPOINT.search(request.path)) and request.method != "GET" and response.status < 300:
            self._note(request, *found.groups())
        return response

    def _note(self, request: Request, name: str, deployment: str | None) -> None:
        endpoint = self.endpoints.setdefault(name, Endpoint(name))
        if request.method == "PUT" and deployment:
            endpoint.created.append(deployment)
        elif request.method == "PUT":
            chosen = (request.json()["properties"].get("defaults") or {}).get("deploymentName")
            endpoint.defaults += [chosen] if chosen else []
        elif request.method == "DELETE" and deployment:
            endpoint.deleted.append(deployment)
        elif request.method == "DELETE":
            endpoint.removed = True


def run_notebook(notebook: Path, folder: Path, seconds: float, prepare: Callable[[Path], object] | None = None) -> Run:
    """Run ``notebook`` in a copy of the folder it lies in, put under ``folder``, for at most ``seconds``.

    ``prepare`` may change that copy first. Nothing in the notebook is changed but the placeholders of subscription,
    group and workspace. Packages that its cells install are put in a folder of their own for it, before it starts.

    Raises:
        subprocess.TimeoutExpired: it took longer.
    """
    shutil.copytree(notebook.parent, folder / "work")
    if prepare:
        prepare(folder / "work")
    service = Service(Workspace(folder / "state", Names(group="notebook-group", workspace="notebook-workspace")))
    watch = Watch(service.handle)
    service.handle = watch  # type: ignore[method-assign]
    names = service.workspace.names
    config = {"subscription_id": names.subscription, "resource_group": names.group, "workspace_name": names.workspace}
    (folder / "work" / "config.json").write_text(json.dumps(config))
    report, output = folder / "cells.jsonl", folder / "output.txt"
    report.touch()
    replacements = {text: getattr(names, attribute) for text, attribute in PLACEHOLDERS.items()}
    program = [sys.executable, str(Path(__file__).with_name("execute.py")), str(folder / "work" / notebook.name)]
    with Server(service) as server, output.open("w") as file:
        subprocess.run(
            [*program, json.dumps(replacements), str(report)],
            cwd=folder / "work",
            env={**os.environ, **server.environment(), "PYTHONUNBUFFERED": "1", "PYTHONPATH": _installed(notebook)},
            stdout=file,
            stderr=subprocess.STDOUT,
            timeout=seconds,
            check=False,
        )
        jobs = _jobs(service)
    cells = [json.loads(line) for line in report.read_text().splitlines()]
    return Run(cells, output.read_text(), watch.endpoints, jobs, folder)


def _installed(notebook: Path) -> str:
    """Install the packages that a notebook asks for, once; return the folder they are in, or nothing."""
    packages = [package for _, source in code_cells(notebook) for package in without_installs(source)[1]]
    if not packages:
        return ""
    folder = CACHE / hashlib.sha256(" ".join(packages).encode()).hexdigest()[:12]
    if not folder.exists():
        uv = [str(Path(sys.executable).with_name("uv")), "pip", "install", "--quiet", "--python", sys.executable]
        unfinished = folder.with_suffix(".part")
        shutil.rmtree(unfinished, ignore_errors=True)
        environment = {**os.environ, **uv_settings(Path(sys.executable))}
        subprocess.run([*uv, "--target", str(unfinished), *packages, *UNDECLARED], check=True, env=environment)
        unfinished.rename(folder)
    return str(folder)


def _jobs(service: Service) -> dict[str, str]:
    url = f"https://management.azure.com{service.workspace.names.arm}/jobs?api-version=2024-01-01-preview&listViewType=All"
    listed = json.loads(service.handle(Request("GET", url, {}, b"")).body)["value"]
    return {job["name"]: job["properties"]["status"] for job in listed}


def downloaded(run: Run) -> dict[str, int]:
    """Count the files of each named output that the notebook has downloaded."""
    outputs = run.folder / "work" / "named-outputs"
    folders = sorted(outputs.iterdir()) if outputs.is_dir() else []
    return {folder.name: sum(path.is_file() for path in folder.rglob("*")) for folder in folders}
