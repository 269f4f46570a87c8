"""Every definition that Azure ML reads, loaded and validated by its own SDK."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
ENDPOINT = ROOT / "endpoints" / "heart-disease"
VARIANTS = sorted(path.parent.name for path in (ROOT / "pipelines").glob("*/pipeline.yml"))
FILES = sorted(
    [
        *(ROOT / "components").rglob("*.yml"),
        *(ROOT / "pipelines").rglob("*.yml"),
        ENDPOINT / "endpoint.yml",
        ENDPOINT / "inputs.yml",
        *(ENDPOINT / "deployments").glob("*.yml"),
    ]
)


def _yaml(path):
    return yaml.safe_load(path.read_text())


def test_there_is_a_deployment_for_each_variant():
    assert sorted(path.stem for path in (ENDPOINT / "deployments").glob("*.yml")) == VARIANTS
    assert {"ordinal", "onehot"} <= set(VARIANTS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_inputs_outputs_and_steps_say_their_type(path):
    def untyped(content, trail=""):
        for key, value in content.items() if isinstance(content, dict) else ():
            if key in ("inputs", "outputs", "jobs") and "component" not in content:
                yield from (
                    f"{trail}{key}.{name}" for name, it in value.items() if isinstance(it, dict) and "type" not in it
                )
            yield from untyped(value, f"{trail}{key}.")

    assert not list(untyped(_yaml(path)))


@pytest.mark.parametrize("variant", VARIANTS)
def test_only_the_data_is_public_and_the_outputs_are_the_three(variant):
    pipeline = _yaml(ROOT / "pipelines" / variant / "pipeline.yml")
    assert list(pipeline["inputs"]) == ["input_data"]
    assert set(pipeline["outputs"]) == {"model", "evaluation_results", "prepare_transformations"}
    steps = pipeline["jobs"]
    assert steps["prepare_job"]["inputs"]["eval_size"] == steps["train_job"]["inputs"]["eval_size"]


@pytest.mark.parametrize("variant", VARIANTS)
def test_bindings_lead_to_what_exists(variant):
    path = ROOT / "pipelines" / variant / "pipeline.yml"
    pipeline = _yaml(path)
    for step in pipeline["jobs"].values():
        component = _yaml(path.parent / step["component"])
        assert set(step["inputs"]) <= set(component["inputs"])
        assert set(step.get("outputs", ())) <= set(component["outputs"])
        required = {name for name, value in component["inputs"].items() if not value.get("optional")}
        assert required <= set(step["inputs"])
        for name, value in step["inputs"].items():
            assert value in component["inputs"][name].get("enum", [value])
        for value in map(str, [*step["inputs"].values(), *step.get("outputs", {}).values()]):
            if match := re.fullmatch(r"\$\{\{parent\.jobs\.(\w+)\.outputs\.(\w+)\}\}", value):
                source = _yaml(path.parent / pipeline["jobs"][match[1]]["component"])
                assert match[2] in source["outputs"]
            elif match := re.fullmatch(r"\$\{\{parent\.(inputs|outputs)\.(\w+)\}\}", value):
                assert match[2] in pipeline[match[1]]
            else:
                assert "${{" not in value


def test_every_step_has_a_limit_of_time():
    """A step that hangs is paid for until somebody looks: no longer than its limit."""
    pipelines = [*(ROOT / "pipelines").glob("*/pipeline.yml"), *(ROOT / "pipelines").glob("*/score.yml")]
    found = {path: _yaml(path)["jobs"] for path in (*pipelines, ROOT / "pipelines" / "withhold.yml")}
    assert len(found) == 2 * len(VARIANTS) + 1
    without = [f"{path}: {name}" for path, jobs in found.items() for name, job in jobs.items() if not _limit(job)]
    assert without == []


def _limit(job):
    return 0 < (job.get("limits") or {}).get("timeout", 0) <= 4 * 3600


def test_two_variants_differ_in_one_line_of_the_pipeline_and_two_of_the_deployment():
    def differing(*files):
        first, second = (path.read_text().splitlines() for path in files)
        assert len(first) == len(second)
        return [(a, b) for a, b in zip(first, second, strict=True) if a != b]

    pipelines = ROOT / "pipelines"
    assert differing(*(pipelines / name / "pipeline.yml" for name in ("ordinal", "onehot"))) == [
        ("      categorical_encoding: ordinal", "      categorical_encoding: onehot")
    ]
    assert not differing(*(pipelines / name / "job.yml" for name in ("ordinal", "onehot")))
    assert len(differing(*(ENDPOINT / "deployments" / f"{name}.yml" for name in ("ordinal", "onehot")))) == 2


@pytest.mark.slow
def test_the_sdk_loads_and_accepts_every_definition(tmp_path):
    from azure.ai.ml import load_batch_endpoint, load_component, load_environment, load_job
    from azure.ai.ml.entities._load_functions import load_pipeline_component_batch_deployment
    from marshmallow import ValidationError

    for path in (ROOT / "components").glob("*/component.yml"):
        assert load_component(path)._validate().passed
    for variant in VARIANTS:
        assert load_component(ROOT / "pipelines" / variant / "pipeline.yml")._validate().passed
        job = load_job(ROOT / "pipelines" / variant / "job.yml")
        assert job._validate().passed
        assert job.settings.default_compute == "batch-cluster"
        deployment = load_pipeline_component_batch_deployment(ENDPOINT / "deployments" / f"{variant}.yml")
        assert deployment.endpoint_name == "heart-disease"
        assert deployment.settings == {
            "default_compute": "batch-cluster",
            "continue_on_step_failure": False,
        }
        assert deployment.component.jobs["prepare_job"].inputs["categorical_encoding"]._data == variant
    assert load_batch_endpoint(ENDPOINT / "endpoint.yml").name == "heart-disease"
    assert load_environment(ROOT / "components" / "environment.yml").name == "training"

    broken = (ROOT / "pipelines" / "ordinal" / "pipeline.yml").read_text().replace("../..", str(ROOT))
    path = tmp_path / "pipeline.yml"
    path.write_text(broken.replace("      target_column: target\n", ""))
    assert "jobs.train_job.inputs.target_column" in load_component(path)._validate().error_messages
    path.write_text(broken.replace("type: mlflow_model", "type: mlflow"))
    with pytest.raises(ValidationError):
        load_component(path)
