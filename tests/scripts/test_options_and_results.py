"""What all commands share at their edges: options, the choice of workspace, results, help."""

import json
import os
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from scripts.lib.command import command
from scripts.lib.errors import BadConfiguration
from scripts.lib.options import data_asset_option, problem_option, variant_option, workspace_options
from scripts.lib.telling import results
from scripts.lib.workspace.connection import Target, connect


@command()
@problem_option
@variant_option
@data_asset_option
@workspace_options
def main(endpoint, variant, data_asset, target):
    print("printed by a library")
    results.emit({"variant": variant, "asset": data_asset, "missing": list(target.missing), "nothing": None}, "# Done")


@pytest.fixture
def run(monkeypatch):
    for name in ("AZURE_SUBSCRIPTION_ID", "AZURE_RESOURCE_GROUP", "AZURE_ML_WORKSPACE", "GITHUB_OUTPUT"):
        monkeypatch.delenv(name, raising=False)
    return lambda *arguments, **env: CliRunner().invoke(main, arguments, env=env)


GOOD = ("--variant", "onehot", "--data-asset", "azureml:heart:1")


def test_stdout_holds_the_result_alone(run):
    done = run(*GOOD)
    assert json.loads(done.stdout)["asset"] == ["heart", "1"]
    assert "printed by a library" in done.stderr


def test_an_unknown_variant_is_refused_with_the_known_ones(run):
    done = run("--variant", "third", *GOOD[2:])
    assert done.exit_code == 2
    variants = "distributed, gpu, onehot, ordinal"
    assert f"'third' is not a variant of heart-disease; its variants are: {variants}." in done.stderr


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
    for target in (Target(), Target(resource_group="g", workspace_name="embedded")):
        connect(target)
        deactivate()
        assert capsys.readouterr().err == f"Workspace: embedded, its state in {tmp_path / 'state'}\n"
    connection = connect(Target("s", "g", "w"))
    assert capsys.readouterr().err == "Workspace: Azure, w in g, subscription s\n"
    assert connection.client.workspace_name == "w"


@pytest.mark.parametrize("given", [{"resource_group": "g"}, {"subscription_id": "s", "workspace_name": "w"}])
def test_azure_named_in_part_is_refused(tmp_path, monkeypatch, given):
    monkeypatch.setenv("AZUREML_LOCAL_STATE", str(tmp_path / "state"))
    with pytest.raises(BadConfiguration, match="is not set") as refused:
        connect(Target(**given))
    assert refused.value.exit_code == 2
    assert not (tmp_path / "state").exists()


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


COMMANDS = sorted(path.stem for path in (Path(__file__).parents[2] / "scripts").glob("[a-z]*.py"))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_explains_itself(name):
    import importlib

    main = importlib.import_module(f"scripts.{name}").main
    assert f"python -m scripts.{name}" in main.help
    assert all(parameter.help for parameter in main.params if isinstance(parameter, click.Option))


def test_help_imports_nothing_heavy():
    import subprocess
    import sys

    heavy = ("azure", "mlflow", "xgboost", "great_expectations", "pandas", "sklearn", "scipy", "numpy", "requests")
    imports = "; ".join(f"import scripts.{name}" for name in COMMANDS)
    code = f"import sys; {imports}; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=os.getcwd())
    assert done.stdout == "[]\n"
