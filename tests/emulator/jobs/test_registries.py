"""Components and environments of registries: from the YAML files of a folder, or refused by name."""

import json

import pytest
import yaml
from azure.core.exceptions import HttpResponseError
from helpers import EXECUTION_LOG
from workbench import ENVIRONMENT

from emulator.state.registries import FOLDER_VARIABLE, find_asset

ECHO = "azureml://registries/mine/components/echo"


@pytest.fixture
def registry(own, monkeypatch):
    """Return a workbench, and a registry ``mine`` with a component in two versions, a pipeline and environments."""
    folder = own.folder / "registries" / "mine"
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder.parent))

    def write(path, content):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content if isinstance(content, str) else yaml.safe_dump(content))

    for version in ("2", "10"):
        write(f"echo/{version}/src/say.sh", f"echo version {version} says $1 > $2/x")
        component = {
            "$schema": "https://azuremlschemas.azureedge.net/latest/commandComponent.schema.json",
            "name": "echo",
            "version": version,
            "type": "command",
            "inputs": {"word": {"type": "string"}},
            "outputs": {"out": {"type": "uri_folder"}},
            "command": "bash say.sh ${{inputs.word}} ${{outputs.out}}",
            "code": "./src",
            "environment": ENVIRONMENT,
        }
        write(f"echo/{version}/spec.yaml", component)
    steps = {
        "inner": {
            "type": "command",
            "component": "../echo/2/spec.yaml",
            "inputs": {"word": "${{parent.inputs.word}}"},
            "outputs": {"out": "${{parent.outputs.out}}"},
        }
    }
    pipeline = {
        "name": "twice",
        "version": "1",
        "type": "pipeline",
        "inputs": {"word": {"type": "string"}},
        "outputs": {"out": {"type": "uri_folder"}},
        "jobs": steps,
    }
    write("pipelines/twice.yml", pipeline)
    write("environments/conda.yml", {"dependencies": ["python=3.11", {"pip": ["six==1.17.0"]}]})
    image = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04"
    write("environments/six.yml", {"name": "six", "version": "1", "image": image, "conda_file": "conda.yml"})
    write("broken.yml", "{")
    return own


@pytest.mark.parametrize(
    ("ending", "version"), [("/versions/2", "2"), ("/versions/10", "10"), ("/labels/latest", "10")]
)
def test_a_component_of_a_registry_runs(registry, ending, version):
    """Versions are numbers: 10 is after 2."""
    job = registry.run({"one": {"component": ECHO + ending, "inputs": {"word": "hello"}}})
    assert job.status == "Completed"
    out = registry.output(registry.children(job)["one"], "out")
    assert (out / "x").read_text() == f"version {version} says hello\n"
    assert job.jobs["one"].component.startswith(ECHO)


def test_a_changed_file_is_another_program(registry):
    steps = {"one": {"component": f"{ECHO}/versions/2", "inputs": {"word": "hello"}}}
    registry.run(steps)
    again = registry.run(steps)
    assert registry.children(again)["one"].properties["azureml.isreused"] == "true"
    (registry.folder / "registries/mine/echo/2/src/say.sh").write_text("echo new > $2/x")
    changed = registry.run(steps)
    assert (registry.output(registry.children(changed)["one"], "out") / "x").read_text() == "new\n"


def test_a_pipeline_component_of_a_registry_runs_its_steps(registry):
    reference = "azureml://registries/mine/components/twice/versions/1"
    job = registry.run({"one": {"type": "pipeline", "component": reference, "inputs": {"word": "nested"}}})
    assert job.status == "Completed"
    out = registry.output(registry.children(job)["one"], "out")
    assert (out / "x").read_text() == "version 2 says nested\n"


@pytest.mark.slow
def test_an_environment_of_a_registry_is_made_from_its_file(registry):
    more = {"environment": "azureml://registries/mine/environments/six/versions/1"}
    job = registry.command("python -c 'import six; print(six.__version__)'", **more)
    assert job.status == "Completed"
    assert registry.log(job).strip() == "1.17.0"
    assert "an environment made for it" in registry.log(job, EXECUTION_LOG)
    assert job.environment.endswith("registries/mine/environments/six/versions/1")


@pytest.mark.parametrize("name", ["absent/versions/1", "echo/versions/3"])
def test_a_component_that_no_file_describes_is_refused_by_name(registry, name):
    reference = f"azureml://registries/mine/components/{name}"
    with pytest.raises(HttpResponseError, match="NotSupported") as error:
        registry.run({"one": {"component": reference, "inputs": {"word": "x"}}})
    assert reference in str(error.value)
    assert FOLDER_VARIABLE in str(error.value)


def test_files_outside_of_the_registries_are_not_read(registry):
    """A pipeline of a registry may not name a file of this machine, and neither may a request."""
    outside = registry.folder / "outside.yml"
    outside.write_text(
        yaml.safe_dump({"name": "out", "type": "command", "command": "true", "environment": ENVIRONMENT})
    )
    jobs = {"one": {"type": "command", "componentId": f"file://{outside}"}}
    body = {"properties": {"jobType": "Pipeline", "computeId": "cluster", "jobs": jobs}}
    status, response = registry.request("PUT", "/jobs/outside?api-version=2024-01-01-preview", body)
    assert status == 404
    assert "outside.yml" in json.dumps(response)


def test_without_a_folder_nothing_is_found(registry, monkeypatch):
    assert find_asset(f"{ECHO}/versions/2").version == "2"
    monkeypatch.delenv(FOLDER_VARIABLE)
    assert find_asset(f"{ECHO}/versions/2") is None
