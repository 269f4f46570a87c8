"""Faults on purpose: each kind strikes what it should, as often as it should, and nothing else."""

import json
import subprocess
import sys
import time

import pytest
from azure.core.exceptions import HttpResponseError, ServiceRequestError, ServiceResponseError
from helpers import make_client

from emulator import client
from emulator.faults import rules
from emulator.service import Service
from emulator.state.workspace import Workspace
from emulator.wire.http import Request


@pytest.fixture
def set_faults(monkeypatch):
    def configure(*rules_):
        monkeypatch.setenv(rules.VARIABLE, json.dumps(rules_))

    return configure


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "state")


def get(workspace, path="", method="GET", body=b""):
    return Service(workspace).handle(
        Request(method, f"https://management.azure.com{workspace.names.arm}{path}", {}, body)
    )


@pytest.fixture
def ml(tmp_path):
    return make_client(client.activate(tmp_path / "state"))


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_status_strikes_so_many_times_and_no_more(workspace, set_faults, status):
    set_faults({"match": {"path": "/workspaces/"}, "times": 2, "answer": status, "retry_after": 7})
    answers = [get(workspace) for _ in range(3)]
    assert [answer.status for answer in answers] == [status, status, 200]
    assert answers[0].headers["Retry-After"] == "7"
    assert json.loads(answers[0].body)["error"]["code"]


@pytest.mark.parametrize(("carried_out", "then"), [(False, 404), (True, 200)])
def test_an_answer_is_wrong_before_or_after_the_request_is_carried_out(workspace, set_faults, carried_out, then):
    set_faults({"match": {"method": "PUT"}, "answer": 500, "carried_out": carried_out})
    body = json.dumps({"properties": {"properties": {}}}).encode()
    path = "/codes/c/versions/1"
    assert get(workspace, path, "PUT", body).status == 500
    assert get(workspace, path).status == then


@pytest.mark.parametrize(("answer", "ended"), [("kill", -9), ("terminate", -15)])
def test_the_process_that_asks_can_be_killed(workspace, set_faults, answer, ended):
    set_faults({"skip": 3, "answer": answer})
    done = subprocess.run([sys.executable, "-c", COUNT, str(workspace.state)], capture_output=True, text=True)
    assert done.returncode == ended


def test_only_what_matches_is_struck(workspace, set_faults):
    set_faults({"match": {"method": "put", "path": "/computes/"}, "answer": 500})
    assert get(workspace).status == 200
    assert get(workspace, "/computes/a", "PUT", b"{}").status == 500
    set_faults({"match": {"host": "blob"}, "answer": 500})
    assert get(workspace).status == 200


def test_skip_lets_the_first_ones_pass(workspace, set_faults):
    set_faults({"skip": 2, "times": 1, "answer": 500})
    assert [get(workspace).status for _ in range(4)] == [200, 200, 500, 200]


def test_an_expired_token_is_refused_as_azure_does(workspace, set_faults):
    set_faults({"times": 1, "answer": "expired_token"})
    refused = get(workspace)
    assert refused.status == 401
    assert json.loads(refused.body)["error"]["code"] == "ExpiredAuthenticationToken"
    assert "invalid_token" in refused.headers["WWW-Authenticate"]
    assert get(workspace).status == 200


def test_a_delay_answers_late_but_right(workspace, set_faults):
    set_faults({"times": 1, "answer": "delay", "seconds": 0.2})
    started = time.monotonic()
    assert get(workspace).status == 200
    assert time.monotonic() - started >= 0.2


def test_a_dropped_connection_is_an_error_of_the_connection(ml, set_faults, monkeypatch):
    set_faults({"match": {"path": "/computes/"}, "answer": "drop"})
    with pytest.raises((ServiceRequestError, ServiceResponseError), match="Connection aborted"):
        ml.compute._operation.get("embedded", "embedded", "absent", retry_total=0)


