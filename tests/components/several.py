"""Run a step's command in several processes, each with the variables that Azure ML gives it."""

import os
import socket
import subprocess
import sys
import time
from types import SimpleNamespace

from patients import DESCRIPTION, staged


def variables(rank, size, port):
    """Return what `distribution: {type: pytorch}` sets on one node."""
    named = {"RANK": rank, "LOCAL_RANK": rank, "NODE_RANK": 0, "WORLD_SIZE": size, "MASTER_PORT": port}
    return {"MASTER_ADDR": "127.0.0.1", **{name: str(value) for name, value in named.items()}}


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def start(name, arguments, size, folder, prefixes=None, program=None):
    """Start a component's program in ``size`` processes; ``prefixes`` has, by rank, the start of a command for it."""
    place, port = staged(name, folder / "code"), free_port()
    program = program or ("prepare.py" if name == "prepare" else "train.py")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MLFLOW")}
    running = []
    for rank in range(size):
        log = folder / f"{name}-{size}-{rank}.log"
        with log.open("w") as output:
            command = [*(prefixes or {}).get(rank, ()), sys.executable, program, *map(str, arguments)]
            own = {**environment, **(variables(rank, size, port) if size > 1 else {}), "OMP_NUM_THREADS": "1"}
            running.append(subprocess.Popen(command, cwd=place, env=own, stdout=output, stderr=subprocess.STDOUT))
        running[-1].log = log
    return running


def ended(running, seconds=120, grace=8):
    """Wait until all have ended; as Azure ML does, end the others some time after one has failed.

    Return their exit statuses and logs in the order of their ranks.
    """
    until = time.monotonic() + seconds
    try:
        while any(process.poll() is None for process in running):
            if any(process.poll() for process in running):
                until = min(until, time.monotonic() + grace)
                grace = seconds
            if time.monotonic() > until:
                break
            time.sleep(0.05)
    finally:
        for process in running:
            process.terminate()
            process.wait(10)
    statuses = [process.returncode for process in running]
    return SimpleNamespace(statuses=statuses, logs=[process.log.read_text() for process in running])


def prepare_arguments(data, out, encoding="onehot", description=DESCRIPTION):
    where = ["--prepared-data", out / "prepared", "--transformations-output", out / "transformations"]
    how = ["--description", description, "--categorical-encoding", encoding, "--eval-size", "0.3"]
    return ["--data", data, *how, *where]


def train_arguments(data, out, target="target"):
    return [
        *("--data", data / "prepared", "--target-column", target, "--eval-size", "0.3"),
        *("--model", out / "model", "--evaluation-results", out / "evaluation"),
    ]


def run(name, arguments, size, folder, **more):
    """Run a component's program in ``size`` processes, and require that all succeed."""
    done = ended(start(name, arguments, size, folder, **more))
    assert done.statuses == [0] * size, "\n".join(done.logs)
    return done
