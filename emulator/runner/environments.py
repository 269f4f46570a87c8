"""Python environments for steps: uv makes one for each list of requirements, and all jobs share it."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from emulator.runner.locks import lock_file
from emulator.runner.overlays import packages_of
from emulator.runner.package_index import uv_settings
from emulator.runner.processes import Stopped
from emulator.runner.recipes import Recipe

FOLDER_VARIABLE = "AZUREML_EMULATOR_ENVIRONMENTS"
# Part of the digest of an environment; raise it when environments are made in another way.
_FORMAT = "1"
# In an older one nothing keeps a step from sending to Azure: it has no audit hooks.
_OLDEST = (3, 8)
_POLL_SECONDS = 0.05
_TAIL_LINES = 6


class EnvironmentNotMade(Exception):
    """An environment cannot be made on this machine; the message says why."""


def own_interpreter() -> Path:
    """Return the Python interpreter that runs this workspace."""
    return Path(os.environ.get("AZUREML_RUNNER_PYTHON") or sys.executable)


def make_environment(recipe: Recipe, stopped: Callable[[], bool]) -> Path:
    """Return the interpreter of the environment that ``recipe`` describes; make the environment if it is missing.

    Raises:
        EnvironmentNotMade: it cannot be made on this machine.
        Stopped: ``stopped`` returned true.
    """
    tool = shutil.which("uv", path=str(own_interpreter().parent)) or shutil.which("uv")
    if tool is None:
        raise EnvironmentNotMade("uv is not on this machine")
    base = _base_interpreter(tool, recipe.python)
    content = json.dumps([_FORMAT, str(base.resolve()), sorted(recipe.requirements)])
    root = os.environ.get(FOLDER_VARIABLE) or Path(
        os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "azureml-embedded", "environments"
    )
    place = Path(root) / hashlib.sha256(content.encode()).hexdigest()[:24]
    complete = place / "made"
    if not complete.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.with_suffix(".lock").open("ab") as lock:
            lock_file(lock, stopped)
            if not complete.exists():
                shutil.rmtree(place, ignore_errors=True)
                _create(tool, base, place, recipe.requirements, stopped)
                complete.touch()
    return place / "bin" / "python"


def _base_interpreter(tool: str, version: str | None) -> Path:
    own = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if version in (None, own):
        return own_interpreter()
    if tuple(int(part) for part in str(version).split(".")) < _OLDEST:
        raise EnvironmentNotMade(f"Python {version} is older than {_OLDEST[0]}.{_OLDEST[1]}, and {own} is here")
    find = [tool, "python", "find", "--no-python-downloads", "--no-project", "--system", str(version)]
    found = subprocess.run(find, capture_output=True, text=True)
    if found.returncode != 0:
        raise EnvironmentNotMade(f"Python {version} is not on this machine, and {own} is")
    return Path(found.stdout.strip())


def _create(tool: str, base: Path, place: Path, requirements: tuple[str, ...], stopped: Callable[[], bool]) -> None:
    error = _run_uv([tool, "venv", "--quiet", "--no-project", "--python", str(base), str(place)], stopped)
    if error:
        raise EnvironmentNotMade(error)
    (place / "requirements.txt").write_text("\n".join(requirements) + "\n", encoding="utf-8")
    (place / "own.txt").write_text("\n".join(_own_versions()) + "\n", encoding="utf-8")
    python = str(place / "bin" / "python")
    install = [tool, "pip", "install", "--quiet", "--python", python]
    bundled = subprocess.run(
        [python, "-c", "import ensurepip; print(ensurepip.__path__[0])"], capture_output=True, text=True
    ).stdout.strip()
    _run_uv([*install, "--offline", "--no-index", "--find-links", f"{bundled}/_bundled", "pip"], stopped)
    if not requirements:
        return
    command = [*install, "-r", str(place / "requirements.txt")]
    # First the versions that this interpreter has, because they need no network, then those of the index, and last
    # those in the cache of uv.
    for options in (["--offline", "--constraint", str(place / "own.txt")], [], ["--offline"]):
        failure = _run_uv([*command, *options], stopped)
        if failure is None:
            _share_bytecode(packages_of(own_interpreter()), packages_of(place / "bin" / "python"))
            return
        # The second attempt, with the index, has the reason that a user can act on.
        error = error if options and error else failure
    shutil.rmtree(place, ignore_errors=True)
    raise EnvironmentNotMade(error or "uv gives no reason")


def _share_bytecode(own: Path, other: Path) -> None:
    """Link compiled files of the packages in ``own`` into ``other`` where the sources are equal; this saves seconds."""
    for folder, _, files in os.walk(own):
        if not folder.endswith("__pycache__"):
            continue
        compiled, source = other / Path(folder).relative_to(own), Path(folder).parent
        if not compiled.parent.is_dir():
            continue
        compiled.mkdir(exist_ok=True)
        for name in files:
            module = f"{name.split('.')[0]}.py"
            with suppress(OSError):
                here, there = (source / module).stat(), (compiled.parent / module).stat()
                if (here.st_mtime_ns, here.st_size) == (there.st_mtime_ns, there.st_size):
                    os.link(Path(folder, name), compiled / name)


@cache
def _index_settings() -> dict[str, str]:
    return uv_settings(own_interpreter())


def _own_versions() -> list[str]:
    return sorted(f"{each.metadata['Name']}=={each.version}" for each in _own_distributions())


def _run_uv(command: list[str], stopped: Callable[[], bool]) -> str | None:
    """Run ``command``; return None if it succeeds, or else the last lines of its error output."""
    environment = {**os.environ, **_index_settings()}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        while True:
            try:
                _, output = process.communicate(timeout=_POLL_SECONDS)
                break
            except subprocess.TimeoutExpired:
                if stopped():
                    raise Stopped from None
    finally:
        process.kill()
    return None if process.returncode == 0 else " ".join(output.split("\n")[-_TAIL_LINES:]).strip() or "it failed"


def differences(recipe: Recipe) -> list[str]:
    """Return a line for each pin of ``recipe`` that differs from the version that this interpreter has."""
    found = {each.metadata["Name"].lower().replace("_", "-"): each.version for each in _own_distributions()}
    pins = (line.split(";")[0].partition("==") for line in recipe.requirements if "==" in line and "*" not in line)
    pinned = [(name.split("[")[0].strip().lower().replace("_", "-"), version.strip()) for name, _, version in pins]
    return [
        f"{name} is {found.get(name, 'absent')} here and {version} there"
        for name, version in pinned
        if found.get(name) != version
    ]


def _own_distributions() -> list[Any]:
    from importlib.metadata import distributions

    return list(distributions(path=[str(packages_of(own_interpreter()))]))