def test_an_ignored_write_says_yes_and_does_nothing(ml, set_faults):
    from azure.ai.ml.entities import BatchEndpoint

    ml.batch_endpoints.begin_create_or_update(BatchEndpoint(name="scores", tags={"a": "1"})).result()
    set_faults({"match": {"method": "PUT", "path": "/batchEndpoints/scores$"}, "times": 1, "answer": "ignore"})
    ml.batch_endpoints.begin_create_or_update(BatchEndpoint(name="scores", tags={"a": "2"})).result()
    assert ml.batch_endpoints.get("scores").tags == {"a": "1"}
    ml.batch_endpoints.begin_create_or_update(BatchEndpoint(name="scores", tags={"a": "3"})).result()
    assert ml.batch_endpoints.get("scores").tags == {"a": "3"}


def test_reads_are_never_ignored(workspace, set_faults):
    set_faults({"answer": "ignore"})
    assert json.loads(get(workspace).body)["id"] == workspace.names.arm
    assert "secretsType" in json.loads(get(workspace, "/datastores/workspaceblobstore/listSecrets", "POST").body)


@pytest.mark.parametrize("status", [429, 503])
def test_the_sdks_own_retry_recovers(ml, set_faults, status):
    set_faults({"times": 2, "answer": status, "retry_after": 0})
    assert ml.workspaces.get("embedded").name == "embedded"


def test_without_a_retry_the_fault_reaches_the_caller(ml, set_faults):
    set_faults({"answer": 503, "retry_after": 0})
    with pytest.raises(HttpResponseError, match="unavailable"):
        ml.compute._operation.get("embedded", "embedded", "absent", retry_total=0)


COUNT = """
import sys
from pathlib import Path
from emulator.wire.http import Request
from emulator.service import Service
from emulator.state.workspace import Workspace
workspace = Workspace(Path(sys.argv[1]))
for _ in range(5):
    print(Service(workspace).handle(Request("GET", "https://management.azure.com" + workspace.names.arm)).status)
"""


def test_processes_share_the_count(workspace, set_faults):
    set_faults({"times": 7, "answer": 500})
    command = [sys.executable, "-c", COUNT, str(workspace.state)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    statuses = [status for process in running for status in process.communicate()[0].split()]
    assert len(statuses) == 15
    assert statuses.count("500") == 7


def test_rules_come_from_a_yaml_file(workspace, monkeypatch, tmp_path):
    path = tmp_path / "faults.yml"
    path.write_text("- match: {path: /workspaces/}\n  times: 1\n  answer: 503\n")
    monkeypatch.setenv(rules.VARIABLE, str(path))
    assert [get(workspace).status for _ in range(2)] == [503, 200]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[{"anwser": 500}]', "rule 1: unknown key 'anwser'"),
        ('[{"answer": "ignore", "carried_out": true}]', "is not carried out"),
        ('[{"answer": 500, "carried_out": 1}]', "it is true or false"),
        ('[{"match": {"url": "x"}, "answer": 500}]', "match: unknown key 'url'"),
        ('[{"answer": 404}]', "answer is 404; it is one of 403, 429, 500, 503"),
        ('[{"answer": 500, "times": -1}]', "times is -1"),
        ('[{"answer": 500, "times": true}]', "times is True"),
        ('[{"answer": "delay"}]', "a delay needs seconds"),
        ('[{"answer": 500, "match": {"path": "("}}]', "no regular expression"),
        ('[{"answer": 500, "match": {"host": "moon"}}]', "host is 'moon'"),
        ('["drop"]', "rule 1: expected keys and values"),
        ("[{", "neither JSON nor YAML"),
        ("/nowhere/faults.yml", "cannot be read"),
    ],
)
def test_a_list_that_cannot_be_read_is_refused_at_the_start(tmp_path, monkeypatch, text, said):
    monkeypatch.setenv(rules.VARIABLE, text)
    with pytest.raises(rules.FaultsInvalid) as refused:
        Service(Workspace(tmp_path / "state"))
    assert said in str(refused.value)
