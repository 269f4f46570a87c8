"""Connections to the server: other hosts, loopback, large bodies, odd paths, dropped connections."""

import pytest
import requests
from sessions import signed_in, workspace_url

from emulator.server.server import Server
from emulator.service import Service
from emulator.state.workspace import Workspace


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
        response = session.get(f"http://127.0.0.1:{server.port}/")
    assert response.status_code == 400
    assert "HTTPS proxy" in response.json()["error"]["message"]


def test_it_listens_on_loopback_only(server):
    assert server.server_address[0] == "127.0.0.1"


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
    response = session.send(prepared, verify=session.verify, proxies=session.proxies)
    assert response.status_code == 400


def test_a_dropped_connection_ends_without_an_answer(server, session, monkeypatch):
    signed_in(server, session)
    monkeypatch.setenv("AZUREML_EMULATOR_FAULTS", '[{"answer": "drop", "times": 1}]')
    with pytest.raises(requests.exceptions.ConnectionError):
        session.get(workspace_url(server))
    assert session.get(workspace_url(server)).status_code == 200
