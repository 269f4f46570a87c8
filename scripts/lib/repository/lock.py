"""What follows from uv.lock: requirements.txt for whoever installs with pip, and the packages of each environment."""

import os
import subprocess
import sys
from pathlib import Path

import yaml

from scripts.lib.errors import ReleaseError
from scripts.lib.repository.files import ENVIRONMENT_FILE, LOCK_FILE, REQUIREMENTS_FILE

CONDA_FILES = sorted(ENVIRONMENT_FILE.parent.rglob("conda.yml"))
# The lock names the public index, so that it is the same whoever writes it; installing goes through any mirror of it.
INDEX = "https://pypi.org/simple"
_PIP = "  - pip:\n"
# Where the steps run on Azure; the Python version is that of conda.yml.
_AZURE = {
    "implementation_name": "cpython",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_system": "Linux",
    "sys_platform": "linux",
}


def renew_lock(upgrade: bool) -> list[str]:
    """Lock what pyproject.toml declares, write what follows from it, and return the names of the files that changed.

    With ``upgrade`` every package that pyproject.toml does not pin gets its newest version.

    Raises:
        ReleaseError: uv finds no set of packages that fit, or does not reach the index.
    """
    files = (LOCK_FILE, REQUIREMENTS_FILE, *CONDA_FILES)
    before = [path.read_bytes() if path.exists() else b"" for path in files]
    own = {name: value for name, value in os.environ.items() if name not in ("UV_INDEX", "UV_FIND_LINKS")}
    command = ["lock", "--quiet", "--default-index", INDEX, *(["--upgrade"] if upgrade else [])]
    _uv(command, own | {"UV_SYSTEM_CERTS": "true"})
    REQUIREMENTS_FILE.write_text(exported("dev"), encoding="utf-8")
    for path in CONDA_FILES:
        path.write_text(conda_of(path.read_text(encoding="utf-8")), encoding="utf-8")
    return [
        str(path.relative_to(LOCK_FILE.parent))
        for path, content in zip(files, before, strict=True)
        if path.read_bytes() != content
    ]


def exported(group: str, hashes: bool = True) -> str:
    """Return what uv.lock holds of a dependency group of pyproject.toml, in the format of requirements.txt."""
    shown = ["--no-header", "--no-annotate", *([] if hashes else ["--no-hashes"])]
    return _uv(["export", "--quiet", "--frozen", "--only-group", group, *shown], os.environ)


def conda_of(text: str) -> str:
    """Return the text of a conda.yml with the packages that uv.lock holds of the group of its name, for its Python."""
    head, _, _ = text.partition(_PIP)
    conda = yaml.safe_load(text)
    python = next(str(line) for line in conda["dependencies"] if str(line).startswith("python="))
    pins = pins_on_azure(conda["name"], python.removeprefix("python="))
    return head + _PIP + "".join(f"      - {pin}\n" for pin in pins)


def pins_on_azure(group: str, python: str) -> list[str]:
    """Return ``NAME==VERSION`` of every package that a group needs on Azure under a version of Python such as 3.11."""
    from packaging.requirements import Requirement

    where = {**_AZURE, "python_version": python, "python_full_version": f"{python}.0"}
    requirements = [Requirement(line) for line in exported(group, hashes=False).splitlines()]
    return [f"{it.name}{it.specifier}" for it in requirements if it.marker is None or it.marker.evaluate(where)]


def _uv(arguments: list[str], environment: "os._Environ[str] | dict[str, str]") -> str:
    command = [str(Path(sys.executable).with_name("uv")), *arguments, "--project", str(LOCK_FILE.parent)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise ReleaseError(f"uv could not {arguments[0]}: {done.stderr.strip()}")
    return done.stdout
