"""The workspace on loopback: unmodified programs reach it with environment variables alone; strangers do not."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from emulator import client
from emulator.server.server import Server
from emulator.service import Service
from emulator.state.workspace import Workspace

REPOSITORY = Path(__file__).resolve().parents[2]
HOST = "https://management.azure.com"
AZURE = ("AZURE_", "AZUREML_", "MLFLOW_", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy")


def clean_environment():
    return {name: value for name, value in os.environ.items() if not name.startswith(AZURE)}


@pytest.fixture(autouse=True)
def _over_the_network(monkeypatch):
    """Requests of these tests leave the process, whatever another test has activated in it."""
    monkeypatch.setattr(client, "_active", None)


@pytest.fixture
def server(tmp_path):
    with Server(Service(Workspace(tmp_path / "state")), max_body=1000) as running:
        yield running


@pytest.fixture
def session(server):
    variables = server.environment()
    with requests.Session() as opened:
        opened.trust_env = False
        opened.proxies = {"https": variables["HTTPS_PROXY"]}
        opened.verify = variables["REQUESTS_CA_BUNDLE"]
        yield opened


def sign_in(server, session, **changes):
    variables = server.environment()
    form = {
        "grant_type": "client_credentials",
        "client_id": variables["AZURE_CLIENT_ID"],
        "client_secret": variables["AZURE_CLIENT_SECRET"],
        "scope": f"{HOST}/.default",
        **changes,
    }
    tenant = variables["AZURE_TENANT_ID"]
    return session.post(f"https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token", data=form)


def workspace_url(server):
    return HOST + server.names.arm


def test_a_token_of_the_server_opens_the_workspace(server, session):
    token = sign_in(server, session).json()["access_token"]
    answer = session.get(workspace_url(server), headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["name"]) == (200, "embedded")


def test_without_a_token_the_answer_is_401_in_azures_shape(server, session):
    answer = session.get(workspace_url(server))
    assert answer.status_code == 401
    assert set(answer.json()["error"]) == {"code", "message"}
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("token", ["", "nonsense", "a.b.c", "e30.e30.e30", "ä.ö.ü"])
def test_a_token_of_somebody_else_is_refused(server, session, token):
    header = {"Authorization": f"Bearer {token}".encode()}
    assert session.get(workspace_url(server), headers=header).status_code == 401


def test_a_token_of_the_in_process_workspace_is_refused(server, session):
    from emulator.client import EmbeddedCredential

    token = EmbeddedCredential(server.names).get_token(f"{HOST}/.default").token
    assert session.get(workspace_url(server), headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_an_expired_token_is_refused(server, session):
    from emulator.wire.tokens import issue_token

    token, _ = issue_token(server.names, HOST, -1, server.gatekeeper._signing_key)
    answer = session.get(workspace_url(server), headers={"Authorization": f"Bearer {token}"})
    assert answer.json()["error"]["code"] == "ExpiredAuthenticationToken"


@pytest.mark.parametrize("changes", [{"client_secret": "guess"}, {"client_id": "guess"}, {"grant_type": "password"}])
def test_sign_in_says_no(server, session, changes):
    answer = sign_in(server, session, **changes)
    assert answer.status_code == 401
    assert "access_token" not in answer.json()


def test_blobs_need_a_signature(server, session):
    answer = session.get(f"https://{server.names.storage_host}/azureml/some/blob")
    assert answer.status_code == 401
    assert "NoAuthenticationInformation" in answer.text


def test_the_proxy_needs_its_secret(server, session):
    for proxy in (f"http://127.0.0.1:{server.port}", f"http://emulator:guess@127.0.0.1:{server.port}"):
        session.proxies = {"https": proxy}
        with pytest.raises(requests.exceptions.ProxyError, match="407"):
            session.get(workspace_url(server))


@pytest.mark.parametrize("host", ["example.org", "management.azure.com.example.org", "127.0.0.1"])
def test_other_hosts_are_refused(server, session, host):
    with pytest.raises(requests.exceptions.ProxyError, match="403"):
        session.get(f"https://{host}/")


def test_with_allow_network_other_hosts_are_passed_on(tmp_path):
    target, way = (
        Server(Service(Workspace(tmp_path / "one"))),
        Server(Service(Workspace(tmp_path / "two")), allow_network=True),
    )
    with target, way, requests.Session() as session:
        session.proxies, session.trust_env = {"https": way.environment()["HTTPS_PROXY"]}, False
        with pytest.raises(requests.exceptions.SSLError):
            session.get(f"https://localhost:{target.port}/")


def test_a_plain_request_learns_that_this_is_a_proxy(server):
    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(f"http://127.0.0.1:{server.port}/")
    assert answer.status_code == 400
    assert "HTTPS proxy" in answer.json()["error"]["message"]


def test_it_listens_on_loopback_only(server):
    assert server.server_address[0] == "127.0.0.1"


def signed_in(server, session):
    session.headers["Authorization"] = "Bearer " + sign_in(server, session).json()["access_token"]
    return session


def test_oversized_bodies_are_refused(server, session):
    signed_in(server, session)
    url = workspace_url(server) + "/computes/a"
    assert session.put(url, data=b"x" * 1001).status_code == 413
    assert session.put(url, data=iter([b"x" * 600, b"x" * 600])).status_code == 413
    assert session.put(url, data=b"{}", headers={"Content-Length": "many"}).status_code == 400


@pytest.mark.parametrize("path", ["/azureml/../../workspace.db", "/azureml/%2e%2e/%2e%2e/workspace.db", "/../x"])
def test_paths_cannot_climb(server, session, path):
    signed_in(server, session)
    url = f"https://{server.names.storage_host}/x"
    prepared = session.prepare_request(requests.Request("GET", url))
    prepared.url = url.removesuffix("/x") + path
    answer = session.send(prepared, verify=session.verify, proxies=session.proxies)
    assert answer.status_code == 400


def test_a_dropped_connection_ends_without_an_answer(server, session, monkeypatch):
    signed_in(server, session)
    monkeypatch.setenv("AZUREML_EMULATOR_FAULTS", '[{"answer": "drop", "times": 1}]')
    with pytest.raises(requests.exceptions.ConnectionError):
        session.get(workspace_url(server))
    assert session.get(workspace_url(server)).status_code == 200


CLIENT = """
import os, sys, time
from pathlib import Path
from azure.ai.ml import Input, MLClient, command
from azure.ai.ml.constants import AssetTypes
from azure.ai.ml.entities import AmlCompute, Data, Environment
from azure.identity import DefaultAzureCredential

