"""A throw-away environment of packages that only a comparison needs."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from emulator.runner.package_index import uv_settings


def install(folder: Path, packages: Sequence[str]) -> tuple[Path, list[str]]:
    """Make an environment below ``folder``; return its Python, and those of ``packages`` that it holds.

    What cannot be installed is left out, and named on stderr.
    """
    uv, python = str(Path(sys.executable).with_name("uv")), folder / "venv" / "bin" / "python"
    environment = {**os.environ, **uv_settings(Path(sys.executable))}
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(folder / "venv")], check=True)
    there = []
    for package in packages:
        result = subprocess.run([uv, "pip", "install", "--quiet", "--python", str(python), package], env=environment)
        if result.returncode == 0:
            there.append(package)
        else:
            click.echo(f"{package}: left out, it cannot be installed here", err=True)
    return python, there
