"""A request of a command fails: what may be repeated is repeated, for a limited time, and nothing else is."""

import json
import time

import pytest
from azure.core.exceptions import ServiceRequestError
from azure.core.pipeline import Pipeline
from azure.core.pipeline.policies import RetryPolicy
from azure.core.pipeline.transport import HttpRequest, HttpTransport
from release_line import AZURE_NAME, asset_of

from emulator.state.workspace import Workspace
from scripts.lib.workspace import repetition

pytestmark = pytest.mark.slow


def faults(*rules: dict) -> dict[str, str]:
    return {"AZUREML_EMULATOR_FAULTS": json.dumps(rules)}


def once(method: str, path: str, answer, **more) -> dict:
    return {"match": {"method": method, "path": path}, "times": 1, "answer": answer, **more}


def seen(line) -> int:
    """Return how many requests the rules of this line's workspace have seen, all together."""
    return sum(json.loads(text)["seen"] for _, _, text in Workspace(line.state).store.page("faults", 100, None))


@pytest.mark.parametrize("answer", ["drop", 503, 429])
def test_posts_that_only_read_are_repeated(released, tmp_path, answer):
    rules = [once("POST", path, answer) for path in ("listSecrets$", "rundata$", "batchGetResolvedUris$")]
    options = ("--data-asset", asset_of(released), "--download", str(tmp_path))
    assert released.run("invoke_deployment", *options, **faults(*rules)).result["status"] == "Completed"


def test_storage_that_is_busy_is_asked_again_when_it_says(judged, names, evidence):
    rule = {"match": {"host": "blob"}, "times": 2, "answer": 429, "retry_after": 1}
    begun = time.monotonic()
    judged.run("promote_deployment", "--deployment", names["onehot"], "--evidence", str(evidence), **faults(rule))
    assert time.monotonic() - begun >= 2
    assert judged.default() == names["onehot"]


def test_patience_has_an_end(released):
    rule = {"match": {"path": f"batchEndpoints/{AZURE_NAME}$"}, "answer": 503}
    begun = time.monotonic()
    done = released.run("show_status", code=1, RELEASE_PATIENCE_SECONDS="2", **faults(rule))
    assert "The workspace refused (status 503)" in done.story
    assert 0.5 < time.monotonic() - begun < 30


def test_a_wait_that_is_asked_for_and_too_long_ends_at_once(released):
    rule = {"match": {"path": f"batchEndpoints/{AZURE_NAME}$"}, "answer": 429, "retry_after": 3600}
    begun = time.monotonic()
    assert "status 429" in released.run("show_status", code=1, **faults(rule)).story
    assert time.monotonic() - begun < 60


class Silent(HttpTransport):
    """A network in which nobody answers."""

    def __init__(self):
        self.timeouts = []

    def send(self, request, **options):
        self.timeouts.append(options.get("connection_timeout"))
        raise ServiceRequestError("nobody there")

    def open(self): ...

    def close(self): ...

    def __exit__(self, *_): ...


@pytest.mark.parametrize(
    ("host", "once"), [("azuremlschemasprod.azureedge.net", True), ("management.azure.com", False)]
)
def test_a_schema_that_the_sdk_does_without_is_asked_for_once(monkeypatch, host, once):
    monkeypatch.setenv("RELEASE_PATIENCE_SECONDS", "1")
    repetition.install()
    network = Silent()
    with pytest.raises(ServiceRequestError), Pipeline(network, [RetryPolicy()]) as pipeline:
        pipeline.run(HttpRequest("GET", f"https://{host}/latest/MLTable.schema.json"))
    assert (len(network.timeouts) == 1) == once
    assert (network.timeouts[0] == 3) == once


def test_patience_must_be_a_number(released):
    refused = released.run("show_status", code=2, RELEASE_PATIENCE_SECONDS="a while")
    assert "RELEASE_PATIENCE_SECONDS is 'a while'; it is a number of seconds" in refused.story


def test_what_is_forbidden_is_not_asked_twice(released):
    done = released.run(
        "show_status", code=1, **faults({"match": {"path": f"batchEndpoints/{AZURE_NAME}$"}, "answer": 403})
    )
    assert "status 403" in done.story


@pytest.mark.parametrize("status", [403, 500])
def test_the_list_of_an_endpoints_jobs_is_never_needed(released, tmp_path, status):
    """The service is known to refuse it, always."""
    refused = faults({"match": {"host": "api", "path": "/batchEndpoints/.*/jobs$"}, "answer": status})
    default = released.default()
    back = released.run("rollback_default", **refused).result["default"]
    assert released.run("show_status", **refused).result["default"] == back
    judge = ("--deployment", default, "--data-asset", asset_of(released), "--output", str(tmp_path))
    assert released.run("evaluate_candidate", *judge, **refused).result["champion"] == back
    assert released.run("retire_deployments", "--keep", "0", "--yes", **refused).result["deleted"] == []
    assert seen(released) == 0


@pytest.mark.parametrize(("answer", "fate"), [(503, "is perhaps left running"), (None, "canceling job")])
def test_a_wait_that_sees_nothing_any_more_cancels_its_job_or_names_it(released, monkeypatch, answer, fate):
    """Five polls in a row fail: nobody watches the job any more."""
    from scripts.lib.workspace import jobs

    monkeypatch.setattr(jobs, "_SHORTEST_POLL", 0.0)
    # The first read is the submission's own; without an answer, reads come back once the wait has given up.
    rule = {"match": {"method": "GET", "path": "management|/jobs/[^/]+$"}, "answer": 503}
    if answer is None:
        rule["times"] = 6
    done = released.run(
        "invoke_deployment", "--data-asset", asset_of(released), code=1, RELEASE_PATIENCE_SECONDS="0", **faults(rule)
    )
    assert "status 503" in done.story
    if answer:
        assert fate in done.story
    else:
        (job,) = [line.split()[-1] for line in done.story.splitlines() if "runs as job" in line]
        assert released.client().jobs.get(job).status in ("Canceled", "CancelRequested", "Completed")
