"""The processes of a step: their ranks, the variables that Azure gives each of them, and their share of the machine.

The variables are those of Azure's guide to distributed training; the names of the logs are those in the vendor's tests
of the SDK, which streams the first of them.
"""

import json
import os
import shutil
import socket
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from emulator.state.plans import Spread

HOST = "127.0.0.1"
LOGS = "user_logs"
# More would be a mistake on one machine.
MOST_PROCESSES = 64
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")


class NotHere(Exception):
    """A step asks for processes that cannot run on one machine; the message says why."""


@dataclass(frozen=True)
class Rank:
    """One process of a step, on the simulated node ``node``; ``serves`` if it runs until the others have ended.

    It runs ``command``, or the step's command if that is None.
    """

    log: str
    node: int
    variables: dict[str, str]
    serves: bool = False
    command: str | None = None


@dataclass(frozen=True)
class Share:
    """A rank's share of the machine: the command that limits a process to it, and the numbers of threads."""

    prefix: tuple[str, ...] = ()
    variables: dict[str, str] = field(default_factory=dict)


def ranks_of(spread: Spread | None) -> list[Rank]:
    """Return the processes of a step.

    Raises:
        NotHere: there are too many for one machine.
    """
    if spread is None or not spread["kind"]:
        return [Rank(f"{LOGS}/std_log.txt", 0, {})]
    instances, counts = int(spread["instances"]), {name: int(text) for name, text in spread["counts"].items()}
    workers, servers = counts.get("worker_count", instances), counts.get("parameter_server_count", 0)
    per_node = counts.get("process_count_per_instance", 1)
    total = workers + servers if spread["kind"] == "tensorflow" else instances * per_node
    if total > MOST_PROCESSES:
        raise NotHere(f"It asks for {total} processes, and this machine runs at most {MOST_PROCESSES} of a step.")
    if spread["kind"] == "tensorflow":
        return _tensorflow(instances, workers, servers)
    variables = {"pytorch": _pytorch, "mpi": _mpi}[spread["kind"]]
    port = free_ports(1)[0]
    return [
        Rank(
            f"{LOGS}/std_log_process_{rank:02d}.txt",
            rank // per_node,
            variables(rank, per_node, instances, port),
        )
        for rank in range(total)
    ]


def _pytorch(rank: int, per_node: int, nodes: int, port: int) -> dict[str, str]:
    return {
        "MASTER_ADDR": HOST,
        "MASTER_PORT": str(port),
        "WORLD_SIZE": str(per_node * nodes),
        "NODE_RANK": str(rank // per_node),
        "RANK": str(rank),
        "LOCAL_RANK": str(rank % per_node),
    }


def _mpi(rank: int, per_node: int, nodes: int, port: int) -> dict[str, str]:
    """Return what Open MPI sets, and the address of the first node, whose variable has another name on one node."""
    master = {"AZ_BATCH_MASTER_NODE": f"{HOST}:{port}"} if nodes > 1 else {}
    return {
        **master,
        "AZ_BATCHAI_MPI_MASTER_NODE": HOST,
        "OMPI_COMM_WORLD_RANK": str(rank),
        "OMPI_COMM_WORLD_SIZE": str(per_node * nodes),
        "OMPI_COMM_WORLD_LOCAL_RANK": str(rank % per_node),
        "OMPI_COMM_WORLD_LOCAL_SIZE": str(per_node),
        "OMPI_COMM_WORLD_NODE_RANK": str(rank % per_node),
        "OMPI_UNIVERSE_SIZE": str(per_node * nodes),
    }


def _tensorflow(nodes: int, workers: int, servers: int) -> list[Rank]:
    """Return the ranks of workers and parameter servers; a server waits for requests and never ends by itself."""
    addresses = [f"{HOST}:{port}" for port in free_ports(workers + servers)]
    cluster = {"worker": addresses[:workers], **({"ps": addresses[workers:]} if servers else {})}
    return [
        Rank(
            f"{LOGS}/std_log_node_{index:02d}_{kind}.txt",
            index % nodes,
            {
                "TF_CONFIG": json.dumps(
                    {"cluster": cluster, "task": {"type": kind, "index": index}, "environment": "cloud"}
                )
            },
            serves=kind == "ps",
        )
        for kind, count in (("worker", workers), ("ps", servers))
        for index in range(count)
    ]


def free_ports(count: int) -> list[int]:
    """Return different ports of this machine on which nothing listens."""
    with ExitStack() as stack:
        listeners = [stack.enter_context(socket.socket()) for _ in range(count)]
        for listener in listeners:
            listener.bind((HOST, 0))
        return [int(listener.getsockname()[1]) for listener in listeners]


def shares(count: int) -> list[Share]:
    """Return the shares of ``count`` processes in the cores and the memory of this machine; one process has it all."""
    if count == 1:
        return [Share()]
    cores, memory = _cores(), machine_memory() // count
    taskset, prlimit = shutil.which("taskset"), shutil.which("prlimit")
    found = []
    for rank in range(count):
        own = cores[rank * len(cores) // count : (rank + 1) * len(cores) // count] or cores[rank % len(cores) :][:1]
        on_cores = [taskset, "--cpu-list", ",".join(map(str, own))] if taskset and own else []
        in_memory = [prlimit, f"--data={memory}"] if prlimit else []
        found.append(Share((*on_cores, *in_memory), {name: str(len(own) or 1) for name in _THREADS}))
    return found


def machine_cores() -> int:
    """Return the number of cores that this process may use."""
    return len(_cores()) or os.cpu_count() or 1


def _cores() -> list[int]:
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


def machine_memory() -> int:
    """Return the memory of this machine, or of the control group that the process belongs to."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = Path("/sys/fs/cgroup/memory.max")
    text = limit.read_text(encoding="ascii").strip() if limit.is_file() else "max"
    return min(physical, int(text)) if text.isdigit() else physical
