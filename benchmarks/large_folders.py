"""Measure folders of many files and of a large one, in and out of a workspace, beside the bare disk copying them."""

import os
import resource
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from benchmarks.full_workspace import ended
from emulator.service import Service
from emulator.wire.http import Request, Response

_MEGABYTE = 1_000_000


@dataclass
class Took:
    """What a call took, in seconds: by the clock, of processors, and of these inside of the workspace's service."""

    wall: float = 0.0
    processor: float = 0.0
    inside: float = 0.0


def took(call: Callable[[], Any]) -> Took:
    """Run ``call`` without its output; return what it took."""
    with _inside() as inside, redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        wall, processor = time.perf_counter(), _processor_seconds()
        call()
        return Took(time.perf_counter() - wall, _processor_seconds() - processor, sum(inside))


def _processor_seconds() -> float:
    """Return the seconds of this process and of the commands that it has run."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    commands = resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + commands.ru_utime + commands.ru_stime


@contextmanager
def _inside() -> Iterator[list[float]]:
    """Note the processor's seconds of each request that a service of this process handles."""
    seconds: list[float] = []
    handle, lock = Service.handle, threading.Lock()

    def noted(self: Service, request: Request) -> Response:
        started = time.thread_time()
        try:
            return handle(self, request)
        finally:
            with lock:
                seconds.append(time.thread_time() - started)

    Service.handle = noted  # type: ignore[method-assign]
    try:
        yield seconds
    finally:
        Service.handle = handle  # type: ignore[method-assign]


def of_folder(client: Any, place: Path, files: int, each: int) -> dict[str, Took]:
    """Return what it takes to register a folder of ``files`` files of ``each`` bytes, to fetch it, and to copy it."""
    from azure.ai.ml._artifacts._artifact_utilities import download_artifact_from_aml_uri
    from azure.ai.ml.entities import Data

    folder, back = _folder(place, files, each), place / f"back-{files}-{each}"
    back.mkdir()
    asset = Data(name=folder.name, version="1", type="uri_folder", path=str(folder))
    found = {"bring in": took(lambda: client.data.create_or_update(asset))}
    path = client.data.get(folder.name, version="1").path
    found["fetch"] = took(lambda: download_artifact_from_aml_uri(path, str(back), client.datastores))
    shutil.rmtree(back)
    found["bare copy"] = took(lambda: shutil.copytree(folder, back))
    shutil.rmtree(back)
    shutil.rmtree(folder)
    return found


def of_component(client: Any, place: Path, files: int) -> dict[str, Took]:
    """Return what it takes to register a component with ``files`` files of code, once and again, and to run it."""
    from azure.ai.ml import load_component
    from azure.ai.ml.dsl import pipeline

    folder = _folder(place, files, 1_000)
    (folder / "component.yml").write_text(
        f"type: command\nname: code_of_{files}\nversion: '1'\ncode: .\nenvironment: azureml:plain:1\n"
        f"command: test $(ls | wc -l) -gt {files}\n"
    )
    component = load_component(folder / "component.yml")
    found = {"register": took(lambda: client.components.create_or_update(component))}
    found["register again"] = took(lambda: client.components.create_or_update(component))
    registered = client.components.get(component.name, version="1")

    @pipeline(default_compute="cluster")
    def of_one_step() -> None:
        registered()

    found["run"] = took(lambda: ended(client, client.jobs.create_or_update(of_one_step()).name))
    shutil.rmtree(folder)
    return found


def _folder(place: Path, files: int, each: int) -> Path:
    """Return a new folder of ``files`` files of ``each`` bytes, none like another."""
    folder = place / f"of-{files}-{each}"
    folder.mkdir()
    block = os.urandom(min(each, _MEGABYTE))
    for number in range(files):
        with (folder / f"{number:06}").open("wb") as file:
            file.write(number.to_bytes(8, "big"))
            for _ in range(max(each // len(block), 1)):
                file.write(block)
    return folder


def of_output(state: Path, megabytes: int) -> tuple[float, float, float, float]:
    """Let a step write a file, and fetch it, from a served workspace; return the seconds of both, and two peaks in MB.

    The peaks of memory are those of the server and of the client.
    """
    variables = state.parent / f"served-{megabytes}.env"
    line = [sys.executable, "-m", "emulator", "serve", "--state", str(state), "--env-file", str(variables)]
    server = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert server.stdout
        server.stdout.readline()
        client = [sys.executable, "-m", "benchmarks.large_folders", str(megabytes), str(state.parent)]
        shell = ["sh", "-c", '. "$0"; exec "$@"', str(variables), *client]
        told = subprocess.run(shell, check=True, capture_output=True, text=True).stdout.split()[-3:]
        written, fetched, of_client = map(float, told)
        return written, fetched, peak_of(str(server.pid)), of_client
    finally:
        server.terminate()
        server.wait()


def _of_output_as_client(megabytes: int, place: Path) -> None:
    """Do what ``of_output`` says, as a client that knows the workspace by its environment variables alone."""
    from azure.ai.ml import MLClient, Output, command
    from azure.identity import DefaultAzureCredential

    from scripts.lib.workspace.outputs import download_outputs

    names = [os.environ[name] for name in ("AZURE_SUBSCRIPTION_ID", "AZURE_RESOURCE_GROUP", "AZURE_ML_WORKSPACE")]
    client = MLClient(DefaultAzureCredential(), *names, enable_telemetry=False)
    write = f"head -c {megabytes * _MEGABYTE} /dev/zero > ${{{{outputs.rows}}}}/{megabytes}.bin"
    job = command(command=write, environment="plain:1", compute="cluster", outputs={"rows": Output(type="uri_folder")})
    started = time.perf_counter()
    name = ended(client, client.jobs.create_or_update(job).name)
    written = time.perf_counter() - started
    [file] = download_outputs(client, name, ["rows"], place / f"output-{megabytes}")["rows"].rglob("*.bin")
    fetched = time.perf_counter() - started - written
    assert file.stat().st_size == megabytes * _MEGABYTE
    file.unlink()
    print(written, fetched, peak_of("self"))


def peak_of(process: str) -> float:
    """Return the most memory that a process has had, in MB; unlike getrusage, without that of whoever started it."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    _of_output_as_client(int(sys.argv[1]), Path(sys.argv[2]))
