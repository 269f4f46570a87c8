"""Overlays: each step gets a small environment of its own that shows the packages of a shared one.

So packages that the command of a step installs stay in that step.
"""

import os
import sys
from functools import cache
from pathlib import Path

# The line of a .pth file that connects the Python of a step to the workspace.
_JOIN = (
    'import os, sys; _p = os.environ.get("AZUREML_EMULATOR_IN_STEP");'
    ' _p and (sys.path.insert(0, _p), __import__("azureml_in_step"), sys.path.remove(_p))'
)


def packages_of(python: Path) -> Path:
    """Return the site-packages folder of the environment whose interpreter is ``python``."""
    found = sorted((python.parent.parent / "lib").glob("python3*/site-packages"))
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    return next((each for each in found if each.parent.name == version), found[0] if found else python.parent)


def make_overlay(python: Path, place: Path) -> Path:
    """Make an environment in ``place`` that shows the packages of the environment of ``python``; return its ``bin``."""
    real, version, shown, scripts = _shown(python)
    packages, programs = place / "lib" / f"python{version}" / "site-packages", place / "bin"
    packages.mkdir(parents=True)
    programs.mkdir()
    _write(place / "pyvenv.cfg", f"home = {real.parent}\ninclude-system-site-packages = false\n".encode())
    for name in ("python", "python3", f"python{version}"):
        os.symlink(real, programs / name)
    lines = [_JOIN, f"import site; site.addsitedir({str(shown)!r})"]
    _write(packages / "azureml_in_step.pth", ("\n".join(lines) + "\n").encode())
    old, new = os.fsencode(python.parent / "python"), os.fsencode(programs / "python")
    for name, head, rest in scripts:
        program = programs / name
        # A script that is called as the interpreter is gives way to it.
        if not program.is_symlink():
            _write(program, head.replace(old, new) + rest.replace(old, new), 0o755)
    return programs


def _write(file: Path, content: bytes, mode: int = 0o644) -> None:
    """Write a new file in the fewest calls: a step waits for some dozens of them."""
    opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        os.write(opened, content)
    finally:
        os.close(opened)


@cache
def _shown(python: Path) -> tuple[Path, str, Path, tuple[tuple[str, bytes, bytes], ...]]:
    """Return what an overlay shows of an environment: its interpreter, the version, packages and scripts.

    A script is its name, its first line and the rest.
    """
    packages, scripts = packages_of(python), []
    version = packages.parent.name.removeprefix("python") if packages.parent.name.startswith("python3") else ""
    for program in python.parent.iterdir():
        if program.is_file() and not program.is_symlink() and program.stat().st_size < 1 << 16:
            content = program.read_bytes()
            if content.startswith(b"#!"):
                head, line_end, rest = content.partition(b"\n")
                scripts.append((program.name, head + line_end, rest))
    return python.resolve(), version or f"3.{sys.version_info[1]}", packages, tuple(scripts)
