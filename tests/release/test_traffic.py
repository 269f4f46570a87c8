"""What a release sends is valid by the official specs; an invocation whose response is lost starts no second job."""

import json
from functools import partial

import pytest
from release_line import AZURE_NAME, CLEVELAND, ENDPOINT, asset_of

from emulator import client as embedded
from emulator.faults.rules import ConnectionDropped
from emulator.service import Service
from emulator.wire.http import Request, Response, json_response
from scripts.lib.errors import ReleaseError
from scripts.lib.workspace import invocation
from tests.wire import specs
from tests.wire.deviations import unexplained

pytestmark = pytest.mark.slow


@pytest.mark.skipif(not specs.ROOT.is_dir(), reason="needs ../shared/azure_wire")
def test_every_exchange_of_a_release_meets_the_official_specs(released, monkeypatch):
    released.run("delete_endpoint", "--confirm", ENDPOINT)
    seen: list[tuple[Request, Response]] = []
    activate = partial(embedded.activate, recorder=lambda *exchange: seen.append(exchange))
    monkeypatch.setattr(embedded, "activate", activate)
    options = ("--data", str(CLEVELAND), "--output", str(released.folder / "out2"), "--delete-previous")
    released.run("release_variants", "--variant", "ordinal", "--variant", "onehot", *options)
    released.run("show_status")
    oracle = specs.Specs()
    operations, left = set(), set()
    for request, response in seen:
        report = oracle.check(request.method, request.url, response.status, body(request), body(response))
        operations.add(report.operation)
        left |= {(request.method, request.path, finding) for finding in unexplained(report)}
    assert left == set()
    expected = {"BatchEndpoints_CreateOrUpdate", "BatchDeployments_CreateOrUpdate", "BatchDeployments_Delete"}
    assert expected | {"Jobs_CreateOrUpdate", "BatchEndpoints_Get", "BatchDeployments_List"} <= operations


def body(message) -> bytes | None:
    headers = {name.lower(): value for name, value in message.headers.items()}
    return message.body if "json" in headers.get("content-type", "") else None


@pytest.fixture
def invoke(released, monkeypatch):
    """Function: invokes the default, with its first answers or requests lost, and returns jobs before and after."""
    connection = released.connection()
    name, version = asset_of(released).split(":")
    handle = Service.handle
    monkeypatch.setattr(invocation, "_LOOK_SECONDS", 0.2)

    def call(lose, times=1):
        deployment = connection.client.batch_endpoints.get(AZURE_NAME).defaults["deploymentName"]
        requests = []

        def losing(self, request):
            if request.method == "POST" and ".inference." in request.host:
                requests.append(request)
                if len(requests) <= times:
                    return lose(partial(handle, self), request)
            return handle(self, request)

        def jobs():
            return {job.name for job in connection.client.batch_endpoints.list_jobs(AZURE_NAME)}

        before = jobs()
        monkeypatch.setattr(Service, "handle", losing)
        try:
            job = invocation.invoke_or_join(
                connection.client, ENDPOINT, deployment, invocation.data_inputs(ENDPOINT, name, version, "uri_folder")
            )
        finally:
            monkeypatch.setattr(Service, "handle", handle)
        return job, jobs() - before, len(requests)

    return call


def failed(status):
    return json_response(status, {"error": {"code": "ServerError", "message": "An internal error."}})


def answered_500(handle, request):
    assert handle(request).status == 201
    return failed(500)


def dropped(handle, request):
    assert handle(request).status == 201
    raise ConnectionDropped("no answer")


@pytest.mark.parametrize("lose", [answered_500, dropped])
def test_an_invocation_whose_answer_is_lost_is_adopted(invoke, lose, capsys):
    job, new, requests = invoke(lose)
    assert (new, requests) == ({job}, 1)
    assert f"its job {job} runs" in capsys.readouterr().err


def test_an_invocation_that_did_not_arrive_is_sent_again(invoke, capsys):
    job, new, requests = invoke(lambda handle, request: failed(503))
    assert (new, requests) == ({job}, 2)
    assert "left no job; invoking again" in capsys.readouterr().err


def test_an_invocation_that_never_arrives_ends_with_a_message(invoke):
    with pytest.raises(ReleaseError, match="failed 2 times, and left no job"):
        invoke(lambda handle, request: failed(503), times=9)


def test_a_refused_invocation_is_not_repeated(invoke):
    from azure.core.exceptions import HttpResponseError

    requests = []

    def refuse(handle, request):
        requests.append(request)
        return failed(400)

    with pytest.raises(HttpResponseError):
        invoke(refuse, times=9)
    assert len(requests) == 1


def test_jobs_that_may_all_be_its_own_are_left_to_the_user(invoke):
    def twice(handle, request):
        handle(request)
        return answered_500(handle, request)

    with pytest.raises(ReleaseError, match="may be its own; cancel those that are not wanted"):
        invoke(twice)


def test_a_wait_bears_answers_that_fail(released):
    faults = [{"match": {"method": "GET", "path": "/jobs/"}, "answer": 503, "retry_after": 0, "skip": 1, "times": 6}]
    done = released.run(
        "invoke_deployment", "--data-asset", asset_of(released), AZUREML_EMULATOR_FAULTS=json.dumps(faults)
    )
    assert done.result["status"] == "Completed"
