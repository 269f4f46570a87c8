"""check_setup says what is missing, what to do, and ends with exit code 8."""

import base64
import json
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from azure.ai.ml._restclient.arm_ml_service.models import Usage as RestUsage
from azure.ai.ml._restclient.arm_ml_service.models import VirtualMachineSize as RestSize
from azure.ai.ml.entities import Usage, VmSize
from click.testing import CliRunner

from scripts.check_setup import main
from scripts.lib.repository.problem import find_problem
from scripts.lib.setup_check import examination
from scripts.lib.setup_check.azure import PLACE, check_azure
from scripts.lib.setup_check.capacity import check_capacity
from scripts.lib.setup_check.place import Place
from scripts.lib.setup_check.rights import check_rights, needed_actions
from scripts.lib.setup_check.subjects import subject_of, subjects
from scripts.lib.workspace.connection import Target, connect

ALL = {name: name.lower() for name in (*PLACE, "AZURE_TENANT_ID", "AZURE_CLIENT_ID")}


@pytest.fixture
def check(monkeypatch):
    """Function: runs the command under these variables and no other of Azure or GitHub."""
    for name in (*ALL, "GITHUB_ACTIONS", "GITHUB_REPOSITORY", "ACTIONS_ID_TOKEN_REQUEST_URL"):
        monkeypatch.delenv(name, raising=False)

    def run(**variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        done = CliRunner().invoke(main, [])
        return done, json.loads(done.stdout)

    return run


def test_embedded_is_complete(check, tmp_path):
    done, result = check(AZUREML_LOCAL_STATE=str(tmp_path))
    assert done.exit_code == 0, done.stderr
    assert result["complete"]
    assert [check["name"] for check in result["checks"]][4:] == [
        "sign-in", "workspace", "rights", "compute quota", "storage", "storage, as the jobs", "endpoint",
        "image",
    ]  # fmt: skip


def test_some_variables_are_not_enough(check, tmp_path):
    summary = tmp_path / "summary.md"
    done, result = check(AZURE_SUBSCRIPTION_ID="s", GITHUB_STEP_SUMMARY=str(summary))
    assert done.exit_code == 8
    assert result["missing"] == ["AZURE_RESOURCE_GROUP", "AZURE_ML_WORKSPACE"]
    assert "AZURE_ML_WORKSPACE (not set): export AZURE_ML_WORKSPACE=" in done.stderr
    assert "## Set-up: 2 missing" in summary.read_text()


def test_a_workflow_needs_the_identity_and_the_right_to_ask_for_a_token(check):
    place = {name: ALL[name] for name in PLACE}
    done, result = check(GITHUB_ACTIONS="true", GITHUB_REPOSITORY="owner/name", **place)
    assert done.exit_code == 8
    assert result["missing"] == ["AZURE_TENANT_ID", "AZURE_CLIENT_ID", "id-token"]
    assert "repo:owner/name:environment:staging" in result["subjects"].values()


def test_a_folder_without_data_and_without_a_place_for_state(check, tmp_path, monkeypatch):
    nowhere = replace(find_problem("heart-disease"), sample=tmp_path / "none.csv")
    monkeypatch.setattr(examination, "find_problem", lambda name: nowhere)
    (tmp_path / "file").touch()
    done, result = check(AZUREML_LOCAL_STATE=str(tmp_path / "file"))
    assert done.exit_code == 8
    assert result["missing"] == ["state folder", "data"]


@pytest.mark.parametrize(
    ("extra", "prefix"),
    [
        ({}, "repo:owner/name"),
        ({"GITHUB_REPOSITORY_OWNER_ID": "12", "GITHUB_REPOSITORY_ID": "34"}, "repo:owner@12/name@34"),
    ],
)
def test_subjects(extra, prefix):
    found = subjects({"GITHUB_REPOSITORY": "owner/name", **extra})
    assert set(found.values()) == {
        f"{prefix}:{suffix}" for suffix in ("environment:staging", "environment:production", "environment:azure-test")
    }


@pytest.fixture
def token_service():
    """Address of a service that answers as GitHub's token service does, for the bearer "right"."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            claims = base64.urlsafe_b64encode(b'{"sub": "repo:o@1/n@2:environment:production"}').decode()
            right = self.headers["Authorization"] == "Bearer right" and "AzureADTokenExchange" in self.path
            self.send_response(200 if right else 401)
            self.end_headers()
            self.wfile.write(json.dumps({"value": f"head.{claims.rstrip('=')}.signature"}).encode())

        def log_message(self, *arguments):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/token"
    server.shutdown()
    server.server_close()


def test_the_token_of_the_job_says_how_github_names_the_repository(token_service):
    environment = {
        "ACTIONS_ID_TOKEN_REQUEST_URL": token_service,
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "right",
        "GITHUB_REPOSITORY": "o/n",
    }
    assert subject_of(environment) == "repo:o@1/n@2:environment:production"
    assert "repo:o@1/n@2:environment:staging" in subjects(environment).values()
    assert subject_of({**environment, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "wrong"}) == ""


def test_rights_are_those_of_the_role_and_no_fewer():
    place = Place("s", "g", "w", "client")
    assert check_rights([{"actions": ["*"]}], place).status == "ok"
    exact = {"actions": needed_actions()}
    assert check_rights([exact], place).status == "ok"
    split = [{"actions": needed_actions()[:9]}, {"actions": [action.upper() for action in needed_actions()[9:]]}]
    assert check_rights(split, place).status == "ok"
    for action in needed_actions():
        lacking = {"actions": [one for one in needed_actions() if one != action]}
        taken_out = {"actions": ["*"], "notActions": [action]}
        for role in (lacking, taken_out):
            check = check_rights([role], place)
            assert check.status == "missing"
            assert action.removeprefix("Microsoft.MachineLearningServices/") in check.found
    assert check_rights([], place).fix == (
        'az role assignment create --assignee client --role "ML release line" --scope /subscriptions/s/resourceGroups/g'
        "/providers/Microsoft.MachineLearningServices/workspaces/w"
    )


def usage(name, used, limit):
    """A usage as the SDK makes it of the service's answer."""
    said = {"unit": "Count", "currentValue": used, "limit": limit, "name": {"value": name, "localizedValue": name}}
    return Usage._from_rest_object(RestUsage(said))


def size(name="Standard_DS3_v2", family="standardDSv2Family", cores=4):
    """A size as the SDK makes it of the service's answer."""
    return VmSize._from_rest_object(RestSize({"name": name, "family": family, "vCPUs": cores, "gpus": 0}))


def test_the_sdk_keeps_what_the_service_said_beside_its_own_fields():
    """What the check relies on; were it mended, the check would have to read the other field."""
    assert (usage("f", 7, 9).current_value, vars(usage("f", 7, 9))["currentValue"]) == (None, 7)
    assert (size().v_cp_us, vars(size())["vCPUs"]) == (None, 4)


@pytest.mark.parametrize(
    ("used", "limit", "tier", "status"),
    [
        (0, 8, "dedicated", "ok"),
        (92, 100, "dedicated", "ok"),
        (93, 100, "dedicated", "missing"),
        (100, 100, "dedicated", "missing"),
        (0, 0, "dedicated", "missing"),
        (0, 8, "low_priority", "missing"),
    ],
)
def test_quota(tmp_path, used, limit, tier, status):
    wanted = tmp_path / "compute.yml"
    wanted.write_text(f"name: c\ntype: amlcompute\nsize: STANDARD_DS3_V2\nmax_instances: 2\ntier: {tier}\n")
    usages = [usage("standardDSv3Family", 0, 500), usage("standardDSv2Family", used, limit)]
    place = Place("s", "g", "w", "client")
    check = check_capacity(wanted, [size("Standard_X"), size()], usages, place, "eastus")
    assert check.status == status
    assert "2 nodes of STANDARD_DS3_V2 need 8" in check.found
    low = [*usages, usage("TotalLowPriorityCores", 0, 8)]
    assert check_capacity(wanted, [size()], low, place, "eastus").status == ("ok" if "low" in tier else status)
    assert check_capacity(wanted, [size()], [], place, "eastus").status == "missing"
    assert "has no such size" in check_capacity(wanted, [size("Standard_X")], low, place, "eastus").found


def test_a_workspace_that_is_not_there(tmp_path, monkeypatch):
    from azure.ai.ml import MLClient

    monkeypatch.setenv("AZUREML_LOCAL_STATE", str(tmp_path))
    there = connect(Target())
    place = (there.client.subscription_id, there.client.resource_group_name)
    elsewhere = replace(there, client=MLClient(there.credential, *place, "elsewhere"))
    *_, last = check_azure(elsewhere, {}, "heart-disease")
    assert (last.name, last.status) == ("workspace", "missing")
    assert last.fix == "az ml workspace create --name elsewhere --resource-group embedded"
