"""check_setup says what is missing, what to do, and ends with exit code 8."""

import base64
import json
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from click.testing import CliRunner

from scripts.check_setup import main
from scripts.lib.setup_check.azure import PLACE, check_azure, check_quota, check_rights
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


def test_embedded_is_complete(check):
    done, result = check()
    assert done.exit_code == 0, done.stderr
    assert result["complete"]
    assert "embedded" in result["checks"][-1]["found"]


def test_some_variables_are_not_enough(check, tmp_path):
    summary = tmp_path / "summary.md"
    done, result = check(AZURE_SUBSCRIPTION_ID="s", GITHUB_STEP_SUMMARY=str(summary))
    assert done.exit_code == 8
    assert result["missing"] == ["AZURE_RESOURCE_GROUP", "AZURE_ML_WORKSPACE"]
    assert "AZURE_ML_WORKSPACE (not set): set the variable" in done.stderr
    assert "## Set-up: 2 missing" in summary.read_text()


def test_a_workflow_needs_the_identity_and_the_right_to_ask_for_a_token(check):
    place = {name: ALL[name] for name in PLACE}
    done, result = check(GITHUB_ACTIONS="true", GITHUB_REPOSITORY="owner/name", **place)
    assert done.exit_code == 8
    assert result["missing"] == ["AZURE_TENANT_ID", "AZURE_CLIENT_ID", "id-token"]
    assert "repo:owner/name:ref:refs/heads/main" in result["subjects"].values()


def test_a_folder_without_data_and_without_a_place_for_state(check, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
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
        f"{prefix}:{suffix}" for suffix in ("ref:refs/heads/main", "environment:production", "environment:azure-test")
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
    assert "repo:o@1/n@2:ref:refs/heads/main" in subjects(environment).values()
    assert subject_of({**environment, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "wrong"}) == ""


def missing(checks):
    return [check.name for check in checks if check.status == "missing"]


SCIENTIST = {
    "actions": ["Microsoft.MachineLearningServices/workspaces/*/write", "*/read"],
    "notActions": ["Microsoft.MachineLearningServices/workspaces/computes/*/write",
                   "Microsoft.MachineLearningServices/workspaces/computes/write"],
}  # fmt: skip


def test_rights():
    assert missing(check_rights([{"actions": ["*"]}])) == []
    assert missing(check_rights([SCIENTIST])) == ["right to create compute"]
    assert (
        missing(check_rights([SCIENTIST, {"actions": ["microsoft.machinelearningservices/workspaces/computes/*"]}]))
        == []
    )
    assert len(missing(check_rights([]))) == 8


def test_quota():
    def usage(name, used, limit):
        return {"name": {"localized_value": name}, "current_value": used, "limit": limit}

    family = "Standard DSv2 Family Cluster Dedicated vCPUs"
    assert check_quota([usage(family, 2, 100), usage("Total Low Priority", 0, 9)]).found.startswith("98 cores")
    assert check_quota([usage(family, 99, 100)]).status == "missing"
    assert check_quota([]).status == "missing"


def test_each_step_to_a_workspace_is_looked_at_through_the_sdk(tmp_path, monkeypatch):
    from azure.ai.ml import MLClient

    monkeypatch.setenv("AZUREML_LOCAL_STATE", str(tmp_path))
    there = connect(Target())
    client = there.client
    place = (client.subscription_id, client.resource_group_name, client.workspace_name)
    environment = dict(zip(PLACE, place, strict=True))
    found = {check.name: check.status for check in check_azure(there, environment)}
    assert found["sign-in"] == found["workspace"] == "ok"
    # The embedded workspace knows no roles: rights that cannot be read are reported as missing.
    assert found["right to run jobs"] == "missing"
    elsewhere = replace(there, client=MLClient(there.credential, *place[:2], "elsewhere"))
    assert missing(check_azure(elsewhere, {**environment, PLACE[2]: "elsewhere"})) == ["workspace"]
