"""A server, and a session that trusts its certificate."""

import pytest
import requests

from emulator import client
from emulator.server.server import Server
from emulator.service import Service
from emulator.state.workspace import Workspace


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
