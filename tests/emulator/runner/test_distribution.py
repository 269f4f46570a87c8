"""Steps of many processes: their variables, logs and shares, and the end of all when one fails or the job must stop."""

import json
import os
import subprocess

import pytest
from azure.ai.ml.entities import Environment
from azure.ai.ml.operations._job_ops_helper import _get_sorted_filtered_logs
from helpers import is_running, wait_until
from workbench import IMAGE

PYTORCH = {"type": "pytorch", "process_count_per_instance": 2}
RAY = """
import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy as On

ray.init()
nodes = [node["NodeID"] for node in ray.nodes()]
where = ray.remote(lambda: ray.get_runtime_context().get_node_id())
worked = ray.get([where.options(scheduling_strategy=On(node, soft=False)).remote() for node in nodes])
print(f"{len(nodes)} nodes, {len(set(worked))} of them worked")
"""
SHOW = "python -c 'import json, os; print(json.dumps(dict(os.environ)))'"


def variables(bench, job, logs):
    """Return what each process of a step printed, by the name of its log."""
    folder = bench.workspace.blobs.path("azureml", f"ExperimentRun/dcid.{job.name}/user_logs")
    assert sorted(path.name for path in folder.iterdir()) == sorted(logs)
    return [json.loads((folder / log).read_text()) for log in logs]


def run_one(bench, command, component=None, **step):
    """Run a pipeline of one step; ``component`` has more fields of its component. Return the job and its step."""
    job = bench.run({"one": {"component": bench.component(command, **(component or {})), **step}})
    return job, bench.children(job)["one"]


def test_pytorch_gives_each_process_the_documented_variables(bench):
    job, step = run_one(bench, SHOW, distribution=PYTORCH, resources={"instance_count": 2})
    assert job.status == "Completed"
    seen = variables(bench, step, [f"std_log_process_{rank:02d}.txt" for rank in range(4)])
    wanted = [("0", "0", "0"), ("1", "0", "1"), ("2", "1", "0"), ("3", "1", "1")]
    assert [(each["RANK"], each["NODE_RANK"], each["LOCAL_RANK"]) for each in seen] == wanted
    assert {each["WORLD_SIZE"] for each in seen} == {"4"}
    assert len({(each["MASTER_ADDR"], each["MASTER_PORT"]) for each in seen}) == 1


def test_a_job_counts_before_its_component(bench):
    """The component has two nodes of two processes; its step has three processes on one."""
    component = {"distribution": PYTORCH, "resources": {"instance_count": 2}}
    _, step = run_one(bench, SHOW + " # four", component)
    assert len(variables(bench, step, [f"std_log_process_{rank:02d}.txt" for rank in range(4)])) == 4
    more = {"distribution": {"type": "mpi", "process_count_per_instance": 3}, "resources": {"instance_count": 1}}
    _, step = run_one(bench, SHOW + " # three", component, **more)
    seen = variables(bench, step, [f"std_log_process_{rank:02d}.txt" for rank in range(3)])
    assert [each["OMPI_COMM_WORLD_RANK"] for each in seen] == ["0", "1", "2"]
    assert all("AZ_BATCH_MASTER_NODE" not in each and each["AZ_BATCHAI_MPI_MASTER_NODE"] for each in seen)


def test_mpi_on_two_nodes_of_a_command_job(bench):
    more = {"distribution": {"type": "mpi"}, "resources": {"instance_count": 2}}
    seen = variables(bench, bench.command(SHOW, **more), ["std_log_process_00.txt", "std_log_process_01.txt"])
    assert [(each["OMPI_COMM_WORLD_LOCAL_RANK"], each["OMPI_COMM_WORLD_SIZE"]) for each in seen] == [("0", "2")] * 2
    assert all(":" in each["AZ_BATCH_MASTER_NODE"] for each in seen)


def test_tensorflow_ends_its_parameter_servers_with_its_workers(bench):
    wait = f'{SHOW}; case $TF_CONFIG in *\'"type": "ps"\'*) sleep 300;; *) sleep 2;; esac'
    more = {"distribution": {"type": "tensorflow", "worker_count": 2, "parameter_server_count": 1}}
    job = bench.command(wait, **more, resources={"instance_count": 2})
    assert job.status == "Completed"
    names = ["std_log_node_00_worker.txt", "std_log_node_01_worker.txt", "std_log_node_00_ps.txt"]
    configs = [json.loads(each["TF_CONFIG"]) for each in variables(bench, job, names)]
    assert [each["task"] for each in configs] == [
        {"type": "worker", "index": 0},
        {"type": "worker", "index": 1},
        {"type": "ps", "index": 0},
    ]
    assert len({json.dumps(each["cluster"]) for each in configs}) == 1
    assert {kind: len(addresses) for kind, addresses in configs[0]["cluster"].items()} == {"worker": 2, "ps": 1}


def test_the_sdk_finds_the_log_of_the_first_process(bench, client):
    """The SDK chooses what it streams by the names of the logs."""
    job = bench.command("echo I am rank $RANK", distribution=PYTORCH)
    logs = client.jobs._runs_operations.get_run_details(job.name).log_files
    assert _get_sorted_filtered_logs(logs, "Command") == ["user_logs/std_log_process_00.txt"]
    assert len(_get_sorted_filtered_logs(logs, "Command", {}, only_streamable=False)) == 2


def test_a_process_that_fails_ends_the_others_and_is_named(bench):
    mark = bench.folder / "mark"
    command = f"if [ $RANK = 1 ]; then sleep 0.3; echo no luck; exit 7; fi; echo $$ > {mark}; sleep 300"
    job = bench.command(command, distribution=PYTORCH)
    assert job.status == "Failed"
    message = bench.workspace.store.get(f"jobs/{job.name}")["error"]["message"]
    assert "status code 7" in message
    assert "user_logs/std_log_process_01.txt" in message
    assert "no luck" in message
    assert not is_running(int(mark.read_text()))


