"""Run the process of a step, and end it as actions/runner does when a workflow is cancelled or time is up."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

# ProcessInvoker.cs: SIGINT to the entry process alone, 7.5 s later SIGTERM, 2.5 s later the whole tree is killed.
SIGINT_SECONDS, SIGTERM_SECONDS = 7.5, 2.5
_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Ended:
    """How a step's process ended: ``stopped`` says why it was told to, ``seconds`` how long that took."""

    code: int
    output: str
    stopped: str = ""
    seconds: float = 0.0


def run_process(
    command: list[str],
    folder: Path,
    environment: dict[str, str],
    log: Path,
    stop: Callable[[str, float], str],
) -> Ended:
    """Run ``command``; ``stop`` is asked, with the output so far and the seconds, why it is to be stopped now."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            start_new_session=True,
        )  # fmt: skip
    begun, reason, told = time.monotonic(), "", 0.0
    while process.poll() is None:
        text = log.read_text(encoding="utf-8", errors="replace")
        if reason := stop(text, time.monotonic() - begun):
            told = time.monotonic()
            _end(process)
            break
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_POLL_SECONDS)
    seconds = time.monotonic() - told if reason else 0.0
    return Ended(process.wait(), log.read_text(encoding="utf-8", errors="replace"), reason, seconds)


def _end(process: subprocess.Popen[bytes]) -> None:
    for number, patience in ((signal.SIGINT, SIGINT_SECONDS), (signal.SIGTERM, SIGTERM_SECONDS)):
        process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
            return
    for one in [process.pid, *_descendants(process.pid)]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(one, signal.SIGKILL)


def kill_orphans(tracking_id: str) -> list[int]:
    """What a job left running, told by the variable that its processes inherit, is killed at its end."""
    killed = []
    for process in _processes():
        with contextlib.suppress(OSError):
            if f"RUNNER_TRACKING_ID={tracking_id}".encode() in (process / "environ").read_bytes().split(b"\0"):
                os.kill(int(process.name), signal.SIGKILL)
                killed.append(int(process.name))
    return killed


def _descendants(parent: int) -> list[int]:
    parents: dict[int, int] = {}
    for process in _processes():
        with contextlib.suppress(OSError):
            fields = (process / "stat").read_text().rpartition(")")[2].split()
            parents[int(process.name)] = int(fields[1])
    found = [child for child, of in parents.items() if of == parent]
    return [*found, *(deeper for child in found for deeper in _descendants(child))]


def _processes() -> Iterator[Path]:
    return (path for path in Path("/proc").iterdir() if path.name.isdigit())
