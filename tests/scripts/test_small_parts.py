"""The small parts that all commands share: results, options, errors, credentials, story, tables, the workspace."""

import json
import os
import threading
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from scripts.lib import results, status
from scripts.lib.credentials import AUDIENCE, azure_credential, github_assertion
from scripts.lib.default_change import DefaultChange, unrecorded
from scripts.lib.endpoints import Deployment, Endpoint, default_of
from scripts.lib.errors import BadConfiguration, NotFound, ReleaseError
from scripts.lib.invocation import file_inputs
from scripts.lib.options import data_asset_option, variant_option, workspace_options
from scripts.lib.service_errors import is_transient, service_errors
from scripts.lib.story import Story
from scripts.lib.workspace import Target, connect


@click.command()
@variant_option
@data_asset_option
@workspace_options
def command(variant, data_asset, target):
    print("printed by a library")
    results.emit({"variant": variant, "asset": data_asset, "missing": list(target.missing), "nothing": None}, "# Done")


@pytest.fixture
def run(monkeypatch):
    for name in ("AZURE_SUBSCRIPTION_ID", "AZURE_RESOURCE_GROUP", "AZURE_ML_WORKSPACE", "GITHUB_OUTPUT"):
        monkeypatch.delenv(name, raising=False)
    return lambda *arguments, **env: CliRunner().invoke(command, arguments, env=env)


GOOD = ("--variant", "onehot", "--data-asset", "azureml:heart:1")


def test_stdout_holds_the_result_alone(run):
    done = run(*GOOD)
    assert json.loads(done.stdout)["asset"] == ["heart", "1"]
    assert "printed by a library" in done.stderr


def test_an_unknown_variant_is_refused_with_the_known_ones(run):
    done = run("--variant", "third", *GOOD[2:])
    assert done.exit_code == 2
    assert "'third' is not a variant; the variants are: onehot, ordinal." in done.stderr


@pytest.mark.parametrize("value", ["heart", "heart:", ":1", "heart:1:2", "heart:latest version", "../x:1"])
def test_a_data_asset_must_look_like_one(run, value):
    done = run(*GOOD[:3], value)
    assert done.exit_code == 2
    assert f"{value!r} is not NAME:VERSION, such as" in done.stderr


def test_the_workspace_is_azure_only_when_all_three_are_given(run):
    assert len(json.loads(run(*GOOD).stdout)["missing"]) == 3
    some = run(*GOOD, "--resource-group", "g", AZURE_ML_WORKSPACE="w")
    assert json.loads(some.stdout)["missing"] == ["AZURE_SUBSCRIPTION_ID"]
    three = {"AZURE_SUBSCRIPTION_ID": "s", "AZURE_RESOURCE_GROUP": "g", "AZURE_ML_WORKSPACE": "w"}
    assert json.loads(run(*GOOD, **three).stdout)["missing"] == []
    assert len(json.loads(run(*GOOD, **dict.fromkeys(three, "")).stdout)["missing"]) == 3


def test_the_first_line_says_which_workspace(tmp_path, monkeypatch, capsys):
    from emulator.client import deactivate

    monkeypatch.setenv("AZUREML_LOCAL_STATE", str(tmp_path / "state"))
    connect(Target(resource_group="g"))
    deactivate()
    first, note = capsys.readouterr().err.splitlines()
    assert first == f"Workspace: embedded, its state in {tmp_path / 'state'}"
    assert note == "  Azure is used once AZURE_SUBSCRIPTION_ID, AZURE_ML_WORKSPACE is set too."
    connection = connect(Target("s", "g", "w"))
    assert capsys.readouterr().err == "Workspace: Azure, w in g, subscription s\n"
    assert connection.client.workspace_name == "w"


def test_github_gets_outputs_and_summary(run, tmp_path):
    output, summary = tmp_path / "output", tmp_path / "summary"
    run(*GOOD, GITHUB_OUTPUT=str(output), GITHUB_STEP_SUMMARY=str(summary))
    assert output.read_text().splitlines()[:2] == ["variant=onehot", 'asset=["heart", "1"]']
    assert output.read_text().endswith("nothing=\n")
    assert summary.read_text() == "# Done\n\n"


