"""GitHub's assertions, and what the service's errors become."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from scripts.lib.errors import BadConfiguration, NotFound, ReleaseError
from scripts.lib.workspace import credentials
from scripts.lib.workspace.connection import Target, connect
from scripts.lib.workspace.credentials import azure_credential, github_assertion
from scripts.lib.workspace.service_errors import is_transient, service_errors


@pytest.fixture
def github():
    """The loopback stand-in for GitHub's token endpoint: the requests that it got, and its next responses."""
    requests, responses = [], []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            requests.append((self.path, self.headers["Authorization"]))
            code, content = responses.pop(0)
            self.send_response(code)
            self.end_headers()
            self.wfile.write(content.encode())

        def log_message(self, *words):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    environment = {
        "ACTIONS_ID_TOKEN_REQUEST_URL": f"http://127.0.0.1:{server.server_port}/token?api-version=2",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "request-token",
    }
    yield environment, requests, responses
    server.shutdown()
    server.server_close()


def test_each_renewal_asks_github_for_a_new_assertion(github):
    environment, requests, responses = github
    responses += [(200, '{"value": "first"}'), (200, '{"value": "second"}')]
    ask = github_assertion(environment)
    assert (ask(), ask()) == ("first", "second")
    path, authorization = requests[0]
    assert "api-version=2&audience=api%3A%2F%2FAzureADTokenExchange" in path
    assert authorization == "Bearer request-token"


@pytest.mark.parametrize("response", [(403, "no"), (200, "no JSON"), (200, '{"count": 1}')])
def test_a_refused_token_is_one_clear_message(github, monkeypatch, response):
    environment, _, responses = github
    responses += [response] * 4
    monkeypatch.setattr(credentials, "_PAUSES", (0.0, 0.0, 0.0))
    with pytest.raises(ReleaseError, match=r"GitHub gave no identity token .*id-token: write"):
        github_assertion(environment)()


def test_a_token_is_asked_for_again_after_a_fault_and_not_after_a_refusal(github, monkeypatch):
    environment, requests, responses = github
    monkeypatch.setattr(credentials, "_PAUSES", (0.0, 0.0, 0.0))
    responses += [(503, "later"), (429, "slower"), (200, "cut of"), (200, '{"value": "at last"}')]
    assert github_assertion(environment)() == "at last"
    assert len(requests) == 4
    responses += [(403, "no"), (200, '{"value": "never requested"}')]
    with pytest.raises(ReleaseError):
        github_assertion(environment)()
    assert len(requests) == 5
    nobody = {**environment, "ACTIONS_ID_TOKEN_REQUEST_URL": "http://127.0.0.1:9/token"}
    with pytest.raises(ReleaseError, match="ConnectionError"):
        github_assertion(nobody)()


def test_the_credential_is_federated_inside_actions_only(github):
    environment, _, _ = github
    federated = azure_credential({**environment, "AZURE_CLIENT_ID": "c", "AZURE_TENANT_ID": "t"})
    assert type(federated).__name__ == "ClientAssertionCredential"
    assert type(azure_credential(environment)).__name__ == "DefaultAzureCredential"


def test_errors_of_the_service_become_one_message():
    from azure.ai.ml.exceptions import MlException
    from azure.core import exceptions

    def told(error):
        with pytest.raises(ReleaseError) as raised, service_errors():
            raise error
        return type(raised.value), raised.value.message

    twice = "(UserError) No data x.\nCode: UserError\nMessage: No data x."
    assert told(exceptions.ResourceNotFoundError(twice)) == (NotFound, "The workspace does not have it: No data x.")
    coded = "(BadArgument) No data x.\nCode: BadArgument\nMessage: No data x."
    assert told(exceptions.HttpResponseError(coded))[1] == "The workspace refused (status None): No data x."
    assert told(exceptions.HttpResponseError("ErrorCode:None"))[1].endswith("(status None): it gave no reason.")
    assert told(exceptions.ServiceRequestError("no route")) == (
        ReleaseError,
        "The workspace could not be reached: no route",
    )
    assert "check_setup" in told(exceptions.ClientAuthenticationError("expired"))[1]
    sdk = MlException(message="Empty folder.", no_personal_data_message="")
    assert told(sdk)[1] == "The SDK could not do it: Empty folder."
    assert told(PermissionError(13, "Permission denied", "out/x"))[1] == "out/x: Permission denied."
    assert told(BadConfiguration("as it is")) == (BadConfiguration, "as it is")
    with pytest.raises(ReleaseError, match="did not understand an answer"), service_errors():
        exceptions.HttpResponseError.__init__(None, "x", object())
    with pytest.raises(KeyError), service_errors():
        raise KeyError("a bug stays a bug")


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("AZUREML_LOCAL_STATE", __file__, "cannot be made"),
        ("AZUREML_EMULATOR_FAULTS", '[{"answer": 1}]', "answer is 1; it is one of"),
    ],
)
def test_an_embedded_workspace_that_cannot_work_is_bad_configuration(monkeypatch, tmp_path, variable, value, words):
    monkeypatch.setenv("AZUREML_LOCAL_STATE", str(tmp_path))
    monkeypatch.setenv(variable, value)
    with pytest.raises(BadConfiguration, match=words):
        connect(Target())


def test_which_failures_may_pass():
    from azure.core.exceptions import HttpResponseError, ResourceNotFoundError, ServiceResponseError

    def repeated(code):
        error = HttpResponseError("x")
        error.status_code = code
        return is_transient(error)

    assert [code for code in (400, 401, 404, 409, 429, 500, 503) if repeated(code)] == [429, 500, 503]
    assert is_transient(ServiceResponseError("cut"))
    assert not is_transient(ValueError("x"))
    missing = ResourceNotFoundError("x")
    missing.status_code = 404
    assert not is_transient(missing)
