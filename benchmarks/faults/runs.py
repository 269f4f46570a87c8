"""Run one command in a fork of this process, which has imported all of it: a fault costs the command, not its start."""

import contextlib
import gc
import importlib
import json
import os
import pkgutil
import shutil
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.small_problem import PROBLEM, ROOT, lay_over, problems_of

TIMED_OUT = -100
# A killed command's lock ends after its lease; Azure's shortest, 15 s, would be most of a run of this benchmark.
_LEASE_SECONDS = 4
_PATIENCE = "20"
_WITHOUT_CHARTS = ModuleType("vl_convert")
vars(_WITHOUT_CHARTS)["vegalite_to_svg"] = lambda spec: '<svg class="chart" width="1" height="1"></svg>'
_UNSET = ("AZURE_SUBSCRIPTION_ID", "AZURE_RESOURCE_GROUP", "AZURE_ML_WORKSPACE", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")


@dataclass(frozen=True)
class Done:
    """How a command ended: its exit code, or minus the signal that killed it; what it put on stdout and on stderr."""

    code: int
    result: str
    story: str
    seconds: float


def run(line: list[str], folder: Path, rules: list[dict[str, Any]] | None = None, requests: Path | None = None) -> Done:
    """Run a command on the workspace in ``folder``, with faults; write the requests it makes into ``requests``."""
    pid = start(line, folder, rules, requests)
    return ended(pid, folder)


_repository = ROOT


def use_small_problem(repository: Path) -> Path:
    """Have the commands run on the tests' small problem, in a copy of this repository; return its data.

    What is struck are requests, which are those of any problem; the steps of this one take next to no time.
    """
    global _repository
    if not repository.exists():
        for part in ("scripts", "emulator", "components", "pipelines", "endpoints", "data"):
            shutil.copytree(ROOT / part, repository / part, ignore=shutil.ignore_patterns("__pycache__", "real"))
        lay_over(repository)
    _repository = repository
    return repository / "data" / PROBLEM / "synthetic.csv"


@cache
def warm_up() -> None:
    """Import what the commands import, so that a fork has it, and copies little of this process's memory."""
    import great_expectations  # noqa: F401
    import pathspec  # noqa: F401
    import scipy.stats  # noqa: F401
    from azure.ai.ml import MLClient  # noqa: F401
    from azure.ai.ml.entities._job.pipeline import _load_component  # noqa: F401

    import scripts.lib
    from emulator import client  # noqa: F401

    for module in pkgutil.walk_packages(scripts.lib.__path__, "scripts.lib."):
        importlib.import_module(module.name)
    # A fork would copy every page of memory that its first collection marks.
    gc.collect()
    gc.freeze()


def start(
    line: list[str], folder: Path, rules: list[dict[str, Any]] | None = None, requests: Path | None = None
) -> int:
    """Start a command in a fork; return its process id."""
    warm_up()
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        code = 70
        try:
            _child(line, folder, rules, requests)
        except SystemExit as error:
            code = error.code if isinstance(error.code, int) else 0
        finally:
            os._exit(code)
    return pid


def _child(line: list[str], folder: Path, rules: list[dict[str, Any]] | None, requests: Path | None) -> None:
    for number, name in ((1, "result"), (2, "story")):
        file = os.open(folder / f"{os.getpid()}.{name}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(file, number)
    sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w", buffering=1)
    for name in _UNSET:
        os.environ.pop(name, None)
    os.environ |= {
        "PROBLEM": PROBLEM,
        "AZUREML_LOCAL_STATE": str(folder / "state"),
        "AZUREML_EMULATOR_FAULTS": json.dumps(rules or []),
        "RELEASE_PATIENCE_SECONDS": _PATIENCE,
    }
    from azure.ai.ml._utils import _experimental

    from emulator.state import leases
    from scripts.lib.workspace import locks

    # Neither makes a request: charts take a quarter of a trial, the SDK's walk of the stack for a warning a fifth.
    sys.modules["vl_convert"] = _WITHOUT_CHARTS
    vars(_experimental)["_should_skip_warning"] = lambda: True
    leases.SHORTEST_SECONDS = locks._LEASE_SECONDS = _LEASE_SECONDS
    if requests:
        _record(requests)
    command, *arguments = line
    with problems_of(_repository):
        importlib.import_module(f"scripts.{command}").main(arguments)


def _record(place: Path) -> None:
    """Write each request's method, host and path into a file."""
    from emulator import client

    file = place.open("a", buffering=1)
    activate: Callable[..., Any] = client.activate

    def recording(*arguments: Any, **options: Any) -> Any:
        def write(request: Any, response: Any) -> None:
            file.write(json.dumps([request.method, request.host, request.path]) + "\n")

        return activate(*arguments, **options, recorder=write)

    client.activate = recording


def ended(pid: int, folder: Path, seconds: float = 240.0) -> Done:
    """Wait for a command's end, and return how it ended."""
    begun = time.monotonic()
    code = TIMED_OUT
    while time.monotonic() - begun < seconds:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            code = os.waitstatus_to_exitcode(status)
            break
        time.sleep(0.01)
    else:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    texts = []
    for name in ("result", "story"):
        place = folder / f"{pid}.{name}"
        texts.append(place.read_text(errors="replace") if place.exists() else "")
        with contextlib.suppress(FileNotFoundError):
            place.unlink()
    return Done(code, texts[0], texts[1], time.monotonic() - begun)
