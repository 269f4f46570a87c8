"""Seven adaptations, each in a fresh clone by what a user writes: nothing outside its own folders is touched."""

import pytest
from adaptations import counted
from clones import customers, fresh_clone

pytestmark = pytest.mark.slow

ALGORITHM = '''"""Train trees that grow leaf by leaf."""

import boosting
import protocol


def parameters(rows, given):
    return {**boosting.parameters(rows, given), "grow_policy": "lossguide", "max_leaves": 6}


train = protocol.step({}, parameters, boosting.fit)

if __name__ == "__main__":
    protocol.main(__doc__, {}, train)
'''
STEP = '''"""Clip the features of prepared rows."""

import shutil
import sys

import numpy as np

shutil.copytree(sys.argv[1], sys.argv[2], dirs_exist_ok=True, copy_function=shutil.copyfile)
np.save(f"{sys.argv[2]}/features.npy", np.clip(np.load(f"{sys.argv[2]}/features.npy"), -1e5, 1e5))
'''
STEP_COMPONENT = """$schema: https://azuremlschemas.azureedge.net/latest/commandComponent.schema.json
type: command
name: clip_features
is_deterministic: true
inputs:
  prepared_data: {type: uri_folder}
outputs:
  clipped: {type: uri_folder}
code: .
environment: azureml:training@latest
command: python clip.py ${{inputs.prepared_data}} ${{outputs.clipped}}
"""
STEP_JOB = """  clip_job:
    type: command
    component: ../../../components/clip/component.yml
    limits:
      timeout: 3600
    inputs:
      prepared_data: ${{parent.jobs.prepare_job.outputs.prepared_data}}
"""


@pytest.fixture
def clone(tmp_path):
    return fresh_clone(tmp_path)


@pytest.fixture
def touches_its_own_folders_alone(clone, request):
    """Function: compare what the test of this name touched outside of the folders ``names`` with the table."""

    def compare(*names):
        own = tuple(f"{place}/{name}/" for name in names for place in ("data", "pipelines", "endpoints", "components"))
        own += tuple(f"endpoints/{name}-score/" for name in names)
        outside = [path for path in clone.touched() if not path.startswith(own)]
        assert clone.touched()
        assert clone.tests
        name, _, given = request.node.name.removeprefix("test_").replace("_", " ").partition("[")
        adaptation = f"{name} ({', '.join(given.rstrip(']').split('-'))})" if given else name
        counted(adaptation, outside, clone.tests, clone.red, clone.seconds)

    return compare


def drafted(clone, target="left", name="churn"):
    """Draft a problem in the clone."""
    table = customers(clone.folder.parent, target)
    return clone.script("new_problem", name, "--data", str(table), "--target", target)


def test_other_columns_with_slices_of_their_own(clone, touches_its_own_folders_alone):
    assert drafted(clone)["task"] == "binary"
    gate = clone.folder / "endpoints/churn/gate.yml"
    slices = (
        "slices:\n  minimum_rows: 30\n  minimum_per_class: 20\n  floors: {roc_auc: 0.5}\n"
        "  by:\n    region: {north: north, south: south}\n    age: [[0, 50], [50, 100]]\n\nevidence:"
    )
    clone.edit("endpoints/churn/gate.yml", "evidence:", slices)
    assert "region" in gate.read_text()
    clone.check()
    done = clone.release("churn")
    rules = {rule["rule"] for rule in done["variants"][0]["rules"]}
    assert {"region.north.roc_auc.floor", "age.0-50.roc_auc.floor"} <= rules
    touches_its_own_folders_alone("churn")


@pytest.mark.long
@pytest.mark.parametrize(("target", "task"), [("segment", "multiclass"), ("spends", "regression")])
def test_several_classes_and_a_number(clone, touches_its_own_folders_alone, target, task):
    assert drafted(clone, target)["task"] == task
    clone.check()
    clone.release("churn")
    touches_its_own_folders_alone("churn")


@pytest.mark.long
def test_another_algorithm_is_a_folder(clone, touches_its_own_folders_alone):
    drafted(clone)
    definition = (clone.folder / "components/train_xgb/component.yml").read_text()
    head, _, tail = definition.partition("  rounds:\n")
    command = tail.partition("environment:")[2].partition("  $[[--rounds")[0]
    included = "additional_includes:\n  - ../train_xgb/boosting.py\n" + tail.partition("additional_includes:\n")[2]
    included = included.partition("environment:")[0]
    outputs = tail[tail.index("outputs:") : tail.index("additional_includes:")]
    name = head.replace("name: train_xgboost", "name: train_leafwise")
    ends = "  --model ${{outputs.model}}\n  --evaluation-results ${{outputs.evaluation_results}}\n"
    clone.write("components/leafwise/component.yml", f"{name}{outputs}{included}environment:{command}{ends}")
    clone.write("components/leafwise/train.py", ALGORITHM)
    clone.edit("pipelines/churn/trees/pipeline.yml", "components/train_xgb/", "components/leafwise/")
    clone.check()
    clone.release("churn")
    touches_its_own_folders_alone("churn", "leafwise")


@pytest.mark.long
def test_a_third_step(clone, touches_its_own_folders_alone):
    drafted(clone)
    clone.write("components/clip/component.yml", STEP_COMPONENT)
    clone.write("components/clip/clip.py", STEP)
    for file, step in (("pipeline.yml", "train_job"), ("score.yml", "score_job")):
        path = f"pipelines/churn/trees/{file}"
        clone.edit(path, f"  {step}:\n", f"{STEP_JOB}  {step}:\n")
        text = (clone.folder / path).read_text()
        before, mark, after = text.partition(f"  {step}:\n")
        was = "${{parent.jobs.prepare_job.outputs.prepared_data}}"
        clone.write(path, before + mark + after.replace(was, "${{parent.jobs.clip_job.outputs.clipped}}"))
    clone.check()
    clone.release("churn")
    touches_its_own_folders_alone("churn", "clip")


@pytest.mark.long
def test_a_second_endpoint_lives_beside_the_first(clone, touches_its_own_folders_alone):
    drafted(clone)
    drafted(clone, "spends", "spending")
    clone.check()
    first, second = clone.release("churn"), clone.release("spending")
    status = clone.script("show_status", "--problem", "churn")
    assert status["default"] == first["default"]
    assert clone.script("show_status", "--problem", "spending")["default"] == second["default"]
    touches_its_own_folders_alone("churn", "spending")


@pytest.mark.long
def test_two_inputs(clone, touches_its_own_folders_alone):
    drafted(clone)
    given = "  rounds:\n    type: integer\n    description: How many trees.\noutputs:\n  model:"
    for variant in ("trees", "deeper-trees"):
        folder = f"pipelines/churn/{variant}"
        clone.edit(f"{folder}/pipeline.yml", "outputs:\n  model:", given)
        text = (clone.folder / folder / "pipeline.yml").read_text().replace("      rounds: 150\n", "")
        text = text.replace(
            "      eval_size: 0.3\n    outputs:\n      model:", "      eval_size: 0.3\n@@    outputs:\n      model:"
        )
        text = text.replace("      max_depth: 4\n", "      max_depth: 4\n@@")
        clone.write(f"{folder}/pipeline.yml", text.replace("@@", "      rounds: ${{parent.inputs.rounds}}\n"))
        clone.edit(f"{folder}/job.yml", "settings:", "  rounds: 40\nsettings:")
    inputs = clone.folder / "endpoints/churn/inputs.yml"
    inputs.write_text(inputs.read_text().rstrip() + "\n  rounds: 40\n")
    clone.check()
    clone.release("churn")
    touches_its_own_folders_alone("churn")
