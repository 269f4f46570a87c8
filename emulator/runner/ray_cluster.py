"""The commands of a Ray cluster for one step: a head, a worker for each further node, and the step's own command.

As on Azure the step's command runs once, beside the head.
"""

from collections.abc import Mapping

from emulator.runner.ranks import HOST, Rank, free_ports, machine_cores, machine_memory

_LEAST_OBJECT_STORE = 80 * 1024**2
# Ray's own share of a node's memory for objects.
_OBJECT_STORE_SHARE = 0.3
# All processes of the group get SIGTERM, and SIGKILL when the first of them has ended: Ray itself drains for 30 s.
_RUN = """folder=$(mktemp -d)
trap 'rm -rf "$folder"; exit' TERM
{command} --temp-dir="$folder" & wait $!; status=$?
rm -rf "$folder"; exit $status"""
_JOIN = "until {command}; do sleep 1; done"
_WAIT = """python - <<'END'
import time, ray
until = time.monotonic() + 120
while True:
    try:
        ray.init(log_to_driver=False, logging_level="ERROR")
        if len([node for node in ray.nodes() if node["Alive"]]) == {nodes}:
            break
        ray.shutdown()
    except ConnectionError:
        pass
    if time.monotonic() > until:
        raise SystemExit("The Ray cluster did not start; see {log}.")
    time.sleep(0.5)
END
[ $? = 0 ] || exit 1
{command}"""


def ray_ranks(instances: int, settings: Mapping[str, str], command: str) -> list[Rank]:
    """Return the processes of a step on a Ray cluster of ``instances`` nodes, which has the ``settings`` of the job."""
    port = settings.get("port") or free_ports(1)[0]
    address = f"{HOST}:{port}"
    memory = max(_LEAST_OBJECT_STORE, int(machine_memory() // instances * _OBJECT_STORE_SHARE))
    limits = f"--num-cpus={max(1, machine_cores() // instances)} --object-store-memory={memory}"
    head = (
        f"ray start --head --block --node-ip-address={HOST} --port={port} {limits}"
        f" --include-dashboard={settings.get('include_dashboard', 'false').lower()}"
    )
    if dashboard := settings.get("dashboard_port"):
        head += f" --dashboard-port={dashboard}"
    worker = f"ray start --block --node-ip-address={HOST} --address={address} {limits}"
    commands = [
        _RUN.format(command=f"{head} {settings.get('head_node_additional_args', '')}"),
        *[_JOIN.format(command=f"{worker} {settings.get('worker_node_additional_args', '')}")] * (instances - 1),
    ]
    logs = [f"azureml-logs/ray/node_{node:02d}.txt" for node in range(instances)]
    nodes = [
        Rank(log, node, {}, serves=True, command=each)
        for node, (log, each) in enumerate(zip(logs, commands, strict=True))
    ]
    own = _WAIT.format(nodes=instances, log=logs[0], command=command)
    return [Rank("user_logs/std_log.txt", 0, {"RAY_ADDRESS": address}, command=own), *nodes]
