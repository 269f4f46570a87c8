"""Sweeps: jobs and steps with many trials, the best of them, their limits and their early ends."""

import json
import math

import pytest
from azure.ai.ml import load_job
from helpers import wait_until
from workbench import ENVIRONMENT

from emulator.jobs.sweeps import sweep_of
from emulator.runner.early_termination import to_stop
from emulator.runner.sampling import samples

LOG = """
import os, sys, time
import mlflow
for value in sys.argv[1].split(","):
    mlflow.log_metric("score", float(value))
    time.sleep(float(sys.argv[2]) if len(sys.argv) > 2 else 0)
"""
OBJECTIVE = {"goal": "maximize", "primary_metric": "score"}
BODY = {
    "jobType": "Sweep",
    "computeId": "cluster",
    "samplingAlgorithm": {"samplingAlgorithmType": "Grid"},
    "objective": {"goal": "Maximize", "primaryMetric": "score"},
    "searchSpace": {"a": ["choice", [[1, 2]]]},
    "trial": {"command": "sleep 30", "environmentId": "azureml:plain-env:1"},
}


@pytest.fixture
def code(bench):
    (bench.folder / "code").mkdir()
    (bench.folder / "code" / "log.py").write_text(LOG)
    return bench


def sweep(bench, command, space, **more):
    """Submit a sweep job and wait for its end."""
    content = {
        "type": "sweep",
        "experiment_name": "tests",
        "compute": "azureml:cluster",
        "sampling_algorithm": "grid",
        "objective": OBJECTIVE,
        "search_space": space,
        "limits": {"max_total_trials": 10},
        "trial": {"command": command, "code": "./code", "environment": ENVIRONMENT},
        **more,
    }
    job = bench.client.jobs.create_or_update(load_job(bench.write("sweep.yml", content)))
    return bench.finished(job.name)


def choice(*values):
    return {"type": "choice", "values": list(values)}


def trials(bench, job):
    """Return the trials of a sweep: the status of each by the values of its parameters."""
    return {
        tuple(json.loads(child.tags["hyperparameters"]).values()): child.status
        for child in bench.client.jobs.list(parent_job_name=job.name)
    }


def test_a_sweep_job_finds_the_best_trial(code, client):
    shown = "${{search_space.a}} ${{search_space.b}} ${{inputs.k}}"
    command = f"python log.py ${{{{search_space.a}}}}; echo {shown} > ${{{{outputs.o}}}}/x"
    outputs = {"o": {"type": "uri_folder"}}
    job = sweep(code, command, {"a": choice(1, 7, 3), "b": choice("x")}, inputs={"k": "key"}, outputs=outputs)
    assert job.status == "Completed"
    assert set(trials(code, job)) == {("1", "x"), ("7", "x"), ("3", "x")}
    best = client.jobs.get(job.properties["best_child_run_id"])
    assert json.loads(best.tags["hyperparameters"]) == {"a": "7", "b": "x"}
    assert float(job.properties["score"]) == 7
    assert (code.output(job, "o") / "x").read_text().split() == ["7", "x", "key"]
    assert job.type == "sweep"
    assert job.objective.primary_metric == "score"


def test_a_sweep_that_minimizes_takes_the_smallest_value_of_any_step(code, client):
    goal = {"goal": "minimize", "primary_metric": "score"}
    values = {"v": choice("5,1,5", "3,3")}
    job = sweep(code, "python log.py ${{search_space.v}}", values, objective=goal)
    best = client.jobs.get(job.properties["best_child_run_id"])
    assert json.loads(best.tags["hyperparameters"]) == {"v": "5,1,5"}