@pytest.mark.parametrize("end", ["cancel", "timeout"])
def test_a_stop_reaches_all_processes(bench, client, end):
    marks = bench.folder / "marks"
    marks.mkdir()
    step = {"component": bench.component(f"sleep 300 & echo $! > {marks}/$RANK; wait"), "distribution": PYTORCH}
    if end == "timeout":
        step["limits"] = {"timeout": 2}
    job = bench.submit({"long": step})
    wait_until(lambda: len([path for path in marks.iterdir() if path.read_text().strip()]) == 2)
    processes = [int(path.read_text()) for path in marks.iterdir()]
    if end == "cancel":
        client.jobs.begin_cancel(job.name).result()
    assert bench.finished(job.name).status == ("Canceled" if end == "cancel" else "Failed")
    wait_until(lambda: not any(is_running(process) for process in processes))


def test_the_machine_is_divided(bench):
    """The kernel says which cores and how much memory each process may use."""
    command = "grep Cpus_allowed_list /proc/self/status; ulimit -d; echo $OMP_NUM_THREADS"
    job = bench.command(command, distribution=PYTORCH)
    logs = [bench.log(job, f"user_logs/std_log_process_{rank:02d}.txt").split() for rank in range(2)]
    cores = [line[1] for line in logs]
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1024
    assert all(0 < int(line[2]) <= physical // 2 for line in logs)
    if len(os.sched_getaffinity(0)) == 2:
        assert cores[0] != cores[1]
        assert [line[3] for line in logs] == ["1", "1"]


def test_nodes_have_folders_of_their_own_and_share_the_outputs(bench):
    step = {
        "component": bench.component(
            "touch here_$RANK; sleep 0.5; ls -d here* > ${{outputs.out}}/$RANK", outputs={"out": "uri_folder"}
        ),
        "distribution": PYTORCH,
        "resources": {"instance_count": 2},
    }
    job = bench.run({"one": step})
    out = bench.output(bench.children(job)["one"], "out")
    assert {path.name: path.read_text().split() for path in out.iterdir()} == {
        "0": ["here_0", "here_1"],
        "1": ["here_0", "here_1"],
        "2": ["here_2", "here_3"],
        "3": ["here_2", "here_3"],
    }


def test_a_number_may_come_from_an_input(bench):
    step = {
        "component": bench.component("true"),
        "distribution": PYTORCH,
        "resources": {"instance_count": "${{parent.inputs.nodes}}"},
    }
    for nodes, status in ((2, "Completed"), (0, "Failed")):
        job = bench.run({"one": step}, inputs={"nodes": nodes})
        assert job.status == status
    assert "must be a number of at least 1" in bench.workspace.store.get(f"jobs/{job.name}")["error"]["message"]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"distribution": {"distributionType": "Ray", "address": "10.0.0.4:6379"}}, "NotSupported"),
        ({"distribution": {"distributionType": "Horovod"}}, "UserError"),
        ({"distribution": {"distributionType": "PyTorch", "processCountPerInstance": 0}}, "UserError"),
        ({"resources": {"instanceCount": "many"}}, "UserError"),
    ],
)
def test_what_cannot_run_is_refused(bench, more, code):
    body = {"jobType": "Command", "command": "true", "environmentId": "azureml:plain-env:1", "computeId": "cluster"}
    status, response = bench.request("PUT", "/jobs/refused?api-version=2024-01-01-preview", {"properties": body | more})
    assert (status, response["error"]["code"]) == (400, code)


def test_too_many_processes_are_refused(bench):
    job = bench.command("true", distribution={"type": "pytorch", "process_count_per_instance": 100})
    assert job.status == "Failed"
    assert "100 processes" in bench.workspace.store.get(f"jobs/{job.name}")["error"]["message"]


def test_a_program_of_mpi_itself_is_refused(bench):
    """A step whose Python has mpi4py: each of its processes would see itself alone."""
    package = bench.folder / "site" / "mpi4py"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    more = {"distribution": {"type": "mpi", "process_count_per_instance": 2}}
    for variables, status in (({}, "Completed"), ({"PYTHONPATH": str(package.parent)}, "Failed")):
        job = bench.command("true", **more, environment_variables=variables)
        assert job.status == status
    assert "mpi4py" in bench.workspace.store.get(f"jobs/{job.name}")["error"]["message"]


@pytest.mark.slow
def test_a_ray_cluster_is_started_for_a_step_and_ends_with_it(bench):
    """Ray itself counts the nodes, and runs a task on each."""
    (bench.folder / "code").mkdir()
    (bench.folder / "code" / "count.py").write_text(RAY)
    environment = Environment(
        name="with-ray", version="1", image=IMAGE, conda_file={"dependencies": [{"pip": ["ray"]}]}
    )
    bench.client.environments.create_or_update(environment)
    more = {"distribution": {"type": "ray"}, "resources": {"instance_count": 2}, "code": "./code"}
    job = bench.command("python count.py", **more, environment="azureml:with-ray:1")
    assert job.status == "Completed"
    assert "2 nodes, 2 of them worked" in bench.log(job)
    assert not subprocess.run(["pgrep", "-f", "with-ray|/raylet "], capture_output=True, check=False).stdout


def test_a_step_for_ray_without_ray_fails_by_name(bench):
    job = bench.command("true", distribution={"type": "ray"})
    assert job.status == "Failed"
    assert "ray" in bench.workspace.store.get(f"jobs/{job.name}")["error"]["message"]