def test_an_output_of_several_lines_cannot_break_out(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    results.emit({"reason": "one\nend=1\ntwo", "next": "x"})
    head, *text, fence, last = (tmp_path / "output").read_text().splitlines()
    assert head == f"reason<<{fence}"
    assert (text, last) == (["one", "end=1", "two"], "next=x")
    assert json.loads(capsys.readouterr().out)["next"] == "x"


@pytest.fixture
def github():
    """The loopback stand-in for GitHub's token endpoint: what it was asked, and its next answers."""
    asked, answers = [], []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.path, self.headers["Authorization"]))
            code, content = answers.pop(0)
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
    yield environment, asked, answers
    server.shutdown()
    server.server_close()


def test_each_renewal_asks_github_for_a_new_assertion(github):
    environment, asked, answers = github
    answers += [(200, '{"value": "first"}'), (200, '{"value": "second"}')]
    ask = github_assertion(environment)
    assert (ask(), ask()) == ("first", "second")
    path, authorization = asked[0]
    assert "api-version=2&audience=api%3A%2F%2FAzureADTokenExchange" in path
    assert AUDIENCE == "api://AzureADTokenExchange"
    assert authorization == "Bearer request-token"


@pytest.mark.parametrize("answer", [(403, "no"), (200, "no JSON"), (200, '{"count": 1}')])
def test_a_refused_token_is_one_clear_message(github, answer):
    environment, _, answers = github
    answers.append(answer)
    with pytest.raises(ReleaseError, match=r"GitHub gave no identity token .*id-token: write"):
        github_assertion(environment)()


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
    assert told(exceptions.ServiceRequestError("no route")) == (
        ReleaseError,
        "The workspace could not be reached: no route",
    )
    assert "check_setup" in told(exceptions.ClientAuthenticationError("expired"))[1]
    sdk = MlException(message="Empty folder.", no_personal_data_message="")
    assert told(sdk)[1] == "The SDK could not do it: Empty folder."
    assert told(PermissionError(13, "Permission denied", "out/x"))[1] == "out/x: Permission denied."
    assert told(BadConfiguration("as it is")) == (BadConfiguration, "as it is")
    with pytest.raises(KeyError), service_errors():
        raise KeyError("a bug stays a bug")


def test_which_failures_may_pass():
    from azure.core.exceptions import HttpResponseError, ResourceNotFoundError, ServiceResponseError

    def answered(code):
        error = HttpResponseError("x")
        error.status_code = code
        return is_transient(error)

    assert [code for code in (400, 401, 404, 409, 429, 500, 503) if answered(code)] == [429, 500, 503]
    assert is_transient(ServiceResponseError("cut"))
    assert not is_transient(ValueError("x"))
    missing = ResourceNotFoundError("x")
    missing.status_code = 404
    assert not is_transient(missing)


def test_the_story_counts_and_times_its_stages(capsys):
    story = Story()
    with story.stage("First") as outcome:
        outcome += ["one", "two"]
    with pytest.raises(NotFound), story.stage("Second"):
        raise NotFound("gone")
    with pytest.raises(SystemExit), story.stage("Third"):
        raise SystemExit(143)
    assert [(title, outcome) for title, _, outcome in story.stages] == [
        ("First", "one, two"),
        ("Second", "stopped: NotFound"),
        ("Third", "stopped: interrupted"),
    ]
    assert " 1. First" in capsys.readouterr().err
    assert story.table().splitlines()[-1].startswith("all ")
    assert "| Second |" in story.markdown()


ROW = {"deployment": "a-1", "role": "default", "age_hours": None, "verdict": None, "metrics": None, "last_job": None}


