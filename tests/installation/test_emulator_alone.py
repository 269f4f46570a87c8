"""The emulator installed by itself, outside of this repository: its fixtures, its command, its action."""

import ast
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from emulator.runner.package_index import uv_settings
from scripts.lib.repository import lock

ROOT = lock.LOCK_FILE.parent
EMULATOR = ROOT / "emulator"
UV = Path(sys.executable).with_name("uv")
TESTS_OF_SOMEBODY = """
import sys

import pytest
from azure.ai.ml import command, dsl, Input, Output
from azure.ai.ml.entities import AmlCompute, Environment


@pytest.fixture
def pipeline(azureml_client):
    azureml_client.compute.begin_create_or_update(AmlCompute(name="cpu", size="Standard_DS3_v2")).result()
    azureml_client.environments.create_or_update(Environment(name="plain", version="1", image="image:1"))

    def step(line, **ports):
        return command(command=line, environment="azureml:plain:1", compute="cpu", **ports)

    write = step("echo {word} > ${{{{outputs.out}}}}/word", outputs={"out": Output(type="uri_folder")})
    read = step("grep there ${{{{inputs.into}}}}/word", inputs={"into": Input(type="uri_folder")})

    @dsl.pipeline
    def both():
        read(into=write().outputs.out)

    return azureml_client.jobs.create_or_update(both(), experiment_name="outside")


def test_the_pipeline_ends_well(azureml_client, pipeline):
    azureml_client.jobs.stream(pipeline.name)
    assert azureml_client.jobs.get(pipeline.name).status == "Completed"
    import emulator
    assert emulator.__file__.startswith(sys.prefix)


def test_each_test_has_its_own_workspace(azureml_client, azureml_workspace):
    assert list(azureml_client.jobs.list()) == []
    assert azureml_client.workspace_name == azureml_workspace.names.workspace
"""

PROGRAM_OF_A_STEP = """
import os
from azure.ai.ml import MLClient
from azure.identity import DefaultAzureCredential

names = [os.environ[name] for name in ("AZURE_SUBSCRIPTION_ID", "AZURE_RESOURCE_GROUP", "AZURE_ML_WORKSPACE")]
print(names[-1], list(MLClient(DefaultAzureCredential(), *names).jobs.list()))
"""


@pytest.fixture(scope="module")
def outside(tmp_path_factory):
    """A folder with an environment that has the emulator's wheel, the SDK and pytest, and nothing of this checkout."""
    folder = tmp_path_factory.mktemp("outside")
    environment = {**os.environ, **uv_settings(Path(sys.executable))}
    source = folder / "checkout" / "emulator"
    shutil.copytree(EMULATOR, source, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "pins.txt").write_text(lock.exported("dev", hashes=False))
    python = folder / "venv/bin/python"
    install = [UV, "pip", "install", "--quiet", "--python", python, "--constraint", folder / "pins.txt"]
    for command in (
        [UV, "venv", "--quiet", "--no-project", "--python", sys.executable, folder / "venv"],
        [*install, f"{source}[test]", "azure-identity", "pip"],
    ):
        done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    return folder


def run(outside, *command, **more):
    return subprocess.run(command, cwd=outside, capture_output=True, text=True, check=False, timeout=120, **more)


@pytest.mark.slow
def test_its_fixtures_run_a_pipeline_through_the_sdk(outside):
    test = outside / "test_pipeline.py"
    for word, outcome in (("there", "2 passed"), ("elsewhere", "1 failed, 1 passed")):
        test.write_text(TESTS_OF_SOMEBODY.replace("{word}", word).replace("{{{{", "{{").replace("}}}}", "}}"))
        done = run(outside, outside / "venv/bin/python", "-m", "pytest", "-q", test)
        assert outcome in done.stdout, done.stdout + done.stderr


@pytest.mark.slow
def test_its_command_serves_the_workspace(outside):
    program = "import os; print(os.environ['AZURE_ML_WORKSPACE'], 'HTTPS_PROXY' in os.environ)"
    command = outside / "venv/bin/azureml-emulator"
    done = run(outside, command, "serve", "--state", "state", "--", outside / "venv/bin/python", "-c", program)
    assert (done.stdout, done.returncode) == ("embedded True\n", 0), done.stderr
    assert "usage: azureml-emulator " in run(outside, command, "--help").stdout
    assert run(outside, command, "reset", "--state", "state").returncode == 0


@pytest.mark.slow
def test_its_action_serves_the_workspace_to_the_steps_that_follow(outside):
    values = {"${{ github.action_path }}": str(outside / "checkout/emulator"), "${{ inputs.state }}": "of-action"}
    path = f"{outside / 'venv/bin'}{os.pathsep}{os.environ['PATH']}"
    runner = os.environ | {"PATH": path, "RUNNER_TEMP": str(outside), "GITHUB_ENV": str(outside / "github-env")}
    try:
        for step in yaml.safe_load((EMULATOR / "action.yml").read_text())["runs"]["steps"]:
            own = {name: values[value] for name, value in step["env"].items()}
            done = run(outside, "bash", "-eo", "pipefail", "-c", step["run"], env=runner | own)
            assert done.returncode == 0, done.stdout + done.stderr
        lines = dict(line.split("=", 1) for line in (outside / "github-env").read_text().splitlines())
        assert f"::add-mask::{lines['AZURE_CLIENT_SECRET']}" in done.stdout
        done = run(outside, outside / "venv/bin/python", "-c", PROGRAM_OF_A_STEP, env=runner | lines)
        assert done.stdout == "embedded []\n", done.stderr
    finally:
        os.kill(int((outside / "azureml-emulator.pid").read_text()), signal.SIGTERM)


def test_it_declares_what_the_lock_has_for_it():
    text = (EMULATOR / "pyproject.toml").read_text()
    declared = {
        Requirement(each).name for each in ast.literal_eval(text.split("\ndependencies = ")[1].split("\n\n")[0])
    }
    text = (ROOT / "pyproject.toml").read_text()
    group = {Requirement(each).name for each in ast.literal_eval(text.split("\nemulator = ")[1].split("\ndev = ")[0])}
    assert declared == group
