"""Environments made on this machine: once for each content, by uv from the package index, for all jobs.

A step gets a thin environment over the made one, so that what its command installs is its own.
"""

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

from emulator.runner.package_index import uv_settings
from emulator.runner.processes import Stopped
from emulator.runner.recipes import Recipe
from emulator.runner.turns import take_turn

FOLDER_VARIABLE = "AZUREML_EMULATOR_ENVIRONMENTS"
# Part of the digest: what was made in another way is not taken for it.
_FORMAT = "1"
_POLL_SECONDS = 0.05
_TAIL_LINES = 6
_JOIN = (
    'import os, sys; _p = os.environ.get("AZUREML_EMULATOR_IN_STEP");'
    ' _p and (sys.path.insert(0, _p), __import__("azureml_in_step"), sys.path.remove(_p))'
)


class NotMade(Exception):
    """An environment that cannot be made here, and why."""


def here() -> Path:
    """Return the interpreter that runs this workspace."""
    return Path(os.environ.get("AZUREML_RUNNER_PYTHON") or sys.executable)


def packages_of(python: Path) -> Path:
    """Return the folder of the packages of an environment whose interpreter is ``python``."""
    found = sorted((python.parent.parent / "lib").glob("python3*/site-packages"))
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    return next((each for each in found if each.parent.name == version), found[0] if found else python.parent)


def made(recipe: Recipe, stopped: Callable[[], bool]) -> Path:
    """Return the interpreter of the environment that ``recipe`` describes, made now unless it is there.

    Raises:
        NotMade: it cannot be made here.
        Stopped: ``stopped`` said so.
    """
    tool = shutil.which("uv", path=str(here().parent)) or shutil.which("uv")
    if tool is None:
        raise NotMade("uv is not on this machine")
    base = _base(tool, recipe.python)
    facts = json.dumps([_FORMAT, str(base.resolve()), sorted(recipe.requirements)])
    root = os.environ.get(FOLDER_VARIABLE) or Path(
        os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "azureml-embedded", "environments"
    )
    place = Path(root) / hashlib.sha256(facts.encode()).hexdigest()[:24]
    mark = place / "made"
    if not mark.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.with_suffix(".lock").open("ab") as turn:
            take_turn(turn, stopped)
            if not mark.exists():
                shutil.rmtree(place, ignore_errors=True)
                _make(tool, base, place, recipe.requirements, stopped)
                mark.touch()
    return place / "bin" / "python"


def _base(tool: str, wanted: str | None) -> Path:
    ours = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if wanted in (None, ours):
        return here()
    find = [tool, "python", "find", "--no-python-downloads", "--no-project", "--system", str(wanted)]
    found = subprocess.run(find, capture_output=True, text=True)
    if found.returncode != 0:
        raise NotMade(f"Python {wanted} is not on this machine, and {ours} is")
    return Path(found.stdout.strip())


def _make(tool: str, base: Path, place: Path, requirements: tuple[str, ...], stopped: Callable[[], bool]) -> None:
    failed = _run([tool, "venv", "--quiet", "--no-project", "--python", str(base), str(place)], stopped)
    if failed:
        raise NotMade(failed)
    (place / "requirements.txt").write_text("\n".join(requirements) + "\n", encoding="utf-8")
    (place / "here.txt").write_text("\n".join(_versions_here()) + "\n", encoding="utf-8")
    python = str(place / "bin" / "python")
    install = [tool, "pip", "install", "--quiet", "--python", python]
    bundled = subprocess.run(
        [python, "-c", "import ensurepip; print(ensurepip.__path__[0])"], capture_output=True, text=True
    ).stdout.strip()
    _run([*install, "--offline", "--no-index", "--find-links", f"{bundled}/_bundled", "pip"], stopped)
    if not requirements:
        return
    wanted = [*install, "-r", str(place / "requirements.txt")]
    # What is here already first, because that costs no network; then whatever the index has.
    for more in (["--offline", "--constraint", str(place / "here.txt")], [], ["--offline"]):
        said = _run([*wanted, *more], stopped)
        if said is None:
            _share_bytecode(packages_of(here()), packages_of(place / "bin" / "python"))
            return
        failed = failed if more and failed else said
    shutil.rmtree(place, ignore_errors=True)
    raise NotMade(failed or "uv says nothing about why")