def test_tables_say_what_is_not_known():
    head, row = status.status_table({"deployments": [ROW]})
    assert row == ["a-1", "default", "?", "not judged", "", "", "none"]
    assert status.as_text([head, row]).splitlines()[0].startswith("deployment  role")
    assert status.as_markdown("T", [head, row]).startswith("### T\n\n| deployment | role |")
    entries = [
        DefaultChange("promoted", "a-1", "t1").entry(),
        DefaultChange("promoted", "b", "t2", "a-1", forced="x").entry(),
    ]
    _, newest, oldest = status.history_table(entries)
    assert newest[:4] == ["t2", "promoted by force: x", "b", "a-1"]
    assert oldest[:5] == ["t1", "promoted", "a-1", "none", "none"]


def test_a_change_of_default_that_the_history_lacks_is_seen_in_the_tags():
    change = DefaultChange("promoted", "b", "t2", "a", evidence="sha256:1", forced="r" * 400)
    tags = {key: value for key, value in change.tags().items() if value}
    assert max(map(len, tags.values())) == 256
    missing = unrecorded([], Endpoint("e", "b", tags, ()))
    assert missing == {**change.entry(), "forced": "r" * 256}
    assert unrecorded([change.entry()], Endpoint("e", "b", tags, ())) is None
    assert unrecorded([], Endpoint("e", "somebody else's", tags, ())) is None
    assert unrecorded([], Endpoint("e", "b", {}, ())) is None


class Shaped:
    def __init__(self, **values):
        self.__dict__.update(values)


@pytest.mark.parametrize(
    ("defaults", "name"),
    [
        (None, None),
        ({}, None),
        ({"deployment_name": "a"}, "a"),
        ({"deploymentName": "a"}, "a"),
        (Shaped(deployment_name="a"), "a"),
        (Shaped(deployment_name=None), None),
    ],
)
def test_the_default_is_read_from_a_dict_or_an_object(defaults, name):
    assert default_of(Shaped(defaults=defaults)) == name


def test_an_endpoint_names_its_deployments_when_asked_for_another():
    known = Deployment("a-1", "a", None, None, None, None, datetime.now(timezone.utc))
    assert Endpoint("e", None, {}, (known,)).deployment("a-1") is known
    with pytest.raises(NotFound, match="Endpoint e has no deployment b; its deployments are: a-1"):
        Endpoint("e", None, {}, (known,)).deployment("b")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("inputs:\n", "`inputs` must name at least one input"),
        ("inputs: [a]\n", "`inputs` must name at least one input"),
        ("inputs: {data: {type: uri_folder}}\n", "input data must have `type` and `path`"),
        ("inputs: {data: {path: x, mode: mount}}\n", "input data must have `type` and `path`"),
        ("other: 1\n", "`inputs` must name at least one input"),
    ],
)
def test_an_inputs_file_that_is_not_understood(tmp_path, text, words):
    path = tmp_path / "inputs.yml"
    path.write_text(text)
    with pytest.raises(BadConfiguration, match=words):
        file_inputs(path)


def test_an_inputs_file_may_hold_folders_and_values(tmp_path):
    path = tmp_path / "inputs.yml"
    path.write_text("inputs:\n  data: {path: 'azureml:heart:1'}\n  rows: 3\n")
    inputs = file_inputs(path)
    assert (inputs["data"].type, inputs["data"].path) == ("uri_folder", "azureml:heart:1")
    assert inputs["rows"].default == "3"


COMMANDS = sorted(path.stem for path in (Path(__file__).parents[2] / "scripts").glob("[a-z]*.py"))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_explains_itself(name):
    import importlib

    main = importlib.import_module(f"scripts.{name}").main
    assert f"python -m scripts.{name}" in main.help
    assert all(parameter.help for parameter in main.params)


def test_help_imports_nothing_heavy():
    import subprocess
    import sys

    heavy = ("azure", "mlflow", "xgboost", "great_expectations", "pandas", "sklearn", "scipy", "numpy", "requests")
    imports = "; ".join(f"import scripts.{name}" for name in COMMANDS)
    code = f"import sys; {imports}; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=os.getcwd())
    assert done.stdout == "[]\n"