def test_a_step_of_a_pipeline_gives_the_outputs_of_its_best_trial(bench, client):
    (bench.folder / "code").mkdir()
    (bench.folder / "code" / "log.py").write_text(LOG)
    train = bench.component(
        "python log.py ${{inputs.a}}; (cat ${{inputs.d}}/rows.csv; echo ${{inputs.a}}) > ${{outputs.o}}/x",
        {"a": {"type": "number"}, "d": {"type": "uri_folder"}},
        {"o": "uri_folder"},
        code="./code",
    )
    use = bench.component("cat ${{inputs.d}}/x", {"d": {"type": "uri_folder"}})
    steps = {
        "tune": {
            "type": "sweep",
            "trial": train,
            "inputs": {"d": {"type": "uri_folder", "path": "azureml:rows:1"}},
            "outputs": {"o": {"type": "uri_folder"}},
            "sampling_algorithm": "random",
            "search_space": {"a": {"type": "uniform", "min_value": 1, "max_value": 2}},
            "objective": OBJECTIVE,
            "limits": {"max_total_trials": 3, "max_concurrent_trials": 2},
        },
        "use": {"component": use, "inputs": {"d": "${{parent.jobs.tune.outputs.o}}"}},
    }
    job = bench.run(steps)
    assert job.status == "Completed"
    children = bench.children(job)
    scored = bench.log(children["use"]).split()
    properties = bench.workspace.store.get(f"jobs/{children['tune'].name}")["properties"]
    assert scored[:2] == ["a,b", "1,2"]
    assert scored[2] == properties["score"]
    all_values = [float(values[0]) for values in trials(bench, children["tune"])]
    assert max(all_values) == float(properties["score"])
    assert len(all_values) == 3


@pytest.mark.parametrize(("limit", "status"), [("trialTimeout", "Failed"), ("timeout", "Canceled")])
def test_limits_end_trials_and_the_sweep(code, client, limit, status):
    """The SDK sends no limit of less than a minute."""
    body = {**BODY, "limits": {"maxTotalTrials": 2, limit: "PT1S"}}
    name = f"{limit}-of-1-s"
    assert code.request("PUT", f"/jobs/{name}?api-version=2024-01-01-preview", {"properties": body})[0] == 201
    job = code.finished(name)
    assert job.status == status
    assert set(trials(code, job).values()) == {"Canceled"}


def test_a_cancellation_reaches_the_trials(code, client):
    content = {
        "type": "sweep",
        "compute": "azureml:cluster",
        "sampling_algorithm": "grid",
        "objective": OBJECTIVE,
        "search_space": {"a": choice(1, 2)},
        "trial": {"command": "sleep 60", "environment": ENVIRONMENT},
        "limits": {"max_total_trials": 2, "max_concurrent_trials": 1},
    }
    job = client.jobs.create_or_update(load_job(code.write("sweep.yml", content)))
    wait_until(lambda: trials(code, job))
    client.jobs.begin_cancel(job.name).result()
    assert code.finished(job.name).status == "Canceled"
    assert trials(code, job) == {("1",): "Canceled"}


def test_a_policy_ends_bad_trials_early(code):
    good, bad = "5,6,7,8", "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1"
    policy = {"type": "bandit", "evaluation_interval": 1, "delay_evaluation": 1, "slack_factor": 0.2}
    job = sweep(code, "python log.py ${{search_space.v}} 1", {"v": choice(good, bad)}, early_termination=policy)
    assert job.status == "Completed"
    assert trials(code, job) == {(good,): "Completed", (bad,): "Canceled"}


@pytest.mark.parametrize(
    ("command", "why"),
    [("exit 3", "status code 3"), ("true", "No trial has logged the primary metric score")],
)
def test_a_sweep_without_a_best_trial_fails(code, command, why):
    job = sweep(code, command, {"a": choice(1, 2)})
    assert job.status == "Failed"
    assert why in code.workspace.store.get(f"jobs/{job.name}")["error"]["message"]


SERIES = {"a": [1, 5, 9], "b": [1, 4, 8], "c": [1, 1, 2], "d": [1, 1]}