def _share_bytecode(ours: Path, theirs: Path) -> None:
    """Link what is compiled here into an environment with the same files, which takes seconds to compile again."""
    for folder, _, files in os.walk(ours):
        if not folder.endswith("__pycache__"):
            continue
        compiled, source = theirs / Path(folder).relative_to(ours), Path(folder).parent
        if not compiled.parent.is_dir():
            continue
        compiled.mkdir(exist_ok=True)
        for name in files:
            module = f"{name.split('.')[0]}.py"
            with suppress(OSError):
                mine, other = (source / module).stat(), (compiled.parent / module).stat()
                if (mine.st_mtime_ns, mine.st_size) == (other.st_mtime_ns, other.st_size):
                    os.link(Path(folder, name), compiled / name)


@cache
def _index() -> dict[str, str]:
    return uv_settings(here())


def _versions_here() -> list[str]:
    return sorted(f"{each.metadata['Name']}=={each.version}" for each in _here_distributions())


def _run(command: list[str], stopped: Callable[[], bool]) -> str | None:
    """Run ``command``; return the end of what it says if it fails, or None."""
    process = subprocess.Popen(
        command, env={**os.environ, **_index()}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    try:
        while True:
            try:
                _, said = process.communicate(timeout=_POLL_SECONDS)
                break
            except subprocess.TimeoutExpired:
                if stopped():
                    raise Stopped from None
    finally:
        process.kill()
    return None if process.returncode == 0 else " ".join(said.split("\n")[-_TAIL_LINES:]).strip() or "it failed"


def differences(recipe: Recipe) -> list[str]:
    """Say in what the interpreter here differs from what ``recipe`` pins."""
    found = {each.metadata["Name"].lower().replace("_", "-"): each.version for each in _here_distributions()}
    pins = (line.split(";")[0].partition("==") for line in recipe.requirements if "==" in line and "*" not in line)
    asked = [(name.split("[")[0].strip().lower().replace("_", "-"), version.strip()) for name, _, version in pins]
    return [
        f"{name} is {found.get(name, 'absent')} here and {version} there"
        for name, version in asked
        if found.get(name) != version
    ]


def _here_distributions() -> list[Any]:
    from importlib.metadata import distributions

    return list(distributions(path=[str(packages_of(here()))]))


def lay_over(python: Path, place: Path) -> Path:
    """Make an environment of a step's own in ``place`` that shows the packages of ``python``; return its ``bin``."""
    real = python.resolve()
    version = _version_of(python)
    packages, programs = place / "lib" / f"python{version}" / "site-packages", place / "bin"
    packages.mkdir(parents=True)
    programs.mkdir()
    (place / "pyvenv.cfg").write_text(f"home = {real.parent}\ninclude-system-site-packages = false\n", encoding="utf-8")
    for name in ("python", "python3", f"python{version}"):
        (programs / name).symlink_to(real)
    shown = packages_of(python)
    lines = [_JOIN, f"import site; site.addsitedir({str(shown)!r})"]
    (packages / "azureml_in_step.pth").write_text("\n".join(lines) + "\n", encoding="utf-8")
    old, new = os.fsencode(python.parent / "python"), os.fsencode(programs / "python")
    for program in python.parent.iterdir():
        if program.is_file() and not program.is_symlink() and program.stat().st_size < 1 << 16:
            content = program.read_bytes()
            if content.startswith(b"#!"):
                head, _, rest = content.partition(b"\n")
                (programs / program.name).write_bytes(head.replace(old, new) + b"\n" + rest.replace(old, new))
                (programs / program.name).chmod(0o755)
    return programs


def _version_of(python: Path) -> str:
    name = packages_of(python).parent.name
    return name.removeprefix("python") if name.startswith("python3") else f"3.{sys.version_info[1]}"
