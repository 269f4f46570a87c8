"""What is installed is what uv.lock holds: requirements.txt, the packages of the steps, and where they come from."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from scripts.lib.errors import ReleaseError
from scripts.lib.repository import lock

ROOT = lock.LOCK_FILE.parent
UV = Path(sys.executable).with_name("uv")
PUBLIC = ("https://pypi.org/simple", "https://files.pythonhosted.org/")


def project(folder):
    for name in ("pyproject.toml", "uv.lock"):
        shutil.copy(ROOT / name, folder)
    return folder


def locked(folder):
    """Say whether the lock of a project is that of its pyproject.toml."""
    command = [UV, "lock", "--check", "--offline", "--project", folder, "--default-index", lock.INDEX]
    return subprocess.run(command, capture_output=True, text=True, check=False).returncode == 0


def strangers(text):
    """Return the addresses of a lock that are not the public index's."""
    return [each for each in re.findall(r'(?:url|registry) = "([^"]+)"', text) if not each.startswith(PUBLIC)]


def test_the_lock_is_that_of_pyproject_toml(tmp_path):
    folder = project(tmp_path)
    assert locked(folder)
    text = (folder / "pyproject.toml").read_text().replace('"azure-identity==1.27.0"', '"azure-identity==1.26.0"')
    (folder / "pyproject.toml").write_text(text)
    assert not locked(folder)


def test_the_lock_names_the_public_index_and_no_other():
    text = (ROOT / "uv.lock").read_text()
    assert len(re.findall(r'registry = "https://pypi.org/simple"', text)) > 100
    assert strangers(text) == []
    assert strangers('source = { registry = "https://mirror.example/simple" }') == ["https://mirror.example/simple"]


def test_requirements_txt_is_what_the_lock_holds_with_hashes():
    text = (ROOT / "requirements.txt").read_text()
    assert text == lock.exported("dev")
    names = re.findall(r"^([A-Za-z][^ =]*)==", text, re.MULTILINE)
    assert {"azure-ai-ml", "uv", "great-expectations", "ruff", "trustme"} <= set(names)
    assert all("--hash=sha256:" in part for part in re.split(r"\n(?=[A-Za-z])", text))


def test_a_release_installs_no_tool_of_tests():
    names = {Requirement(line).name for line in lock.exported("release", hashes=False).splitlines()}
    assert {"azure-ai-ml", "uv", "great-expectations", "trustme", "xgboost-cpu"} <= names
    assert not names & {"ruff", "mypy", "pytest", "hypothesis", "zizmor", "deptry", "nvidia-nccl-cu12"}


@pytest.mark.parametrize("path", lock.CONDA_FILES, ids=lambda path: path.parent.name)
def test_an_environment_has_all_packages_of_the_lock_and_no_other(path):
    text = path.read_text()
    assert text == lock.conda_of(text)
    assert "numpy==2.2" in lock.conda_of(text.replace("python=3.11", "python=3.10"))
    conda = yaml.safe_load(text)
    assert "python=3.11" in conda["dependencies"]
    (pins,) = (entry["pip"] for entry in conda["dependencies"] if isinstance(entry, dict))
    assert all(re.fullmatch(r"[a-z0-9-]+==[\w.]+", pin) for pin in pins)
    names = {pin.partition("==")[0] for pin in pins}
    training = {"azureml-mlflow", "mlflow-skinny"}
    own = {"validate": {"great-expectations"}, "train_xgb_gpu": {*training, "xgboost", "nvidia-nccl-cu12"}}
    own = own.get(path.parent.name, {*training, "xgboost-cpu"})
    assert own | {"fastparquet", "pandas", "requests", "urllib3"} <= names


def test_an_environment_without_a_group_is_refused_by_name():
    with pytest.raises(ReleaseError, match="nobodys"):
        lock.conda_of(lock.CONDA_FILES[0].read_text().replace("name: training", "name: nobodys"))


@pytest.mark.slow
@pytest.mark.parametrize("path", lock.CONDA_FILES, ids=lambda path: path.parent.name)
def test_the_packages_of_an_environment_fit_together(path, tmp_path):
    """pip would refuse the list on Azure if a package were missing or did not fit another."""
    (pins,) = (entry["pip"] for entry in yaml.safe_load(path.read_text())["dependencies"] if isinstance(entry, dict))
    (tmp_path / "pins.txt").write_text("\n".join(pins))
    where = ["--python-version", "3.11", "--python-platform", "linux"]
    command = [UV, "pip", "compile", "--quiet", "--no-header", "--no-annotate", *where]
    done = subprocess.run([*command, tmp_path / "pins.txt"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == pins
