"""Jobs through the SDK: tags, lists, archive, and refusals of names."""

import pytest
from azure.ai.ml.constants import ListViewType
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from helpers import pipeline_of


def test_tags_of_a_job_can_change_and_jobs_are_listed(bench, client):
    job = bench.run({"one": {"component": bench.component("true")}})
    job.tags["reviewed"] = "yes"
    job.description = "changed"
    client.jobs.create_or_update(job)
    found = client.jobs.get(job.name)
    assert (found.tags["reviewed"], found.description, found.status) == ("yes", "changed", "Completed")
    assert job.name in [listed.name for listed in client.jobs.list(max_results=5)]


def test_canceling_a_job_that_is_over_is_refused(bench, client):
    job = bench.run({"one": {"component": bench.component("true")}})
    with pytest.raises(HttpResponseError, match="terminal status"):
        client.jobs.begin_cancel(job.name).result()


def test_archived_jobs_are_listed_only_on_request(bench, client):
    job = bench.run({"one": {"component": bench.component("true")}})
    client.jobs.archive(job.name)
    assert job.name not in {listed.name for listed in client.jobs.list()}
    assert job.name in {listed.name for listed in client.jobs.list(list_view_type=ListViewType.ARCHIVED_ONLY)}
    client.jobs.restore(job.name)
    assert job.name in {listed.name for listed in client.jobs.list()}


def test_a_list_shows_what_was_changed_of_a_finished_job(bench):
    job = bench.run({"step": {"component": bench.component("true")}})

    def listed():
        return next((found.tags for found in bench.client.jobs.list() if found.name == job.name), None)

    assert listed() == {}
    job.tags = {"seen": "yes"}
    bench.client.jobs.create_or_update(job)
    assert listed() == {"seen": "yes"}


def test_jobs_are_listed_by_their_tags_and_their_type(bench, client):
    first, second = (bench.run({"step": {"component": bench.component("true")}}) for _ in range(2))
    first.tags["chosen"] = "yes"
    client.jobs.create_or_update(first)

    def listed(**filters):
        return {job.name for job in client.jobs.list(**filters)} & {first.name, second.name}

    assert listed(tag="chosen") == {first.name}
    assert listed(tag="yes") == set()
    assert listed(job_type="Pipeline") == {first.name, second.name}
    assert listed(job_type="Pipeline", tag="chosen") == {first.name}
    assert listed(job_type="Command") == set()


@pytest.mark.parametrize("filters", [{"properties": "a=b"}, {"schedule_defined": True}, {"scheduled_job_name": "x"}])
def test_other_choices_of_jobs_are_refused_by_name(client, filters):
    with pytest.raises(HttpResponseError, match=r"A list of jobs by (properties|scheduled|scheduleId) is not"):
        list(client.jobs.list(**filters))


@pytest.mark.parametrize("name", ["a b", "..", "x" * 256, "-x"])
def test_bad_job_names_are_refused(bench, name):
    status, response = bench.request("PUT", f"/jobs/{name.replace(' ', '%20')}", pipeline_of("command"))
    assert (status, response["error"]["code"]) == (400, "UserError")


def test_a_job_that_does_not_exist_is_not_found(bench, client):
    for operation in (client.jobs.get, client.jobs.begin_cancel, client.jobs.stream):
        with pytest.raises(ResourceNotFoundError, match="Run no-such-job was not found"):
            operation("no-such-job")