assert "emulator" not in sys.modules
names = [os.environ[name] for name in ("AZURE_SUBSCRIPTION_ID", "AZURE_RESOURCE_GROUP", "AZURE_ML_WORKSPACE")]
ml = MLClient(DefaultAzureCredential(), *names)
folder = Path("rows"); folder.mkdir(); (folder / "rows.csv").write_text("a,b\\n1,2\\n")
data = ml.data.create_or_update(Data(name="rows", version="1", path=str(folder), type=AssetTypes.URI_FOLDER))
ml.compute.begin_create_or_update(AmlCompute(name="cluster", size="Standard_DS3_v2")).result()
ml.environments.create_or_update(Environment(name="plain", version="1", image="image"))
job = command(
    command="cat ${{inputs.rows}}/rows.csv", environment="plain:1", compute="cluster",
    inputs={"rows": Input(type="uri_folder", path="azureml:rows:1")})
job = ml.jobs.create_or_update(job)
while (job := ml.jobs.get(job.name)).status not in ("Completed", "Failed", "Canceled"):
    time.sleep(0.1)
print("status", job.status)
ml.jobs.download(job.name, all=True, download_path="got")
print("log", repr(next(Path("got").rglob("std_log.txt")).read_text()))
"""
MLFLOW = """
import mlflow
from mlflow.tracking import MlflowClient

with mlflow.start_run() as run:
    mlflow.log_metric("auc", 0.875)
print("uri", mlflow.get_tracking_uri().partition(":")[0])
print("auc", MlflowClient().get_run(run.info.run_id).data.metrics)
"""


def serve(tmp_path, *arguments, code):
    command = [sys.executable, "-m", "emulator", "serve", "--state", str(tmp_path / "state"), *arguments]
    script = tmp_path / "program.py"
    script.write_text(code)
    environment = {**clean_environment(), "PYTHONPATH": str(REPOSITORY)}
    child = ["env", "-u", "PYTHONPATH", "-C", str(tmp_path), sys.executable, str(script)]
    return subprocess.run([*command, "--", *child], env=environment, capture_output=True, text=True, timeout=300)


@pytest.mark.slow
def test_an_unmodified_program_creates_data_and_runs_a_job(tmp_path):
    result = serve(tmp_path, code=CLIENT)
    assert result.returncode == 0, result.stderr
    lines = dict(line.split(" ", 1) for line in result.stdout.splitlines() if line.startswith(("status", "log")))
    assert lines["status"] in ("Completed", "JobStatus.COMPLETED")
    assert lines["log"] == repr("a,b\n1,2\n")


@pytest.mark.slow
def test_mlflow_with_the_plugins_uri_logs_and_reads(tmp_path):
    result = serve(tmp_path, code=MLFLOW)
    assert result.returncode == 0, result.stderr
    assert "uri azureml" in result.stdout
    assert "auc {'auc': 0.875}" in result.stdout


def test_the_exit_status_is_the_commands(tmp_path):
    assert serve(tmp_path, code="raise SystemExit(7)").returncode == 7


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_prints_variables_for_a_shell_and_ends_cleanly(tmp_path, number):
    state, variables = tmp_path / "state", tmp_path / "variables.sh"
    command = [sys.executable, "-m", "emulator", "serve", "--state", str(state), "--env-file", str(variables)]
    environment = {**clean_environment(), "PYTHONPATH": str(REPOSITORY)}
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path
    )
    assert "127.0.0.1" in process.stderr.readline()
    shell = f'. {variables}; echo "$AZURE_TENANT_ID"; cat "$REQUESTS_CA_BUNDLE"; echo "$REQUESTS_CA_BUNDLE"'
    seen = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, check=True).stdout.splitlines()
    assert seen[0] == Workspace(state).names.tenant
    assert seen[1] == "-----BEGIN CERTIFICATE-----"
    assert variables.stat().st_mode & 0o077 == 0
    process.send_signal(number)
    printed, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert printed == variables.read_text()
    assert not Path(seen[-1]).exists()
