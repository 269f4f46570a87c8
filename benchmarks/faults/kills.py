"""One kill at a random moment: a command is killed, runs once more, and leaves what it leaves without the kill."""

import os
import signal
import time
from pathlib import Path

from benchmarks.faults.runs import ended, start
from benchmarks.faults.trials import Baseline, Row, copied, finish


def kill_once(baseline: Baseline, moment: float, states: Path, work: Path) -> Row:
    """Kill a command after the share ``moment`` of the time that it takes, and run it again; return the result."""
    command = baseline.command
    here = copied(command, states, work)
    process = start(command.line(here), here)
    deadline = time.monotonic() + moment * baseline.seconds
    while time.monotonic() < deadline and not os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT):
        time.sleep(0.01)
    os.kill(process, signal.SIGKILL)
    first = ended(process, here)
    return finish(baseline, here, first, f"at {moment:.4f} of its time", "killed at a random moment")
