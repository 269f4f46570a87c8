"""Steps: their commands, inputs, variables, time limit and log."""

import json
import time

import pytest
from helpers import EXECUTION_LOG


@pytest.mark.parametrize(("given", "expected"), [(None, "start end"), ("3", "start --depth 3 end")])
def test_an_optional_section_is_rendered_or_dropped(bench, given, expected):
    component = bench.component(
        "echo start $[[--depth ${{inputs.depth}}]] end > ${{outputs.out}}",
        {"depth": {"type": "string", "optional": True}},
        {"out": "uri_file"},
    )
    step = {"component": component, "outputs": {"out": "${{parent.outputs.out}}"}}
    if given:
        step["inputs"] = {"depth": given}
    job = bench.run({"say": step}, outputs={"out": {"type": "uri_file"}})
    assert bench.output(job, "out").read_text().strip() == expected


def test_literals_reach_the_command_as_text(bench):
    """Azure puts values into the command as they are; quotes in the command keep one argument together."""
    ports = {"n": {"type": "integer"}, "x": {"type": "number"}, "b": {"type": "boolean"}, "s": {"type": "string"}}
    component = bench.component(
        "printf '%s|' ${{inputs.n}} ${{inputs.x}} ${{inputs.b}} \"${{inputs.s}}\" ${{inputs.s}} > ${{outputs.out}}",
        ports,
        {"out": "uri_file"},
    )
    values = {"n": 3, "x": 0.25, "b": True, "s": "two words"}
    step = {"component": component, "inputs": values, "outputs": {"out": "${{parent.outputs.out}}"}}
    job = bench.run({"say": step}, outputs={"out": {"type": "uri_file"}})
    assert bench.output(job, "out").read_text() == "3|0.25|True|two words|two|words|"


def test_a_value_that_is_not_one_of_the_choices_reaches_the_command(bench):
    """As ``center_crop: 224`` in image_classification_with_densenet, a sample that the vendor runs each day."""
    port = {"type": "string", "default": "False", "enum": ["True", "False"]}
    component = bench.component("echo ${{inputs.crop}} > ${{outputs.out}}", {"crop": port}, {"out": "uri_file"})
    step = {"component": component, "inputs": {"crop": 224}, "outputs": {"out": "${{parent.outputs.out}}"}}
    job = bench.run({"crop": step}, outputs={"out": {"type": "uri_file"}})
    assert bench.output(job, "out").read_text() == "224\n"


def test_defaults_and_parent_inputs_inside_longer_text(bench):
    component = bench.component(
        "echo ${{inputs.a}} ${{inputs.b}} > ${{outputs.out}}",
        {"a": {"type": "string"}, "b": {"type": "integer", "default": 7}},
        {"out": "uri_file"},
    )
    step = {
        "component": component,
        "inputs": {"a": "x-${{parent.inputs.who}}-${{parent.inputs.who}}-y"},
        "outputs": {"out": "${{parent.outputs.out}}"},
    }
    job = bench.run({"say": step}, inputs={"who": "me"}, outputs={"out": {"type": "uri_file"}})
    assert bench.output(job, "out").read_text().strip() == "x-me-me-y 7"


def test_files_are_inputs_as_well_as_folders(bench):
    component = bench.component(
        "cp ${{inputs.file}} ${{outputs.file}}", {"file": {"type": "uri_file"}}, {"file": "uri_file"}
    )
    step = {
        "component": component,
        "inputs": {"file": "${{parent.inputs.file}}"},
        "outputs": {"file": "${{parent.outputs.file}}"},
    }
    job = bench.run(
        {"copy": step},
        inputs={"file": {"type": "uri_file", "path": "azureml:one-file:1"}},
        outputs={"file": {"type": "uri_file", "path": "azureml://datastores/workspaceblobstore/paths/exact/rows.csv"}},
    )
    assert bench.output(job, "file").read_text() == "a,b\n1,2\n"
    assert bench.output(job, "file").match("exact/rows.csv")


def test_a_step_has_a_time_limit(bench):
    started = time.monotonic()
    step = {"component": bench.component("sleep 60"), "limits": {"timeout": 1}}
    job = bench.run({"slow": step})
    assert job.status == "Failed"
    assert time.monotonic() - started < 30
    assert "limit of 1 s" in bench.log(job, EXECUTION_LOG)


