"""Read the definition of an environment as a recipe: a version of Python and requirements from the package index."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emulator.state import keys
from emulator.state.addresses import local_path
from emulator.state.workspace import Workspace
from emulator.wire.asset_ids import parse_asset_id
from emulator.wire.errors import ServiceError
from emulator.wire.http import JsonObject

_CONDA = re.compile(r"(?:[\w.-]+::)?([A-Za-z0-9_.-]+)\s*(.*)")
_EXACT = re.compile(r"==?\s*([0-9][\w.]*)(?:\s*=\s*\S+)?")
_MINOR = re.compile(r"\d+\.\d+")
_PIP_INSTALL = re.compile(r"pip3?\s+install\s+([^&|;\n]+)")
_FILE = re.compile(r"(-r|-e|-c|--requirement|--editable|--constraint)\b|[./]")
# Every conda environment has it, and every environment that is made here.
_WITH_PYTHON = ("pip",)


@dataclass(frozen=True)
class Recipe:
    """How to make the environment ``name``; ``python`` is a minor version, or None for the version of this workspace.

    ``missing`` lists the reasons why a part of it cannot be made on this machine; ``replaced`` lists the packages that
    come from the package index here and from conda on Azure.
    """

    name: str
    python: str | None
    requirements: tuple[str, ...]
    missing: tuple[str, ...]
    replaced: tuple[str, ...] = ()


def recipe_of(workspace: Workspace, environment: str) -> Recipe:
    """Return the recipe of the environment with the id ``environment``."""
    parsed = parse_asset_id(environment)
    stored = workspace.store.get(keys.asset_version("environments", parsed[1], parsed[2])) if parsed else None
    if parsed is None or stored is None:
        name = environment.partition("/environments/")[2] or environment
        return Recipe(name, None, (), ("what a registry's environment holds is not known here",))
    name, properties = f"{parsed[1]}:{parsed[2]}", stored["properties"]
    if build := properties.get("build"):
        return _of_context(workspace, name, build)
    conda = json.loads(properties.get("condaFile") or "{}")
    if not conda.get("dependencies"):
        return Recipe(name, None, (), (f"what the image {properties.get('image')} holds is not known here",))
    return _of_conda(name, conda["dependencies"])


def _of_conda(name: str, dependencies: list[Any]) -> Recipe:
    python, requirements, missing, replaced = None, [], [], []
    for entry in dependencies:
        if isinstance(entry, dict):
            requirements += [str(line).strip() for line in entry.get("pip") or []]
            continue
        match = _CONDA.fullmatch(str(entry).strip())
        package, constraint = (match[1].lower(), match[2].strip()) if match else (str(entry), "")
        if package == "python":
            minor = _MINOR.search(constraint)
            python = minor[0] if minor else None
        elif package not in _WITH_PYTHON:
            exact = _EXACT.fullmatch(constraint)
            requirements.append(f"{package}=={exact[1]}.*" if exact else f"{package}{constraint}")
            replaced.append(package)
    unreadable = [line for line in requirements if _FILE.match(line)]
    missing += [f"the line {line} of its conda file names a file that is not here" for line in unreadable]
    kept = tuple(line for line in requirements if line and line not in unreadable)
    return Recipe(name, python, kept, tuple(missing), tuple(replaced))


def _of_context(workspace: Workspace, name: str, build: JsonObject) -> Recipe:
    """Return the recipe of a build context: what its Dockerfile installs with pip, without its other instructions."""
    try:
        folder = local_path(workspace, str(build.get("contextUri") or ""))
        text = (folder / str(build.get("dockerfilePath") or "Dockerfile")).read_text(encoding="utf-8")
    except (ServiceError, OSError) as error:
        return Recipe(name, None, (), (f"its build context cannot be read ({error})",))
    lines = [line.strip() for line in text.replace("\\\n", " ").splitlines()]
    requirements: list[str] = []
    for line in lines:
        for arguments in _PIP_INSTALL.findall(line) if line.upper().startswith("RUN ") else ():
            requirements += _installed(folder, arguments.split())
    image = next((line.split()[1] for line in lines if line.upper().startswith("FROM ")), "its image")
    return Recipe(name, None, tuple(requirements), (f"what the image {image} holds is not known here",))


def _installed(folder: Path, arguments: list[str]) -> list[str]:
    found: list[str] = []
    files = {arguments[at + 1] for at, each in enumerate(arguments[:-1]) if each in ("-r", "--requirement")}
    for argument in arguments:
        if argument in files:
            # A COPY instruction decides where the file lies in the image; in the build context it has the same name.
            for file in sorted(folder.rglob(Path(argument).name))[:1]:
                lines = (line.split(" #")[0].strip() for line in file.read_text(encoding="utf-8").splitlines())
                found += [line for line in lines if line and not line.startswith(("#", "-"))]
        elif not argument.startswith("-"):
            found.append(argument.strip("'\""))
    return found
