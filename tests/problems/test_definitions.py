"""Every definition that Azure ML reads, of every problem, loaded and validated by its own SDK."""

import re

import pytest
import yaml

from scripts.lib.repository.files import ROOT, deployed_variants, variant_names
from scripts.lib.repository.problem import find_problem, problem_names

PROBLEMS = problem_names()
VARIANTS = [(problem, variant) for problem in PROBLEMS for variant in variant_names(problem)]
FILES = sorted(
    [
        *(ROOT / "components").rglob("*.yml"),
        *(ROOT / "pipelines").rglob("*.yml"),
        *(ROOT / "endpoints").rglob("endpoint.yml"),
        *(ROOT / "endpoints").rglob("inputs.yml"),
        *(ROOT / "endpoints").rglob("deployments/*.yml"),
    ]
)
of_each_variant = pytest.mark.parametrize(("problem", "variant"), VARIANTS, ids=map("-".join, VARIANTS))
of_each_problem = pytest.mark.parametrize("problem", PROBLEMS)


def _yaml(path):
    return yaml.safe_load(path.read_text())


@of_each_problem
def test_there_is_a_deployment_for_each_variant_and_of_its_scoring(problem):
    assert len(variant_names(problem)) >= 1
    assert deployed_variants(problem) == variant_names(problem) == deployed_variants(f"{problem}-score")


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


@of_each_variant
def test_the_inputs_are_those_of_the_endpoint_and_the_outputs_are_the_three(problem, variant):
    pipeline = _yaml(ROOT / "pipelines" / problem / variant / "pipeline.yml")
    given = _yaml(ROOT / "endpoints" / problem / "inputs.yml")["inputs"]
    required = {name for name, value in pipeline["inputs"].items() if not value.get("optional")}
    assert required <= set(given) <= set(pipeline["inputs"])
    assert given["input_data"]["path"] == f"azureml:{find_problem(problem).data_asset}@latest"
    assert {"model", "evaluation_results", "prepare_transformations"} <= set(pipeline["outputs"])


@of_each_variant
def test_steps_that_are_given_a_split_are_given_the_same(problem, variant):
    steps = _yaml(ROOT / "pipelines" / problem / variant / "pipeline.yml")["jobs"].values()
    for name in ("eval_size", "target_column"):
        assert len({step["inputs"][name] for step in steps if name in step["inputs"]}) == 1


@of_each_problem
def test_the_target_given_to_the_steps_is_the_one_described(problem):
    for variant in variant_names(problem):
        steps = _yaml(ROOT / "pipelines" / problem / variant / "pipeline.yml")["jobs"].values()
        targets = {step["inputs"]["target_column"] for step in steps if "target_column" in step["inputs"]}
        assert targets <= {find_problem(problem).target}


@pytest.mark.parametrize("file", ["pipeline.yml", "score.yml"])
@of_each_variant
def test_bindings_lead_to_what_exists(problem, variant, file):
    path = ROOT / "pipelines" / problem / variant / file
    pipeline = _yaml(path)
    for step in pipeline["jobs"].values():
        component = _yaml(path.parent / step["component"])
        assert set(step["inputs"]) <= set(component["inputs"])
        assert set(step.get("outputs", ())) <= set(component["outputs"])
        required = {
            name for name, value in component["inputs"].items() if not value.get("optional") and "default" not in value
        }
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
    folder = ROOT / "pipelines"
    pipelines = [*folder.glob("*/*/pipeline.yml"), *folder.glob("*/*/score.yml")]
    found = {path: _yaml(path)["jobs"] for path in (*pipelines, ROOT / "pipelines" / "withhold.yml")}
    assert len(found) == 2 * len(VARIANTS) + 1
    without = [f"{path}: {name}" for path, jobs in found.items() for name, job in jobs.items() if not _limit(job)]
    assert without == []


def _limit(job):
    return 0 < (job.get("limits") or {}).get("timeout", 0) <= 4 * 3600


@pytest.mark.slow
@of_each_variant
def test_the_sdk_loads_and_accepts_every_definition(problem, variant):
    from azure.ai.ml import load_batch_endpoint, load_component, load_job
    from azure.ai.ml.entities._load_functions import load_pipeline_component_batch_deployment

    folder, endpoint = ROOT / "pipelines" / problem / variant, ROOT / "endpoints" / problem
    for file in ("pipeline.yml", "score.yml"):
        assert load_component(folder / file)._validate().passed
    job = load_job(folder / "job.yml")
    assert job._validate().passed
    assert job.settings.default_compute == "batch-cluster"
    for name in (problem, f"{problem}-score"):
        file = ROOT / "endpoints" / name / "deployments" / f"{variant}.yml"
        deployment = load_pipeline_component_batch_deployment(file)
        assert deployment.endpoint_name == name
        assert deployment.settings == {"default_compute": "batch-cluster", "continue_on_step_failure": False}
    assert load_batch_endpoint(endpoint / "endpoint.yml").name == problem


@pytest.mark.slow
def test_the_sdk_loads_and_accepts_every_component():
    from azure.ai.ml import load_component, load_environment

    for path in (ROOT / "components").glob("*/component.yml"):
        assert load_component(path)._validate().passed
    assert load_environment(ROOT / "components" / "environment.yml").name == "training"


@pytest.mark.slow
def test_the_sdk_says_no_to_a_broken_definition(tmp_path):
    from azure.ai.ml import load_component
    from marshmallow import ValidationError

    problem, variant = VARIANTS[0]
    text = (ROOT / "pipelines" / problem / variant / "pipeline.yml").read_text().replace("../../..", str(ROOT))
    path = tmp_path / "pipeline.yml"
    path.write_text(re.sub("      target_column: .*\n", "", text))
    assert "jobs.train_job.inputs.target_column" in load_component(path)._validate().error_messages
    path.write_text(text.replace("type: mlflow_model", "type: mlflow"))
    with pytest.raises(ValidationError):
        load_component(path)
