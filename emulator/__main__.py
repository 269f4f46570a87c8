"""``python -m emulator``: open the embedded workspace to other programs, wait for its jobs, or empty it."""

import argparse
import os
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from emulator.client import DEFAULT_STATE, STATE_VARIABLE
from emulator.jobs.waiting import wait_for_runners
from emulator.runner.interpreters import STRICT_VARIABLE
from emulator.server.server import MAX_BODY_BYTES, Server
from emulator.service import Service
from emulator.state.workspace import Workspace
from emulator.wire.errors import Unusable

# The command of an installed emulator.
COMMAND = "azureml-emulator"
_MEBIBYTE = 1024**2


def _parse(given: list[str]) -> argparse.Namespace:
    installed = Path(sys.argv[0]).name == COMMAND
    parser = argparse.ArgumentParser(COMMAND if installed else "python -m emulator", description=__doc__)
    commands = parser.add_subparsers(required=True)
    state = os.environ.get(STATE_VARIABLE) or DEFAULT_STATE
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--state", type=Path, default=Path(state), help=f"folder of the workspace [{state}]")
    reset = commands.add_parser(
        "reset", help="delete everything in the workspace", description=_RESET, parents=[shared]
    )
    reset.set_defaults(do=_reset)
    wait = commands.add_parser("wait", help="wait until no job runs", description=_WAIT, parents=[shared])
    wait.set_defaults(do=_wait)
    wait.add_argument("--seconds", type=_between(0, 86400), default=30, help="how long to wait at most [30]")
    serve = commands.add_parser(
        "serve", help="open the workspace on a loopback port", description=_SERVE, parents=[shared]
    )
    serve.set_defaults(do=_serve)
    serve.add_argument("--port", type=_between(0, 65535), default=0, help="port on 127.0.0.1; 0 takes a free one [0]")
    serve.add_argument("--env-file", type=Path, help="also write the variables to this file, which only you can read")
    serve.add_argument(
        "--allow-network", action="store_true", help="forward connections to other hosts instead of refusing them"
    )
    serve.add_argument(
        "--max-body-mib",
        type=_between(1, 1 << 20),
        default=MAX_BODY_BYTES // _MEBIBYTE,
        help="largest request body in MiB [128]",
    )
    serve.add_argument(
        "--strict-environments",
        action="store_true",
        help=f"fail steps whose environment cannot be made here; as {STRICT_VARIABLE}=1",
    )
    serve.add_argument("command", nargs="*", help="run this with the variables set, then end with its exit status")
    return parser.parse_args(given)


def _between(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
            raise argparse.ArgumentTypeError(f"{text!r} is not a number from {least} to {most}")
        return int(text)

    return read


_RESET = (
    "Deletes every resource, job and file of the workspace at once. A running job loses its files; other files stay."
)
_WAIT = (
    "Waits until the jobs have ended and have removed what they no longer need: then the folder can be copied. Ends"
    " with 1 when the time is up before."
)
_SERVE = (
    "Prints the environment variables with which any program reaches the workspace, as lines for a shell, and serves"
    " until SIGINT or SIGTERM. With a command after --, runs it and ends with its exit status."
)


def main(given: list[str] | None = None) -> int:
    """Run the command in the arguments ``given`` (default: those of the process); return its exit status.

    The status is 2 if the workspace or the port cannot be used.
    """
    arguments = _parse(sys.argv[1:] if given is None else given)
    try:
        return int(arguments.do(arguments))
    except Unusable as error:
        print(f"Error: {error}", file=sys.stderr)
    except OSError as error:
        what = error.filename or f"port {arguments.port} of 127.0.0.1"
        print(f"Error: {what} cannot be used ({error.strerror}); name another.", file=sys.stderr)
    return 2


def _reset(arguments: argparse.Namespace) -> int:
    Workspace(arguments.state).reset()
    return 0


def _wait(arguments: argparse.Namespace) -> int:
    if not arguments.state.exists():
        return 0
    living = wait_for_runners(Workspace(arguments.state), arguments.seconds)
    if living:
        print(f"Error: still running after {arguments.seconds} s: {', '.join(living)}.", file=sys.stderr)
    return 1 if living else 0


def _serve(arguments: argparse.Namespace) -> int:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    if arguments.strict_environments:
        os.environ[STRICT_VARIABLE] = "1"
    workspace = Workspace(arguments.state)
    with Server(
        Service(workspace), arguments.port, arguments.allow_network, arguments.max_body_mib * _MEBIBYTE
    ) as server:
        variables = server.environment()
        lines = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())
        if arguments.env_file:
            _write_secret(arguments.env_file, lines)
        if arguments.command:
            return _run(arguments.command, variables, stop)
        print(lines, end="", flush=True)
        print(f"Workspace {workspace.state} on 127.0.0.1:{server.port}; stop with Ctrl-C.", file=sys.stderr, flush=True)
        stop.wait()
    return 0


def _write_secret(place: Path, text: str) -> None:
    """Write a file that only its owner may read, even if it exists with other permissions."""
    with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)
        file.truncate(0)
        file.write(text)


def _run(command: list[str], variables: dict[str, str], stop: threading.Event) -> int:
    process = subprocess.Popen(command, env={**os.environ, **variables})
    while process.poll() is None:
        if stop.wait(0.1):
            process.terminate()
            process.wait()
    return process.returncode


if __name__ == "__main__":
    sys.exit(main())
