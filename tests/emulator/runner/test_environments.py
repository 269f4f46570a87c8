"""Each step runs in an environment made from its own YAML, or by name in the interpreter that is here."""

import os
import platform
import sys
import uuid
from importlib.metadata import version

import pytest
from azure.ai.ml.entities import BuildContext, Environment

from emulator.runner.interpreters import STRICT_VARIABLE

MINOR = ".".join(platform.python_version_tuple()[:2])


YAML = f"pyyaml=={version('pyyaml')}"


def conda(bench, *dependencies):
    name = f"e{uuid.uuid4().hex[:8]}"
    file = bench.write(f"{name}.yml", {"name": name, "dependencies": list(dependencies)})
    bench.client.environments.create_or_update(
        Environment(name=name, version="1", image="mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04", conda_file=file)
    )
    return f"azureml:{name}:1"


def ran(bench, command, environment):
    job = bench.command(command, environment=environment)
    return job.status, bench.log(job), bench.log(job, "logs/azureml/executionlogs.txt")


@pytest.fixture
def yaml_only(bench):
    return conda(bench, f"python={MINOR}", "pip", {"pip": [YAML]})


@pytest.mark.slow
def test_a_step_has_what_its_environment_pins_and_not_what_happens_to_be_here(bench, yaml_only):
    status, log, message = ran(bench, "python -c 'import yaml; print(yaml.__version__)'", yaml_only)
    assert (status, log) == ("Completed", f"{version('pyyaml')}\n"), message
    assert "run in an environment made for it, not in an image" in message
    status, log, _ = ran(bench, "python -c 'import sklearn'", yaml_only)
    assert status == "Failed"
    assert "No module named 'sklearn'" in log


@pytest.mark.slow
def test_what_a_step_installs_or_writes_is_its_own(bench, yaml_only):
    spoil = (
        'python -c \'import sysconfig; open(sysconfig.get_path("purelib") + "/spoiled.py", "w")\' && python -m pip -V'
    )
    status, log, _ = ran(bench, f"{spoil} && python -c 'import spoiled'", yaml_only)
    assert status == "Completed", log
    status, log, _ = ran(bench, "python -c 'import yaml, spoiled'", yaml_only)
    assert "No module named 'spoiled'" in log


@pytest.mark.slow
def test_an_environment_is_made_once_and_linked(bench, yaml_only):
    show = "python -c 'import yaml, os; s = os.stat(yaml.__file__); print(yaml.__file__, s.st_ino, s.st_nlink)'"
    first, second = (
        ran(bench, show, yaml_only)[1],
        ran(bench, show, conda(bench, f"python={MINOR}", {"pip": [YAML]}))[1],
    )
    assert first == second
    assert int(first.split()[-1]) > 1


@pytest.mark.slow
def test_a_build_context_gives_what_its_dockerfile_has_pip_install(bench):
    context = bench.folder / "context"
    context.mkdir()
    (context / "requirements.txt").write_text(f"# what is needed\n{YAML}\n")
    lines = ["FROM python:3", "COPY requirements.txt /tmp/", "RUN pip install --no-cache-dir -r /tmp/requirements.txt"]
    (context / "Dockerfile").write_text("\n".join(lines))
    name = f"e{uuid.uuid4().hex[:8]}"
    environment = Environment(name=name, version="1", build=BuildContext(path=str(context)))
    bench.client.environments.create_or_update(environment)
    _, log, message = ran(bench, "python -c 'import yaml'; python -c 'import sklearn'", f"azureml:{name}:1")
    assert "No module named 'sklearn'" in log
    assert "'yaml'" not in log
    assert "cannot be made here as on Azure: what the image python:3 holds" in message


@pytest.mark.slow
def test_setuptools_of_a_conda_file_is_there(bench):
    """mldesigner needs its pkg_resources; the vendor's environment for it has the same line."""
    environment = conda(bench, f"python={MINOR}", "setuptools<82", {"pip": [YAML]})
    status, log, message = ran(bench, "python -W ignore -c 'import pkg_resources, yaml'", environment)
    assert status == "Completed", log + message


NOT_HERE = {
    "another Python": (["python=3.99", {"pip": [YAML]}], "Python 3.99 is not on this machine"),
    "a Python that cannot be kept inside": (["python=3.7", {"pip": [YAML]}], "Python 3.7 is older than 3.8"),
    "a package nobody has": (
        [{"pip": ["no-such-package-at-all==1.0"]}],
        "no-such-package-at-all is absent here and 1.0",
    ),
    "a file beside": ([{"pip": ["-r requirements.txt", YAML]}], "names a file that is not here"),
}


@pytest.mark.parametrize("name", NOT_HERE)
@pytest.mark.slow
def test_what_cannot_be_made_is_said_by_name_and_can_be_an_error(bench, monkeypatch, name):
    dependencies, words = NOT_HERE[name]
    environment = conda(bench, *dependencies)
    status, _, message = ran(bench, "python -c 'import yaml'", environment)
    assert status == "Completed"
    assert words in message
    monkeypatch.setenv(STRICT_VARIABLE, "1")
    job = bench.command("true", environment=environment)
    assert job.status == "Failed"
    assert "cannot be made here as on Azure" in bench.workspace.store.get(f"jobs/{job.name}")["error"]["message"]


@pytest.mark.slow
def test_without_an_index_the_interpreter_here_is_named_and_compared(bench, monkeypatch, tmp_path):
    # pip's settings may name an index or wheels on this machine, which need no network.
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    for name in [name for name in os.environ if name.startswith("PIP_") and name != "PIP_CONFIG_FILE"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "empty"))
    monkeypatch.setenv("AZUREML_EMULATOR_ENVIRONMENTS", str(tmp_path / "made"))
    status, _, message = ran(bench, "python -c 'import yaml'", conda(bench, f"python={MINOR}", {"pip": [YAML]}))
    assert status == "Completed"
    assert (
        f"the interpreter that is here, Python {platform.python_version()} at {sys.executable}. All 1 pins agree"
        in message
    )


def test_an_environment_without_packages_says_that_its_image_is_not_known(bench):
    _, _, message = ran(bench, "true", "azureml:plain-env:1")
    assert "Environment plain-env:1 cannot be made here as on Azure: what the image" in message


def test_a_step_that_replaces_its_python_path_still_does_not_reach_azure(bench):
    program = "import requests; print(requests.get('https://eastus.api.azureml.ms/discovery', timeout=5).status_code)"
    _, log, _ = ran(bench, f'PYTHONPATH=. python -c "{program}"; python -I -c "{program}"', "azureml:plain-env:1")
    assert log.split() == ["200", "200"]
