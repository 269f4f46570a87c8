"""Pipeline jobs through the SDK: order, bindings, literals, outputs, and what a failure does."""

import json
import time

import pytest
from azure.ai.ml.constants import ListViewType
from azure.core.exceptions import HttpResponseError

FOLDER = {"type": "uri_folder"}
EXECUTION_LOG = "logs/azureml/executionlogs.txt"
ROWS = {"type": "uri_folder", "path": "azureml:rows:1"}


def test_steps_run_in_order_and_pass_data_on(bench):
    first = bench.component(
        "cp ${{inputs.data}}/rows.csv ${{outputs.out}}/x", {"data": {"type": "uri_folder"}}, {"out": "uri_folder"}
    )
    second = bench.component(
        "wc -l < ${{inputs.data}}/x > ${{outputs.count}}", {"data": {"type": "uri_folder"}}, {"count": "uri_file"}
    )
    job = bench.run(
        {
            "count": {
                "component": second,
                "inputs": {"data": "${{parent.jobs.copy.outputs.out}}"},
                "outputs": {"count": "${{parent.outputs.lines}}"},
            },
            "copy": {"component": first, "inputs": {"data": "${{parent.inputs.data}}"}},
        },
        inputs={"data": ROWS},
        outputs={"lines": {"type": "uri_file"}},
    )
    assert job.status == "Completed"
    assert bench.output(job, "lines").read_text().strip() == "2"
    assert {name: child.status for name, child in bench.children(job).items()} == {
        "copy": "Completed",
        "count": "Completed",
    }


def test_independent_steps_overlap(bench):
    """Each step waits for the other's mark, so that neither could end alone."""
    meeting = bench.folder / "meeting"
    meeting.mkdir()
    wait = (
        "touch {meeting}/{mine}; for i in $(seq 500); do [ -e {meeting}/{other} ] && exit 0; sleep 0.02; done; exit 1"
    )
    steps = {
        mine: {"component": bench.component(wait.format(meeting=meeting, mine=mine, other=other))}
        for mine, other in (("left", "right"), ("right", "left"))
    }
    assert bench.run(steps).status == "Completed"


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


def test_a_pipeline_component_is_a_step(bench):
    inner_step = bench.component(
        "cat ${{inputs.data}}/rows.csv > ${{outputs.out}}/copy; echo ${{inputs.word}} >> ${{outputs.out}}/copy",
        {"data": {"type": "uri_folder"}, "word": {"type": "string"}},
        {"out": "uri_folder"},
    )
    inner = bench.pipeline_component(
        {
            "copy": {
                "type": "command",
                "component": inner_step,
                "inputs": {"data": "${{parent.inputs.data}}", "word": "${{parent.inputs.word}}"},
                "outputs": {"out": "${{parent.outputs.out}}"},
            }
        },
        {"data": {"type": "uri_folder"}, "word": {"type": "string"}},
        {"out": "uri_folder"},
    )
    place = "azureml://datastores/workspaceblobstore/paths/nested/${{name}}"
    job = bench.run(
        {
            "inner": {
                "type": "pipeline",
                "component": inner,
                "inputs": {"data": "${{parent.inputs.data}}", "word": "hello"},
                "outputs": {"out": "${{parent.outputs.out}}"},
            }
        },
        inputs={"data": ROWS},
        outputs={"out": {"type": "uri_folder", "path": place}},
    )
    assert job.status == "Completed"
    assert bench.output(job, "out").joinpath("copy").read_text() == "a,b\n1,2\nhello\n"
    assert bench.output(job, "out").parent.name == "nested"
    assert set(bench.children(job)) == {"inner"}
    assert set(bench.children(bench.children(job)["inner"])) == {"copy"}


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


def test_a_named_output_becomes_an_asset(bench, client):
    component = bench.component("echo 1 > ${{outputs.made}}/x", {}, {"made": "uri_folder"})
    step = {"component": component, "outputs": {"made": "${{parent.outputs.made}}"}}
    outputs = {"made": {"type": "uri_folder", "name": "made-here"}}
    job = bench.run({"make": step}, outputs=outputs)
    made = client.data.get("made-here", label="latest")
    assert (job.status, made.version, made.type) == ("Completed", "1", "uri_folder")
    reader = bench.component("cat ${{inputs.d}}/x", {"d": {"type": "uri_folder"}})
    again = {"component": reader, "inputs": {"d": {"type": "uri_folder", "path": "azureml:made-here:1"}}}
    assert bench.run({"read": again}).status == "Completed"


def test_a_named_output_cannot_overwrite_a_version(bench):
    component = bench.component("echo 1 > ${{outputs.made}}/x", {}, {"made": "uri_folder"})
    step = {"component": component, "outputs": {"made": "${{parent.outputs.made}}"}}
    job = bench.run({"make": step}, outputs={"made": {"type": "uri_folder", "name": "rows", "version": "1"}})
    assert job.status == "Failed"
    assert "already exists" in bench.log(job, EXECUTION_LOG)


