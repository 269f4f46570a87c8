"""The component definitions: their commands run as written, and their environment is the one that is tested."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from patients import ROOT, definition, raw_frame, sources, staged, write_csv

COMPONENTS = sorted(path.parent.name for path in (ROOT / "components").glob("*/component.yml"))
MODULE_LEVEL_HEAVY = re.compile(r"\|\s+(mlflow|sklearn|azure)\.", re.MULTILINE)


def run_step(name, inputs, outputs, folder):
    """Run a component's own command the way the service fills it in; return the finished process."""
    command = definition(name)["command"]
    values = {f"inputs.{key}": value for key, value in inputs.items()}
    values |= {f"outputs.{key}": value for key, value in outputs.items()}
    parts = re.split(r"\$\[\[(.*?)\]\]", command)
    optional = [p if set(re.findall(r"\$\{\{(.*?)\}\}", p)) <= set(values) else "" for p in parts[1::2]]
    text = "".join(a + b for a, b in zip(parts[::2], [*optional, ""], strict=True))
    text = re.sub(r"\$\{\{(.*?)\}\}", lambda match: str(values[match[1]]), text)
    assert text.startswith("python ")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MLFLOW")}
    return subprocess.run(
        [sys.executable, "-X", "importtime", *shlex.split(text)[1:]],
        cwd=staged(name, folder / "code"),
        env=environment | {"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_commands_run_as_written_and_import_nothing_slow(tmp_path):
    data = write_csv(raw_frame(200), tmp_path / "data")
    first = {"prepared_data": tmp_path / "prepared", "transformations_output": tmp_path / "transformations"}
    inputs = {"data": data, "categorical_encoding": "onehot", "eval_size": 0.25}
    prepare = run_step("prepare", inputs, first, tmp_path)
    assert prepare.returncode == 0, prepare.stderr
    assert "Read 200 rows from heart.csv" in prepare.stdout
    second = {"model": tmp_path / "model", "evaluation_results": tmp_path / "evaluation"}
    inputs = {"data": tmp_path / "prepared", "target_column": "target", "eval_size": 0.25}
    train = run_step("train_xgb", inputs, second, tmp_path)
    assert train.returncode == 0, train.stderr
    assert "Judged 200 rows (out_of_fold): roc_auc 0." in train.stdout
    assert (tmp_path / "model" / "MLmodel").is_file()
    for step in (prepare, train):
        assert "import time:" in step.stderr
        assert not MODULE_LEVEL_HEAVY.findall(step.stderr)


def test_a_refusal_is_one_sentence_and_a_failed_step(tmp_path):
    outputs = {"prepared_data": tmp_path / "prepared", "transformations_output": tmp_path / "transformations"}
    prepare = run_step("prepare", {"data": tmp_path / "absent"}, outputs, tmp_path)
    told = [line for line in prepare.stderr.splitlines() if not line.startswith("import time:")]
    assert prepare.returncode == 1
    assert told == [
        f"prepare refused its input: {tmp_path / 'absent'} is not a folder. Give a folder that holds CSV files."
    ]


@pytest.mark.parametrize("name", COMPONENTS)
def test_the_command_names_every_input_and_output_and_brackets_the_optional_ones(name):
    component = definition(name)
    command = component["command"]
    bracketed = set(re.findall(r"\$\[\[.*?\$\{\{inputs\.(\w+)\}\}.*?\]\]", command))
    assert set(re.findall(r"\$\{\{inputs\.(\w+)\}\}", command)) == set(component["inputs"])
    assert set(re.findall(r"\$\{\{outputs\.(\w+)\}\}", command)) == set(component["outputs"])
    assert bracketed == {key for key, value in component["inputs"].items() if value.get("optional")}
    assert component["type"] == "command"
    own = ROOT / "components" / name / "environment.yml"
    environment = yaml.safe_load((own if own.is_file() else ROOT / "components" / "environment.yml").read_text())
    assert component["environment"] == f"azureml:{environment['name']}@latest"


def own_rooms(name):
    """Return the folders that a component is uploaded with."""
    return [path for path in sources(name) if path.is_dir()]


@pytest.mark.parametrize("name", COMPONENTS)
def test_a_component_stands_alone(name):
    folder = ROOT / "components" / name
    own = {path.stem for path in sources(name)}
    ours = {path.stem for path in ROOT.iterdir() if path.is_dir()} | {"scripts", "emulator", "components"}
    for path in filter(Path.is_file, sources(name)):
        imported = set(re.findall(r"^\s*(?:from|import) (\w+)", path.read_text(), re.MULTILINE))
        # The rooms of scripts/lib that it is uploaded with have their own names there.
        included = {"scripts"} if any("scripts/lib/" in str(path) for path in own_rooms(name)) else set()
        assert not imported & (ours - own - included)
    ignored = (folder / ".amlignore").read_text().split()
    assert "__pycache__/" in ignored


def test_the_environment_has_a_name_an_image_and_the_pins():
    environment = yaml.safe_load((ROOT / "components" / "environment.yml").read_text())
    assert environment["name"] == "training"
    assert environment["conda_file"] == "conda.yml"
    assert environment["image"].startswith("mcr.microsoft.com/azureml/")


@pytest.mark.slow
@pytest.mark.parametrize("name", COMPONENTS)
def test_the_sdk_uploads_the_files_that_run_here(name):
    from azure.ai.ml import load_component

    with load_component(ROOT / "components" / name / "component.yml")._build_code() as code:
        uploaded = {path.name for path in Path(code.path).rglob("*.py")}
    run = (file for path in sources(name) for file in ([path] if path.is_file() else path.rglob("*.py")))
    assert uploaded == {file.name for file in run}
    assert name == "validate" or "refusal.py" in uploaded


def test_training_on_a_gpu_is_the_same_step_in_another_environment():
    cpu, gpu = definition("train_xgb"), definition("train_xgb_gpu")
    device = {"default": "cuda", "type": "string", "enum": ["cpu", "cuda"]}
    assert {key: gpu["inputs"]["device"][key] for key in device} == device
    own = {"../train_xgb/boosting.py", "../train_xgb/train.py"}
    assert set(gpu["additional_includes"]) == own | set(cpu["additional_includes"])
    assert gpu["command"] == cpu["command"].replace("$[[--device ${{inputs.device}}]]", "--device ${{inputs.device}}")
    for one in (cpu, gpu):
        del one["inputs"]["device"]
    different = {"name", "display_name", "description", "environment", "additional_includes", "command"}
    assert {key for key in cpu if cpu[key] != gpu[key]} == different
