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
    for name, head, rest in _scripts(python.parent):
        program = programs / name
        # A link to the interpreter would be written through.
        if not program.is_symlink():
            program.write_bytes(head.replace(old, new) + rest.replace(old, new))
            program.chmod(0o755)
    return programs


@cache
def _scripts(folder: Path) -> tuple[tuple[str, bytes, bytes], ...]:
    """Return the name, the first line and the rest of each script in the ``bin`` folder of an environment."""
    found = []
    for program in folder.iterdir():
        if program.is_file() and not program.is_symlink() and program.stat().st_size < 1 << 16:
            content = program.read_bytes()
            if content.startswith(b"#!"):
                head, line_end, rest = content.partition(b"\n")
                found.append((program.name, head + line_end, rest))
    return tuple(found)


def _version_of(python: Path) -> str:
    name = packages_of(python).parent.name
    return name.removeprefix("python") if name.startswith("python3") else f"3.{sys.version_info[1]}"
