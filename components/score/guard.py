"""Run what a broken model file can crash in a process of its own, so that it ends in a sentence and not in a signal.

XGBoost checks little of what it loads: of files with a few bytes changed about one in seven ends the process by a
segmentation fault, and one in thirty never ends or asks for all memory.
"""

import json
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable

from reasons import ScoreRefused

MEMORY_BYTES = 4 << 30
CPU_SECONDS = 120
CPU_SECONDS_PER_GB = 600


def run(work: Callable[[], None], input_bytes: int) -> None:
    """Run ``work`` in a child process with bounded memory and time; refuse the model when it ends by a signal.

    Raises:
        ScoreRefused: as ``work`` raised it, or as the end of the process says.
    """
    # Whoever started this step may have chosen not to wait for its own children.
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    receiving, sending = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if not child:
        os.close(receiving)
        os._exit(_work(work, input_bytes, sending))
    os.close(sending)
    with os.fdopen(receiving, encoding="utf-8") as file:
        refusal = file.read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if refusal:
        raise ScoreRefused(**json.loads(refusal))
    if status < 0:
        name = signal.Signals(-status).name
        raise ScoreRefused(
            "model-not-loadable", f"XGBoost ended with {name} while it read or applied the model: its file is broken."
        )
    if status:
        sys.exit(status)


def _work(work: Callable[[], None], input_bytes: int, sending: int) -> int:
    """Run ``work`` and return the exit status; write a refusal to ``sending``."""
    try:
        _limit(resource.RLIMIT_CORE, 0)
        _limit(resource.RLIMIT_DATA, MEMORY_BYTES + 2 * input_bytes)
        _limit(resource.RLIMIT_CPU, CPU_SECONDS + CPU_SECONDS_PER_GB * input_bytes // 10**9)
        work()
    except ScoreRefused as refusal:
        told = {"reason": refusal.reason, "message": str(refusal)}
        with os.fdopen(sending, "w", encoding="utf-8") as file:
            json.dump(told, file)
    except BaseException:
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


def _limit(what: int, wanted: int) -> None:
    _, hard = resource.getrlimit(what)
    resource.setrlimit(what, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))
