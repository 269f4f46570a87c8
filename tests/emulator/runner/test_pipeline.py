"""Pipelines: the order of steps, nested pipelines, and what a failed step does to the others."""

import pytest
from helpers import EXECUTION_LOG, ROWS


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


def test_the_log_names_what_is_ignored(bench):
    wide = {"component": bench.component("true"), "resources": {"instance_count": 3}}
    wide["services"] = {"board": {"type": "tensor_board"}}
    log = bench.log(bench.run({"wide": wide, "plain": {"component": bench.component("true")}}), EXECUTION_LOG)
    assert "Ignored here, where all steps run on this machine: wide.services." in log
    assert "3 instances without a distribution; one process runs here." in log
