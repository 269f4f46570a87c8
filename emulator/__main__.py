"""``python -m emulator serve``: open the embedded workspace to other programs on this machine."""

import argparse
import os
import shlex
import signal
import subprocess
import sys
import threading
from pathlib import Path

from emulator.client import DEFAULT_STATE, STATE_VARIABLE
from emulator.serve import MAX_BODY_BYTES, Server
from emulator.service import Workspace

_MEBIBYTE = 1024**2


def _arguments(given: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m emulator", description=__doc__)
    commands = parser.add_subparsers(required=True)
    serve = commands.add_parser("serve", help="answer as Azure ML on a loopback port", description=_HELP)
    state = os.environ.get(STATE_VARIABLE) or DEFAULT_STATE
    serve.add_argument("--state", type=Path, default=Path(state), help=f"folder of the workspace [{state}]")
    serve.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one [0]")
    serve.add_argument("--env-file", type=Path, help="write the variables here as well, readable by you alone")
    serve.add_argument("--allow-network", action="store_true", help="pass other hosts on instead of refusing them")
    serve.add_argument("--max-body-mib", type=int, default=MAX_BODY_BYTES // _MEBIBYTE, help="largest body taken [128]")
    serve.add_argument("command", nargs="*", help="run this with the variables set, then end with its exit status")
    return parser.parse_args(given)


_HELP = (
    "Prints the environment variables with which any program reaches the workspace, as lines for a shell, and serves"
    " until SIGINT or SIGTERM. With a command after --, runs that and ends with it."
)


def main(given: list[str] | None = None) -> int:
    """Serve until told to stop, or as long as a command runs; return the exit status."""
    asked = _arguments(sys.argv[1:] if given is None else given)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    workspace = Workspace(asked.state)
    with Server(workspace, asked.port, asked.allow_network, asked.max_body_mib * _MEBIBYTE) as server:
        variables = server.environment()
        lines = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())
        if asked.env_file:
            asked.env_file.touch(mode=0o600)
            asked.env_file.write_text(lines, encoding="utf-8")
        if asked.command:
            return _run(asked.command, variables, stop)
        print(lines, end="", flush=True)
        print(f"Workspace {workspace.state} on 127.0.0.1:{server.port}; stop with Ctrl-C.", file=sys.stderr, flush=True)
        stop.wait()
    return 0


def _run(command: list[str], variables: dict[str, str], stop: threading.Event) -> int:
    process = subprocess.Popen(command, env={**os.environ, **variables})
    while process.poll() is None:
        if stop.wait(0.1):
            process.terminate()
            process.wait()
    return process.returncode


if __name__ == "__main__":
    sys.exit(main())
