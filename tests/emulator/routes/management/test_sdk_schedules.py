"""Schedules through the SDK: created, listed, disabled, deleted, and their jobs started when they are due."""

import time
from datetime import datetime, timedelta, timezone

import pytest
from azure.ai.ml.entities._load_functions import load_schedule
from azure.core.exceptions import HttpResponseError
from helpers import wait_until

from emulator.client import activate
from emulator.server.server import Server
from emulator.state import keys

HOURLY = {"type": "recurrence", "frequency": "hour", "interval": 1}
SOON = {"type": "cron", "expression": "* * * * *"}


def schedule(bench, name, trigger, job=None, **more):
    """Create a schedule of ``job``, by default a pipeline with one step and an input."""
    ports = {"when": {"type": "string"}, "who": {"type": "string"}}
    component = bench.component("echo ${{inputs.when}} ${{inputs.who}}", ports)
    bound = {name: f"${{{{parent.inputs.{name}}}}}" for name in ports}
    pipeline = {
        "type": "pipeline",
        "compute": "azureml:cluster",
        "inputs": {"when": "${{creation_context.trigger_time}}", "who": "${{name}}"},
        "jobs": {"one": {"type": "command", "component": component, "inputs": bound}},
    }
    path = bench.write("job.yml", pipeline)
    content = {"name": name, "trigger": trigger, "create_job": job or f"./{path.name}", **more}
    loaded = load_schedule(bench.write(f"{name}.yml", content))
    return bench.client.schedules.begin_create_or_update(loaded).result()


def triggered(bench, name):
    """Return the jobs that a schedule has started."""
    return [job for job in bench.client.jobs.list() if str(job.display_name).startswith(f"{name}-")]


def set_back(bench, name, seconds):
    """Let a schedule look as if it was created and checked that long ago."""
    store, key = bench.workspace.store, keys.schedule(name)
    stored = store.get(key)
    store.change(key, created=stored["created"] - seconds, checked=stored["checked"] - seconds)


def test_the_life_of_a_schedule(own):
    client = own.client
    later = (datetime.now(timezone.utc) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%S")
    trigger = {"type": "recurrence", "frequency": "week", "interval": 2, "start_time": later}
    trigger |= {"schedule": {"hours": [4], "minutes": [15], "week_days": ["monday"]}, "time_zone": "UTC"}
    created = schedule(own, "weekly", trigger, display_name="Retrain", tags={"owner": "us"})
    assert (created.is_enabled, created.display_name, created.tags) == (True, "Retrain", {"owner": "us"})
    assert created.provisioning_state == "Succeeded"
    assert created.trigger.schedule.hours == [4]
    assert created.trigger.schedule.week_days == ["Monday"], "as recorded, though the SDK sends monday"
    assert [each.name for each in client.schedules.list()] == ["weekly"]
    with pytest.raises(HttpResponseError, match="Cannot delete an active trigger weekly"):
        client.schedules.begin_delete("weekly").result()
    assert not client.schedules.begin_disable("weekly").result().is_enabled
    assert list(client.schedules.list()) == []
    assert [each.name for each in client.schedules.list(list_view_type="All")] == ["weekly"]
    assert client.schedules.begin_enable("weekly").result().is_enabled
    client.schedules.begin_disable("weekly").result()
    client.schedules.begin_delete("weekly").result()
    with pytest.raises(HttpResponseError, match="Resource Trigger weekly not found"):
        client.schedules.get("weekly")
    assert triggered(own, "weekly") == []


def test_a_due_schedule_starts_one_job_that_knows_its_time(own):
    """Three minutes were missed: as documented for a display name, the job is named after the last of them."""
    past = {**SOON, "start_time": "2026-01-01T00:00:00"}
    schedule(own, "minutely", past)
    set_back(own, "minutely", 180)
    job = wait_until(lambda: triggered(own, "minutely"))[0]
    moment = datetime.strptime(job.display_name, "minutely-%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
    assert 0 <= time.time() - moment.timestamp() < 65
    assert own.finished(job.name).status == "Completed"
    step = own.children(job)["one"]
    assert own.log(step).split() == [f"{moment:%Y-%m-%dT%H:%M:%SZ}", job.name]
    assert len(triggered(own, "minutely")) == 1


def test_a_schedule_without_a_start_starts_its_job_at_once(own):
    schedule(own, "now", HOURLY)
    assert len(wait_until(lambda: triggered(own, "now"))) == 1


def test_a_disabled_schedule_starts_nothing(own):
    schedule(own, "off", {**SOON, "start_time": "2026-01-01T00:00:00"})
    own.client.schedules.begin_disable("off").result()
    set_back(own, "off", 180)
    time.sleep(1.1)
    assert triggered(own, "off") == []


def test_a_schedule_of_a_job_that_exists_repeats_it(own):
    source = own.run({"one": {"component": own.component("echo again")}})
    schedule(own, "again", {**SOON, "start_time": "2026-01-01T00:00:00"}, job=f"azureml:{source.name}")
    set_back(own, "again", 120)
    job = wait_until(lambda: triggered(own, "again"))[0]
    assert own.finished(job.name).status == "Completed"
    assert list(own.children(job)) == ["one"]


def test_a_schedule_can_be_triggered(own):
    later = (datetime.now(timezone.utc) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%S")
    schedule(own, "byhand", {**HOURLY, "start_time": later})
    result = own.client.schedules.trigger("byhand", schedule_time="2026-02-03T04:05:06+00:00")
    assert result.job_name == "byhand-20260203T040506Z"
    assert own.finished(result.job_name).status == "Completed"


def test_a_served_workspace_starts_jobs_without_a_request(own):
    schedule(own, "served", {**SOON, "start_time": "2026-01-01T00:00:00"})
    set_back(own, "served", 120)
    with Server(activate(own.state).service):
        store = own.workspace.store
        assert wait_until(lambda: [job for _, job in store.documents(keys.JOBS) if job["name"].startswith("served-")])


def test_two_clients_start_a_due_job_once(own):
    schedule(own, "shared", {**SOON, "start_time": "2026-01-01T00:00:00"})
    set_back(own, "shared", 120)
    services = [activate(own.state).service, activate(own.state).service]
    for service in services:
        service.start_due_jobs()
    assert len(triggered(own, "shared")) == 1


@pytest.mark.parametrize("action", [{"actionType": "CreateMonitor"}, {"actionType": "CreateJob", "jobDefinition": {}}])
def test_what_has_no_job_is_refused_by_name(bench, action):
    body = {"properties": {"trigger": {"triggerType": "Cron", "expression": "* * * * *"}, "action": action}}
    status, response = bench.request("PUT", "/schedules/other?api-version=2023-10-01", body)
    assert (status, response["error"]["code"]) == (400, "NotSupported")