@pytest.mark.parametrize(
    ("policy", "stopped"),
    [
        # At 2: 5 / 1.2 = 4.2; the trials with less than that are stopped. At 3: 9 / 1.2 = 7.5.
        ({"kind": "bandit", "slack_factor": 0.2}, ["b", "c", "d"]),
        ({"kind": "bandit", "slack_amount": 0.5}, ["b", "c", "d"]),
        ({"kind": "bandit", "slack_factor": 0.2, "delay_evaluation": 2}, ["c"]),
        ({"kind": "bandit", "slack_factor": 0.2, "evaluation_interval": 3}, ["c"]),
        # At 3: the running averages are 5, 4.3, 1.3 and 1.
        ({"kind": "median_stopping", "delay_evaluation": 2}, ["c"]),
        ({"kind": "truncation_selection", "truncation_percentage": 50, "delay_evaluation": 1}, ["c", "d"]),
    ],
)
def test_policies_stop_whom_the_documentation_says(policy, stopped):
    series = {name: [float(value) for value in values] for name, values in SERIES.items()}
    checked = dict.fromkeys(series, 1)
    assert to_stop(policy, "maximize", series, list(series), checked) == stopped
    mirrored = {name: [-value for value in values] for name, values in series.items()}
    if "slack_factor" not in policy:
        assert to_stop(policy, "minimize", mirrored, list(series), dict.fromkeys(series, 1)) == stopped
    assert to_stop(policy, "maximize", series, list(series), checked) == [], "each interval is checked once"


def test_a_bandit_that_minimizes_multiplies_the_best():
    series = {"a": [1.0], "b": [1.15], "c": [1.25]}
    assert to_stop({"kind": "bandit", "slack_factor": 0.2}, "minimize", series, ["a", "b", "c"], {}) == ["c"]


def drawn(kind, *values, count=400, **algorithm):
    requested = {
        "samplingAlgorithm": {"samplingAlgorithmType": "Random", "seed": 7, **algorithm},
        "objective": {"goal": "maximize", "primaryMetric": "score"},
        "searchSpace": {"p": [kind, list(values)]},
        "limits": {"maxTotalTrials": count},
    }
    return [float(sample["p"]) for sample in samples(sweep_of(requested, "job"))]


@pytest.mark.parametrize(
    ("kind", "values", "middle", "spread"),
    [
        ("uniform", (2, 4), 3, 0.58),
        ("normal", (5, 2), 5, 2),
        ("randint", (10,), 4.5, 2.87),
        ("quniform", (0, 100, 10), 50, 29),
        ("choice", ([1, 2, 3],), 2, 0.82),
    ],
)
def test_samples_are_distributed_as_named(kind, values, middle, spread):
    """Mean and standard deviation of the distribution, as mathematics has them."""
    found = drawn(kind, *values)
    mean = sum(found) / len(found)
    assert abs(mean - middle) < 4 * spread / math.sqrt(len(found))
    deviation = math.sqrt(sum((value - mean) ** 2 for value in found) / len(found))
    assert 0.8 * spread < deviation < 1.2 * spread
    assert drawn(kind, *values) == found, "a seed repeats its samples"


def test_the_logarithm_of_a_logarithmic_sample_is_distributed_as_named():
    assert all(-6 <= math.log(value) <= -1 for value in drawn("loguniform", -6, -1))
    assert all(-3 <= math.log10(value) <= 2.001 for value in drawn("loguniform", -3, 2, logbase=10))
    logs = [math.log(value) for value in drawn("lognormal", 1, 0.5)]
    assert abs(sum(logs) / len(logs) - 1) < 0.1
    assert all(value % 5 == 0 for value in drawn("qlognormal", 3, 1, 5))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"samplingAlgorithm": {"samplingAlgorithmType": "Bayesian"}}, "NotSupported"),
        ({"samplingAlgorithm": {"samplingAlgorithmType": "Random", "rule": "Sobol"}}, "NotSupported"),
        ({"searchSpace": {"a": ["choice", [[{"b": 1}]]]}}, "NotSupported"),
        ({"searchSpace": {"a": ["uniform", [1, 2]]}}, "UserError"),
        ({"searchSpace": {"a": ["strange", [1]]}}, "UserError"),
        ({"searchSpace": {}}, "UserError"),
        ({"objective": {"goal": "win"}}, "UserError"),
        ({"earlyTermination": {"policyType": "Other"}}, "UserError"),
    ],
)
def test_what_cannot_run_is_refused(bench, change, code):
    body = {**BODY, **change}
    status, response = bench.request("PUT", "/jobs/refused?api-version=2024-01-01-preview", {"properties": body})
    assert (status, response["error"]["code"]) == (400, code)
