"""Reuse of the outputs of equal steps."""

import pytest
from helpers import FOLDER


class TestReuse:
    """A step that ran before on the same inputs does not run again, unless it says so or its job does."""

    @pytest.fixture
    def submit(self, bench):
        def run(command="date +%s%N > ${{outputs.out}}/when", data="azureml:rows:1", settings=None, **more):
            component = bench.component(command, {"d": FOLDER}, {"out": "uri_folder"}, **more)
            step = {
                "component": component,
                "inputs": {"d": "${{parent.inputs.d}}"},
                "outputs": {"out": "${{parent.outputs.out}}"},
            }
            inputs = {"d": {"type": "uri_folder", "path": data}}
            job = bench.run({"step": step}, inputs, {"out": {"type": "uri_folder"}}, **(settings or {}))
            assert job.status == "Completed"
            return job, bench.children(job)["step"]

        return run

    def test_the_same_step_is_reused_and_says_so(self, bench, submit):
        command = "echo $RANDOM > ${{outputs.out}}/x #" + bench.folder.name
        first, first_step = submit(command)
        second, second_step = submit(command)
        assert "azureml.isreused" not in first_step.properties
        assert second_step.properties["azureml.isreused"] == "true"
        assert second_step.properties["azureml.reusedrunid"] == first_step.name
        assert bench.output(first, "out") == bench.output(second, "out")

    def test_another_command_input_or_environment_is_another_step(self, bench, client, submit):
        from azure.ai.ml.entities import Data, Environment

        (bench.folder / "more").mkdir()
        (bench.folder / "more" / "x.csv").write_text(bench.folder.name)
        client.data.create_or_update(
            Data(name="other", version="1", type="uri_folder", path=str(bench.folder / "more"))
        )
        client.environments.create_or_update(Environment(name="other-env", version="1", image="image:1"))
        command = "true #" + bench.folder.name
        submit(command)
        for changed in (
            {"command": command + "!"},
            {"command": command, "data": "azureml:other:1"},
            {"command": command, "environment": "azureml:other-env:1"},
        ):
            assert "azureml.isreused" not in submit(**changed)[1].properties

    def test_changed_code_is_another_step(self, bench, submit):
        code = bench.folder / "code"
        code.mkdir()
        reused = []
        for text in ("one", "one", "two"):
            (code / "say.sh").write_text(f"echo {text} {bench.folder.name}")
            _, step = submit("bash say.sh", code="./code")
            reused.append(step.properties.get("azureml.isreused"))
        assert reused == [None, "true", None]

    def test_reuse_can_be_declined_by_the_job_and_by_the_component(self, bench, submit):
        command = "true #" + bench.folder.name
        submit(command)
        assert "azureml.isreused" not in submit(command, settings={"force_rerun": True})[1].properties
        for _ in range(2):
            assert "azureml.isreused" not in submit(command + "!", is_deterministic=False)[1].properties

    def test_outputs_that_are_gone_are_made_again(self, bench, submit):
        import shutil

        command = "true #" + bench.folder.name
        job, _ = submit(command)
        shutil.rmtree(bench.output(job, "out"))
        assert "azureml.isreused" not in submit(command)[1].properties


def test_of_two_equal_steps_of_one_job_the_second_reuses_the_first(bench):
    """As the vendor's test_pipeline_reuse expects; the steps have no other reason to wait."""
    component = bench.component(f"date +%N > ${{{{outputs.o}}}}; echo {bench.folder}", {}, {"o": "uri_file"})
    steps = {name: {"component": component} for name in ("one", "other")}
    job = bench.run(steps)
    reused = [child.properties.get("azureml.isreused") for child in bench.children(job).values()]
    assert sorted(reused, key=str) == [None, "true"]