@pytest.mark.parametrize(
    ("settings", "goes_on"),
    [({}, True), ({"continue_on_step_failure": True}, True), ({"continue_on_step_failure": False}, False)],
)
def test_what_a_failed_step_does_to_the_others(bench, settings, goes_on):
    """The slow step either ends by itself, or is canceled as soon as the other one has failed.

    The default is what the service recorded of itself since 2023, in test_register_output_yaml for one.
    """
    slow = bench.component("sleep 0.7; echo done" if goes_on else "sleep 60")
    steps = {
        "bad": {"component": bench.component("sleep 0.3; exit 3", {}, {"out": "uri_folder"})},
        "slow": {"component": slow},
        "after_bad": {
            "component": bench.component("ls ${{inputs.d}}", {"d": {"type": "uri_folder"}}),
            "inputs": {"d": "${{parent.jobs.bad.outputs.out}}"},
        },
    }
    job = bench.run(steps, **settings)
    children = {name: child.status for name, child in bench.children(job).items()}
    assert job.status == "Failed"
    assert children == {"bad": "Failed", "slow": "Completed" if goes_on else "Canceled"}


def test_a_failed_step_says_why(bench, client):
    job = bench.run({"bad": {"component": bench.component("echo the reason >&2; exit 3")}})
    document = bench.workspace.store.get(f"jobs/{job.name}")
    assert "status code 3" in document["error"]["message"]
    assert "the reason" in document["error"]["message"]
    with pytest.raises(Exception, match="the reason"):
        client.jobs.stream(job.name)


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
    ("asked", "status", "words"),
    [
        ({"command": "exit 0"}, "Completed", ""),
        ({"command": "exit 4"}, "Failed", "status code 4"),
        ({"command": "sleep 60", "limits": {"timeout": 1}}, "Failed", "limit of 1 s"),
    ],
)
def test_command_jobs(bench, asked, status, words):
    job = bench.command(**asked)
    error = bench.workspace.store.get(f"jobs/{job.name}")["error"]
    assert job.status == status
    assert words in json.dumps(error)


def test_a_command_job_gets_its_code_and_environment_variables(bench):
    code = bench.folder / "code"
    code.mkdir()
    (code / "say.sh").write_text("echo $WORD > $1/said\n")
    job = bench.command(
        "bash say.sh ${{outputs.out}}",
        code=str(code),
        environment_variables={"WORD": "hello"},
        outputs={"out": {"type": "uri_folder"}},
    )
    assert bench.output(job, "out").joinpath("said").read_text() == "hello\n"


def test_tags_of_a_job_can_change_and_jobs_are_listed(bench, client):
    job = bench.run({"one": {"component": bench.component("true")}})
    job.tags["reviewed"] = "yes"
    job.description = "changed"
    client.jobs.create_or_update(job)
    found = client.jobs.get(job.name)
    assert (found.tags["reviewed"], found.description, found.status) == ("yes", "changed", "Completed")
    assert job.name in [listed.name for listed in client.jobs.list(max_results=5)]


def test_canceling_a_job_that_is_over_is_refused(bench, client):
    job = bench.run({"one": {"component": bench.component("true")}})
    with pytest.raises(HttpResponseError, match="terminal status"):
        client.jobs.begin_cancel(job.name).result()


def test_the_log_names_what_is_ignored(bench):
    asked = {"component": bench.component("true"), "resources": {"instance_count": 3}}
    asked["distribution"] = {"type": "pytorch", "process_count_per_instance": 2}
    log = bench.log(bench.run({"wide": asked, "plain": {"component": bench.component("true")}}), EXECUTION_LOG)
    assert "Ignored here, where a step is one process: wide.distribution, wide.resources.instance_count." in log


def test_archived_jobs_are_listed_only_on_request(bench, client):
    job = bench.run({"one": {"component": bench.component("true")}})
    client.jobs.archive(job.name)
    assert job.name not in {listed.name for listed in client.jobs.list()}
    assert job.name in {listed.name for listed in client.jobs.list(list_view_type=ListViewType.ARCHIVED_ONLY)}
    client.jobs.restore(job.name)
    assert job.name in {listed.name for listed in client.jobs.list()}


def test_latest_is_a_label_of_data_and_components_in_jobs(bench):
    name = "labelled_reader"
    reader = bench.component("cat ${{inputs.d}}/rows.csv", {"d": {"type": "uri_folder"}}, name=name)
    bench.register(reader)
    step = {"component": f"azureml:{name}@latest", "inputs": {"d": "${{parent.inputs.d}}"}}
    job = bench.run({"read": step}, inputs={"d": {"type": "uri_folder", "path": "azureml:rows@latest"}})
    assert job.status == "Completed"
