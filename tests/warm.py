"""Start the project's commands in forks of a process that has imported the packages, as their import takes longest.

Each command is a process of its own, with its own code, folder, variables, standard streams and signals; only packages
that are installed, and no module of the project, are there before it begins. ``TESTS_COLD=1`` starts them anew.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import inspect
import io
import json
import os
import random
import runpy
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from pathlib import Path
from typing import Any

COLD = "TESTS_COLD"
PACKAGES = (
    "azure.ai.ml", "azure.ai.ml.entities", "azure.identity", "azure.storage.blob", "click", "fastparquet", "jsonschema",
    "great_expectations", "jinja2", "numpy", "pandas", "requests", "rfc8785", "rich.live", "scipy.optimize",
    "scipy.stats", "sklearn.metrics", "trustme", "vl_convert", "yaml",
)  # fmt: skip
# The command that starts others by Python: these are warm, too.
STARTS_OTHERS = "scripts.repeat_command"
# What a step calls python: it hands a command of ours over, and takes part in its signals and its end.
LAUNCHER = """#!{python} -IS
import json, os, signal, socket, struct, sys
arguments = sys.argv[1:]
if arguments[:1] != ["-m"] or not arguments[1].startswith("scripts."):
    os.execv({python!r}, [{python!r}, *arguments])
server = socket.socket(socket.AF_UNIX)
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, lambda number, frame: server.sendall(bytes([number])))
server.connect({address!r})
request = json.dumps([arguments[1:], os.getcwd(), dict(os.environ), os.path.abspath(sys.argv[0])]).encode()
socket.send_fds(server, [struct.pack("!Q", len(request))], [0, 1, 2])
server.sendall(request)
answer = server.recv(4)
code = struct.unpack("!i", answer)[0] if len(answer) == 4 else 1
if code < 0:
    if -code != signal.SIGKILL:
        signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
sys.exit(code)
"""
_started: list[Path] = []


def python() -> str:
    """Return what starts the project's commands warm, for this process; Python itself where that is not wanted."""
    if os.environ.get(COLD):
        return sys.executable
    folder = Path(_address()).parent
    if not (folder / "python").exists():
        launcher(folder)
    return str(folder / "python")


def launcher(folder: Path) -> None:
    """Write ``folder/python``, which runs the project's commands warm."""
    text = LAUNCHER.format(python=sys.executable, address=_address())
    (folder / "python").write_text(text, encoding="utf-8")
    (folder / "python").chmod(0o755)


def _address() -> str:
    """Start the server of this process, once; return where it listens."""
    if not _started:
        folder = Path(tempfile.mkdtemp(prefix="warm-"))
        address = folder / "socket"
        environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        environment["GX_ANALYTICS_ENABLED"] = "false"
        process = subprocess.Popen(
            [sys.executable, __file__, str(address)], env=environment, stdin=subprocess.DEVNULL, cwd=folder
        )
        atexit.register(process.kill)
        while not address.exists():
            if process.poll() is not None:
                raise ChildProcessError("the process that commands are forked from did not start")
            time.sleep(0.05)
        _started.append(address)
    return str(_started[0])


def serve(address: str) -> None:
    """Import the packages, then fork a command for each request, pass its signals on and its end back."""
    sys.path.pop(0)
    gc.disable()
    sys.modules["azureml.mlflow"] = None  # type: ignore[assignment]  # as the project's connection does
    for package in PACKAGES:
        importlib.import_module(package)
    # The SDK asks for the whole stack at each experimental call; the files of all modules are then known.
    inspect.stack()
    # A fork would copy every page of memory that its first collection marks.
    gc.collect()
    gc.freeze()
    gc.enable()
    wake, woken = os.pipe()
    os.set_blocking(woken, False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    signal.set_wakeup_fd(woken)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(f"{address}.new")
    listener.listen(64)
    os.rename(f"{address}.new", address)
    commands: dict[socket.socket, int] = {}
    while True:
        ready, _, _ = select.select([listener, wake, *commands], [], [])
        for one in ready:
            if one is listener:
                _begin(listener, commands)
            elif one is wake:
                os.read(wake, 1 << 10)
                _ended(commands)
            elif one in commands:
                _hear(one, commands)


def _begin(listener: socket.socket, commands: dict[socket.socket, int]) -> None:
    connection, _ = listener.accept()
    head, streams, _, _ = socket.recv_fds(connection, 8, 3)
    (size,) = struct.unpack("!Q", head)
    request = b""
    while len(request) < size:
        request += connection.recv(size - len(request))
    child = os.fork()
    if not child:
        for other in (listener, connection, *commands):
            other.close()
        _become(*json.loads(request), streams)
    for stream in streams:
        os.close(stream)
    commands[connection] = child


def _ended(commands: dict[socket.socket, int]) -> None:
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            for connection in [one for one, child in commands.items() if child == ended[0]]:
                with contextlib.suppress(OSError):
                    connection.sendall(struct.pack("!i", os.waitstatus_to_exitcode(ended[1])))
                connection.close()
                del commands[connection]


def _hear(connection: socket.socket, commands: dict[socket.socket, int]) -> None:
    """Pass a signal on; what was killed takes its command along."""
    with contextlib.suppress(ProcessLookupError):
        if heard := connection.recv(1):
            os.kill(commands[connection], heard[0])
            return
        os.killpg(commands[connection], signal.SIGKILL)
    connection.close()
    del commands[connection]


def _become(words: list[str], folder: str, environment: dict[str, str], launcher: str, streams: list[int]) -> None:
    """Run a command in this process, which is a fork, and end it."""
    code: object = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        sys.stdin, sys.stdout = _stream(0, "r"), _stream(1, "w")
        sys.stderr = _stream(2, "w", errors="backslashreplace", line_buffering=True)
        sys.__stdout__, sys.__stderr__ = sys.stdout, sys.stderr
        sys.argv = words
        if words[0] == STARTS_OTHERS:
            sys.executable = launcher
        sys.path.insert(0, folder)
        tempfile.tempdir = None
        random.seed()
        runpy.run_module(words[0], run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as ended:
        code = 0 if ended.code is None else ended.code
    except BaseException:
        traceback.print_exc()
    with contextlib.suppress(BaseException):
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        sys.stdout.flush()
    os._exit(code if isinstance(code, int) else 1)


def _stream(number: int, mode: str, **more: Any) -> io.TextIOWrapper:
    raw = io.FileIO(number, mode, closefd=False)
    return io.TextIOWrapper(io.BufferedReader(raw) if mode == "r" else io.BufferedWriter(raw), encoding="utf-8", **more)


if __name__ == "__main__":
    serve(sys.argv[1])
