"""Access to the server: tokens, the sign-in, signatures, the secret of the proxy."""

import pytest
import requests
from sessions import HOST, sign_in, workspace_url


def test_a_token_of_the_server_opens_the_workspace(server, session):
    token = sign_in(server, session).json()["access_token"]
    response = session.get(workspace_url(server), headers={"Authorization": f"Bearer {token}"})
    assert (response.status_code, response.json()["name"]) == (200, "embedded")


def test_without_a_token_the_answer_is_401_in_azures_shape(server, session):
    response = session.get(workspace_url(server))
    assert response.status_code == 401
    assert set(response.json()["error"]) == {"code", "message"}
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


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
    response = session.get(workspace_url(server), headers={"Authorization": f"Bearer {token}"})
    assert response.json()["error"]["code"] == "ExpiredAuthenticationToken"


@pytest.mark.parametrize("changes", [{"client_secret": "guess"}, {"client_id": "guess"}, {"grant_type": "password"}])
def test_sign_in_says_no(server, session, changes):
    response = sign_in(server, session, **changes)
    assert response.status_code == 401
    assert "access_token" not in response.json()


def test_blobs_need_a_signature(server, session):
    response = session.get(f"https://{server.names.storage_host}/azureml/some/blob")
    assert response.status_code == 401
    assert "NoAuthenticationInformation" in response.text


def test_the_proxy_needs_its_secret(server, session):
    for proxy in (f"http://127.0.0.1:{server.port}", f"http://emulator:guess@127.0.0.1:{server.port}"):
        session.proxies = {"https": proxy}
        with pytest.raises(requests.exceptions.ProxyError, match="407"):
            session.get(workspace_url(server))