def test_the_log_says_which_interpreter_runs_the_steps(bench):
    job = bench.run({name: {"component": bench.component(f"echo {name} runs")} for name in ("one", "two")})
    log = bench.log(job, EXECUTION_LOG)
    assert log.count("run in the interpreter that is here") == 1


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"command": "exit 0"}, "Completed", ""),
        ({"command": "exit 4"}, "Failed", "status code 4"),
        ({"command": "sleep 60", "limits": {"timeout": 1}}, "Failed", "limit of 1 s"),
    ],
)
def test_command_jobs(bench, fields, status, words):
    job = bench.command(**fields)
    error = bench.workspace.store.get(f"jobs/{job.name}")["error"]
    assert job.status == status
    assert words in json.dumps(error)


def test_a_command_job_gets_its_code_and_environment_variables(bench):
    code = bench.folder / "code"
    code.mkdir()
    (code / "say.sh").write_text("echo $WORD > $1/text\n")
    job = bench.command(
        "bash say.sh ${{outputs.out}}",
        code=str(code),
        environment_variables={"WORD": "hello"},
        outputs={"out": {"type": "uri_folder"}},
    )
    assert bench.output(job, "out").joinpath("text").read_text() == "hello\n"


def test_latest_is_a_label_of_data_and_components_in_jobs(bench):
    name = "labelled_reader"
    reader = bench.component("cat ${{inputs.d}}/rows.csv", {"d": {"type": "uri_folder"}}, name=name)
    bench.register(reader)
    step = {"component": f"azureml:{name}@latest", "inputs": {"d": "${{parent.inputs.d}}"}}
    job = bench.run({"read": step}, inputs={"d": {"type": "uri_folder", "path": "azureml:rows@latest"}})
    assert job.status == "Completed"


SECRETS = {
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "t1",
    "GITHUB_TOKEN": "t2",
    "AZURE_CLIENT_SECRET": "t3",
    "SOME_PASSWORD": "t4",
}


def test_a_step_gets_no_secret_of_its_caller_and_what_its_component_names(bench, monkeypatch):
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    component = bench.component("env > ${{outputs.seen}}/env.txt", outputs={"seen": "uri_folder"})
    job = bench.run({"look": {"type": "command", "component": component, "environment_variables": {"WORD": "hello"}}})
    (seen,) = [file.read_text() for file in bench.workspace.blobs.root.rglob("env.txt")]
    variables = dict(line.split("=", 1) for line in seen.splitlines() if "=" in line)
    assert job
    assert variables["WORD"] == "hello"
    assert not set(SECRETS) & set(variables)
    assert {"PATH", "AZUREML_RUN_ID", "MLFLOW_TRACKING_URI"} <= set(variables)


def test_files_in_outputs_and_logs_become_artifacts_also_of_a_step_that_fails(bench, tmp_path):
    job = bench.command("echo a > outputs/a.txt; mkdir -p logs/deep; echo b > ./logs/deep/b.txt; exit 3")
    assert job.status == "Failed"
    bench.client.jobs.download(job.name, download_path=tmp_path)
    kept = {str(path.relative_to(tmp_path / "artifacts")): path.read_text() for path in tmp_path.rglob("?.txt")}
    assert kept == {"outputs/a.txt": "a\n", "logs/deep/b.txt": "b\n"}


def test_the_output_artifacts_is_the_runs_own_folder_unless_the_command_writes_to_it(bench):
    """As the vendor's sample hello-pipeline-default-artifacts.yml."""
    leave = bench.component("echo left > ./outputs/world.txt", outputs={"artifacts": "uri_folder"})
    write = bench.component("echo own > ${{outputs.artifacts}}/own.txt", outputs={"artifacts": "uri_folder"})
    read = bench.component(
        "(cat ${{inputs.left}}/outputs/world.txt ${{inputs.own}}/own.txt; ls ${{inputs.own}}) > ${{outputs.out}}",
        {"left": {"type": "uri_folder"}, "own": {"type": "uri_folder"}},
        {"out": "uri_file"},
    )
    bound = {"left": "${{parent.jobs.leave.outputs.artifacts}}", "own": "${{parent.jobs.write.outputs.artifacts}}"}
    job = bench.run(
        {
            "leave": {"component": leave},
            "write": {"component": write},
            "read": {"component": read, "inputs": bound, "outputs": {"out": "${{parent.outputs.out}}"}},
        },
        outputs={"out": {"type": "uri_file"}},
    )
    assert bench.output(job, "out").read_text() == "left\nown\nown.txt\n"


def test_a_pipeline_makes_a_file_of_an_output_that_its_component_declares_a_folder(bench):
    """As in the vendor's sample pipeline_with_parallel_nodes."""
    component = bench.component("echo 1 > ${{outputs.out}}", outputs={"out": "mltable"})
    step = {"component": component, "outputs": {"out": "${{parent.outputs.out}}"}}
    job = bench.run({"make": step}, outputs={"out": {"type": "uri_file"}})
    assert bench.output(job, "out").read_text() == "1\n"
