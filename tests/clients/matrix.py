"""The clients of the matrix, an environment for each, and the run of its line against a served workspace."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from emulator.runner.package_index import uv_settings
from tests.notebook.runner import REPOSITORY, UNDECLARED
from tests.notebook.served import Served

CACHE = REPOSITORY / ".cache" / "clients"
HERE = Path(__file__).parent
_OLDEST, _NEWEST = 20, 35
_MLFLOW = ("2.22", "3.1", "3.4", "3.9", "3.15")
# Older versions import what newer ones of this package no longer have.
_SCHEMAS = {**dict.fromkeys(range(20, 23), "marshmallow<3.24"), **dict.fromkeys(range(23, 26), "marshmallow<4")}
_SECONDS = 300
_DEEDS = re.compile(r"(?m)^DEEDS = \((.*)\)$")


@dataclass(frozen=True)
class Client:
    """A client: its package, the version asked for, what is installed with it, and the program of its line."""

    package: str
    version: str
    others: tuple[str, ...]
    program: str

    @property
    def tag(self) -> str:
        """A name for its assets and its folders."""
        return f"{self.package}-{self.version}".replace(".", "-")

    @property
    def deeds(self) -> list[str]:
        """The deeds of its line."""
        found = _DEEDS.search((HERE / self.program).read_text())
        assert found, f"{self.program} has no DEEDS"
        return re.findall(r'"(\w+)"', found[1])


@dataclass(frozen=True)
class Row:
    """What became of a client's line: its installed version, and the error of each deed, empty where it was done."""

    package: str
    version: str
    errors: dict[str, str]


def clients() -> list[Client]:
    """Return all clients of the matrix."""
    sdks = [
        Client(
            "azure-ai-ml",
            f"1.{minor}",
            ("azure-identity", *UNDECLARED, _SCHEMAS.get(minor, "marshmallow")),
            "sdk_line.py",
        )
        for minor in range(_OLDEST, _NEWEST + 1)
    ]
    plugin = ("azureml-mlflow", "azure-identity")
    return sdks + [Client("mlflow-skinny", version, plugin, "mlflow_line.py") for version in _MLFLOW]


def install(client: Client) -> Path:
    """Make the environment of a client, once; return its Python.

    Raises:
        subprocess.CalledProcessError: it cannot be made.
    """
    folder = CACHE / client.tag
    python = folder / "bin" / "python"
    if not (folder / "made").exists():
        uv = str(Path(sys.executable).with_name("uv"))
        environment = {**os.environ, **uv_settings(Path(sys.executable))}
        wanted = [f"{client.package}=={client.version}.*", *client.others]
        for command in (
            ["venv", "--quiet", "--no-project", "--clear", "--python", sys.executable, str(folder)],
            ["pip", "install", "--quiet", "--python", str(python), *wanted],
        ):
            subprocess.run([uv, *command], check=True, env=environment)
        (folder / "made").touch()
    return python


def run(client: Client, python: Path, served: Served) -> Row:
    """Run the line of ``client`` with ``python`` against the served workspace."""
    folder = served.folder / client.tag
    folder.mkdir()
    report = folder / "report.jsonl"
    report.touch()
    # The report of a line that takes too long has the deeds that it has done.
    with suppress(subprocess.TimeoutExpired):
        served.run([str(python), str(HERE / client.program), client.tag, str(folder), str(report)], folder, _SECONDS)
    # What ended it before its first deed.
    first = short(last_line(served.output)) if not report.read_text() else "not reached"
    told = {line["deed"]: line["error"] for line in map(json.loads, report.read_text().splitlines())}
    return Row(
        client.package,
        version_of(client.package, python),
        {deed: told.get(deed, first) for deed in client.deeds},
    )


def last_line(text: str) -> str:
    """Return the last line of ``text`` that says something."""
    return next((line for line in reversed(text.splitlines()) if line.strip()), "no message")


def version_of(package: str, python: Path) -> str:
    """Return the version of ``package`` that ``python`` has."""
    ask = f"from importlib.metadata import version; print(version({package!r}))"
    return subprocess.run([python, "-c", ask], capture_output=True, text=True, check=True).stdout.strip()


def table(rows: Iterable[Row]) -> str:
    """Return a table for each package, and below it each different error."""
    parts: list[str] = []
    by_package: dict[str, list[Row]] = {}
    for row in rows:
        by_package.setdefault(row.package, []).append(row)
    for package, group in by_package.items():
        deeds = list(group[0].errors)
        parts += [f"| {package} | {' | '.join(deeds)} |", f"|{'---|' * (len(deeds) + 1)}"]
        parts += [
            f"| {row.version} | {' | '.join('no' if row.errors[deed] else 'yes' for deed in deeds)} |" for row in group
        ]
        parts += ["", *_errors(group), ""]
    return "\n".join(parts).strip("\n")


def _errors(rows: list[Row]) -> list[str]:
    seen: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        for deed, error in row.errors.items():
            if error:
                seen.setdefault((deed, short(error)), []).append(row.version)
    return [f"- {deed}: {error} ({', '.join(versions)})" for (deed, error), versions in seen.items()]


def short(error: str) -> str:
    """Return the first line of an error, without the names that a line gives to things."""
    line = re.sub(r"https://\S+", "…", error.strip().splitlines()[0])
    return line if len(line) <= 140 else f"{line[:139]}…"
