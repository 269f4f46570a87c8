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
from emulator.wire.http import Request, Response
from tests.notebook.execute import code_cells, without_installs
from tests.notebook.served import Served, served_workspace

REPOSITORY = Path(__file__).parents[2]
CACHE = REPOSITORY / ".cache" / "notebook"
CELLS = "cells.jsonl"
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
    """Notes what a program changes of the endpoints of a workspace."""

    def __init__(self) -> None:
        self.endpoints: dict[str, Endpoint] = {}

    def __call__(self, request: Request, response: Response) -> None:
        """Note a request and its response."""
        if (found := _ENDPOINT.search(request.path)) and request.method != "GET" and response.status < 300:
            self._note(request, *found.groups())

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
    watch = Watch()
    with served_workspace(folder, watch) as served:
        run_cells(served, folder / "work" / notebook.name, seconds, wanted_packages(notebook))
        jobs = served.jobs()
    return Run(cells_of(folder), served.output, watch.endpoints, jobs, folder)


def run_cells(served: Served, notebook: Path, seconds: float, packages: list[str]) -> None:
    """Run the cells of ``notebook`` where it lies, with ``packages`` installed.

    Raises:
        subprocess.TimeoutExpired: it took longer.
    """
    names = served.service.workspace.names
    config = {"subscription_id": names.subscription, "resource_group": names.group, "workspace_name": names.workspace}
    (notebook.parent / "config.json").write_text(json.dumps(config))
    report = served.folder / CELLS
    report.touch()
    replacements = {text: getattr(names, attribute) for text, attribute in PLACEHOLDERS.items()}
    program = [sys.executable, str(Path(__file__).with_name("execute.py")), str(notebook)]
    served.run([*program, json.dumps(replacements), str(report)], notebook.parent, seconds, installed(packages))


def cells_of(folder: Path) -> list[dict[str, Any]]:
    """Return the records of the cells that have run in ``folder``."""
    return [json.loads(line) for line in (folder / CELLS).read_text().splitlines()]


def wanted_packages(notebook: Path) -> list[str]:
    """Return the packages that the cells of a notebook install."""
    return [package for _, source in code_cells(notebook) for package in without_installs(source)[1]]


def installed(packages: list[str]) -> str:
    """Install ``packages``, once; return the folder they are in, or nothing where there are none."""
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


def downloaded(run: Run) -> dict[str, int]:
    """Count the files of each named output that the notebook has downloaded."""
    outputs = run.folder / "work" / "named-outputs"
    folders = sorted(outputs.iterdir()) if outputs.is_dir() else []
    return {folder.name: sum(path.is_file() for path in folder.rglob("*")) for folder in folders}
