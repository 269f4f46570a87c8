"""The release line under test: its commands on one embedded workspace, in this process or in one of their own."""

import contextlib
import importlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import time
from dataclasses import dataclass, replace
from pathlib import Path

from click.testing import CliRunner

from tests import warm
from tests.small_problem import problems_of

ROOT = Path(__file__).resolve().parents[2]
CLEVELAND = ROOT / ".." / "shared" / "data" / "uci-heart-disease" / "processed.cleveland.data"
ENDPOINT, SCORING = "heart-disease", "heart-disease-score"
AZURE_NAME = "heart-disease-8f45df"  # of the embedded workspace
CLOUD = ("AZURE_SUBSCRIPTION_ID", "AZURE_RESOURCE_GROUP", "AZURE_ML_WORKSPACE", "AZUREML_EMULATOR_FAULTS")
GITHUB = ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_ACTIONS")


@dataclass(frozen=True)
class Done:
    """How a command ended: exit code, the object it put on stdout, and the story it told on stderr."""

    code: int
    result: dict | None
    story: str


@dataclass(frozen=True)
class Line:
    """One embedded workspace below ``folder``, and the repository whose commands run on it."""

    folder: Path
    repository: Path = ROOT
    problem: str = ENDPOINT

    @property
    def state(self) -> Path:
        return self.folder / "state"

    def copy(self, folder: Path) -> "Line":
        """Return a line that goes on from here in another folder."""
        # Whoever made this state may close it meanwhile, which removes the log of its database.
        with contextlib.suppress(shutil.Error):
            shutil.copytree(self.folder, folder, dirs_exist_ok=True)
            return replace(self, folder=folder)
        shutil.rmtree(folder)
        shutil.copytree(self.folder, folder)
        return replace(self, folder=folder)

    def environment(self, **variables: str) -> dict[str, str | None]:
        own = {"AZUREML_LOCAL_STATE": str(self.state), "PROBLEM": self.problem}
        return {**dict.fromkeys((*CLOUD, *GITHUB)), **own, **variables}

    def run(self, command: str, *arguments: str, code: int = 0, **variables: str) -> Done:
        """Run a command in this process; it must end with ``code``, and a result is all there may be on stdout."""
        main = importlib.import_module(f"scripts.{command}").main
        with problems_of(self.repository):
            ended = CliRunner().invoke(main, arguments, env=self.environment(**variables))
        assert ended.exit_code == code, f"{command}: {ended.exit_code}\n{ended.stderr}\n{ended.exception!r}"
        return Done(ended.exit_code, json.loads(ended.stdout) if ended.stdout else None, ended.stderr)

    def start(self, command: str, *arguments: str, **variables: str) -> subprocess.Popen:
        """Start a command in a process of its own."""
        environment = {**os.environ, **self.environment(**variables)}
        return subprocess.Popen(
            [warm.python(), "-m", f"scripts.{command}", *arguments],
            cwd=self.repository,
            env={name: value for name, value in environment.items() if value is not None},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def process(self, command: str, *arguments: str, code: int = 0, **variables: str) -> Done:
        """Run a command in a process of its own; it must end with ``code``."""
        done = ended(self.start(command, *arguments, **variables))
        assert done.code == code, done.story
        return done

    def default(self) -> str:
        return self.run("show_status").result["default"]

    def deployments(self) -> set[str]:
        return {row["deployment"] for row in self.run("show_status").result["deployments"]}

    def history(self) -> list[dict]:
        return self.run("show_history").result["history"]

    def client(self):
        """Return the SDK's client of this workspace; it is reached from this process until the next command."""
        return self.connection().client

    def connection(self):
        from emulator.client import activate
        from scripts.lib.workspace import repetition
        from scripts.lib.workspace.connection import Connection, _import_sdk_quietly

        _import_sdk_quietly()
        repetition.install()
        from azure.ai.ml import MLClient

        embedded = activate(self.state)
        names = embedded.names
        client = MLClient(embedded.credential, names.subscription, names.group, names.workspace, enable_telemetry=False)
        return Connection(client, embedded.credential, "embedded")


def ended(process: subprocess.Popen, seconds: float = 300) -> Done:
    """Wait for a command's process, and return how it ended."""
    stdout, stderr = process.communicate(timeout=seconds)
    return Done(process.returncode, json.loads(stdout) if stdout else None, stderr)


def kill(process: subprocess.Popen) -> None:
    """Kill a command at once, as a machine that goes away does."""
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()


def until(seen, seconds: float = 60, process: subprocess.Popen | None = None):
    """Poll ``seen`` until it gives something, and return that."""
    deadline = time.monotonic() + seconds
    while not (found := seen()):
        if process and process.poll() is not None:
            raise AssertionError(f"it ended too early: {process.communicate()[1]}")
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
    return found


def read_until(process: subprocess.Popen, words: str) -> str:
    """Read a command's story up to a line with ``words``, and return that line."""
    told = []
    for line in process.stderr:
        told.append(line)
        if words in line:
            return line
    raise AssertionError(f"{words!r} was not told: {''.join(told)}")


def asset_of(line: Line) -> str:
    """Return the data asset of a released line, NAME:VERSION."""
    data = json.loads((line.folder / "out" / "ordinal" / "evidence.json").read_text())["data"]
    return f"{data['name']}:{data['version']}"


def slow_at(method: str, path: str) -> dict[str, str]:
    """Return the variable that makes the first such request hang."""
    rule = {"match": {"method": method, "path": path}, "answer": "delay", "seconds": 600, "times": 1}
    return {"AZUREML_EMULATOR_FAULTS": json.dumps([rule])}


def hangs(line: Line, variables: dict[str, str], monkeypatch) -> bool:
    """Tell whether the request has been made that shall hang."""
    from emulator.faults.rules import configured_faults
    from emulator.service import Workspace

    monkeypatch.setenv("AZUREML_EMULATOR_FAULTS", variables["AZUREML_EMULATOR_FAULTS"])
    (fault,) = configured_faults()
    monkeypatch.delenv("AZUREML_EMULATOR_FAULTS")
    return Workspace(line.state).store.get(f"faults/{fault.identity}") is not None


def killed_at(line: Line, method: str, path: str, monkeypatch, command: str, *arguments: str, later: int = 18) -> None:
    """Run a command until it makes such a request, and kill it then, before the request is carried out.

    Its locks are then so many seconds older: a lease lasts 20.
    """
    fault = slow_at(method, path)
    process = line.start(command, *arguments, **fault)
    until(lambda: hangs(line, fault, monkeypatch), process=process)
    kill(process)
    earlier = "UPDATE resource SET body = json_set(body, '$.until', json_extract(body, '$.until') - ?) WHERE id LIKE ?"
    with contextlib.closing(sqlite3.connect(line.state / "workspace.db")) as database, database:
        database.execute(earlier, (later, "leases/%"))
