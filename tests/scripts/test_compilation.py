"""Names derive from content: what changes the digest, what does not, and what cannot be compiled."""

import re
import shutil

import pytest
import yaml

from scripts.lib.errors import BadConfiguration, NotFound
from scripts.lib.repository import compilation, files
from scripts.lib.repository.code import code_of
from scripts.lib.repository.compilation import compile_component, compile_environment, compile_variant
from scripts.lib.repository.files import find_variant

ENDPOINT = "heart-disease"
PIPELINE = "pipelines/heart-disease/onehot/pipeline.yml"
TRAIN = "components/train_xgb/component.yml"
DESCRIPTION = f"data/{ENDPOINT}/datapackage.json"
DEPLOYMENT = f"endpoints/{ENDPOINT}/deployments/onehot.yml"


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A copy of what the repository deploys, which the library takes for the repository."""
    for part in ("components", "pipelines", "endpoints", "data", "scripts/lib/data"):
        shutil.copytree(files.ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(files, "ROOT", tmp_path)
    environment = tmp_path / "components" / "environment.yml"
    monkeypatch.setattr(compilation, "ENVIRONMENT_FILE", environment)
    monkeypatch.setattr(compile_environment, "__defaults__", (environment,))
    return tmp_path


def compiled(name="onehot"):
    return compile_variant(find_variant(ENDPOINT, name), ENDPOINT)


def edit(path, **changes):
    content = yaml.safe_load(path.read_text())
    content.update(changes)
    path.write_text(yaml.safe_dump(content))


def replace(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


CHANGES = {
    "code": ("components/train_xgb/train.py", "import boosting", "import  boosting"),
    "command": (TRAIN, "python train.py", "python -u train.py"),
    "packages": ("components/conda.yml", "numpy==", "numpy==1"),
    "a package that a package needs": ("components/conda.yml", "urllib3==", "urllib3==1"),
    "image": ("components/environment.yml", "ubuntu24.04", "ubuntu22.04"),
    "pipeline value": (PIPELINE, "eval_size: 0.", "eval_size: 0.0"),
    "settings": (DEPLOYMENT, "continue_on_step_failure: false", "continue_on_step_failure: true"),
    "described columns": (DESCRIPTION, '"minimum": 18', '"minimum": 19'),
    "compute": (DEPLOYMENT, "batch-cluster", "other-cluster"),
}
SAME = {
    "YAML comment": (PIPELINE, "type: pipeline", "# a comment\ntype: pipeline"),
    "description": (TRAIN, "Trains on the training side", "Learns from the training side"),
    "display name": (PIPELINE, "display_name: Train", "display_name: Fit"),
    "deployment's own name": (DEPLOYMENT, "name: onehot", "name: another"),
    "conda comment": ("components/conda.yml", "dependencies:", "# a comment\ndependencies:"),
}


@pytest.mark.parametrize(("file", "old", "new"), CHANGES.values(), ids=CHANGES)
def test_changed_content_is_another_deployment(root, file, old, new):
    before = compiled()
    replace(root / file, old, new)
    after = compiled()
    assert after.digest != before.digest
    assert after.deployment != before.deployment


@pytest.mark.parametrize(("file", "old", "new"), SAME.values(), ids=SAME)
def test_words_are_no_content(root, file, old, new):
    before = compiled()
    replace(root / file, old, new)
    assert compiled() == before


def test_code_changes_the_code_digest_and_pipeline_values_do_not(root):
    before = compiled()
    replace(root / PIPELINE, "categorical_encoding: onehot", "categorical_encoding: ordinal")
    assert compiled().code_digest == before.code_digest
    replace(root / "components/train_xgb/train.py", "import boosting", "import  boosting")
    assert compiled().code_digest != before.code_digest


def test_a_new_file_is_content_unless_it_is_ignored(root):
    folder, before = root / "components" / "train_xgb", compiled()
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "train.cpython-311.pyc").write_bytes(b"bytecode")
    (folder / "notes.txt").write_text("ignored")
    with (folder / ".amlignore").open("a") as rules:
        rules.write("# what is not uploaded\nnotes.*\n/deep/nested\n")
    (folder / "deep").mkdir()
    (folder / "deep" / "nested").write_text("ignored too")
    assert compiled() == before
    (folder / "nested").write_text("content")
    assert compiled() != before


def test_what_is_hashed_is_what_the_sdk_uploads(root):
    from azure.ai.ml._utils._asset_utils import get_ignore_file, get_upload_files_from_folder

    folder = root / "components" / "train_xgb"
    (folder / ".amlignore").write_text("*.txt\n!kept.txt\nsub/*.log\n# train.py\n")
    (folder / "sub").mkdir()
    for name in ("lost.txt", "kept.txt", "sub/a.log", "sub/b.py"):
        (folder / name).write_text(name)
    uploaded = get_upload_files_from_folder(folder, prefix="", ignore_file=get_ignore_file(folder))
    names = {str(name).removeprefix("/") for _, name in uploaded} - {".amlignore", "component.yml"}
    assert {path.as_posix() for path, _ in code_of(folder, folder / "component.yml")} == names


@pytest.mark.parametrize("variant", ["ordinal", "onehot"])
def test_names_are_within_the_rules_of_the_service(variant):
    made = compiled(variant)
    assert re.fullmatch(rf"{variant}-[0-9a-f]{{10}}", made.deployment)
    assert re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{1,30}[A-Za-z0-9]", made.deployment)
    assert re.fullmatch(r"azureml:[a-z][a-z0-9_]*:[0-9a-f]{10}", made.pipeline.reference)
    assert made.training_step == "train_job"


def test_variants_share_the_training_code():
    ordinal, onehot = compiled("ordinal"), compiled("onehot")
    assert ordinal.code_digest == onehot.code_digest
    assert ordinal.pipeline.reference != onehot.pipeline.reference


@pytest.mark.parametrize("name", ["with_underscore", "1st", "a" * 22])
def test_a_variant_whose_name_cannot_be_deployed(root, name):
    shutil.copytree(root / "pipelines" / ENDPOINT / "onehot", root / "pipelines" / ENDPOINT / name)
    with pytest.raises(BadConfiguration, match=f"pipelines/{name}: .* at most 21 letters, digits and hyphens"):
        compiled(name)


REFUSED = {
    "kind": (TRAIN, {"type": "parallel"}, "type 'parallel' is not one of command, pipeline"),
    "environment": (TRAIN, {"environment": "azureml:another@latest"}, "write azureml:training@latest"),
    "code": (TRAIN, {"code": "no-such"}, "`code` is 'no-such', which is no folder"),
    "name": (TRAIN, {"name": None}, "`name` is missing"),
    "no steps": (PIPELINE, {"jobs": {}}, "has no steps"),
    "step": (PIPELINE, {"jobs": {"train": "later"}}, "step train must hold a mapping"),
    "component": (PIPELINE, {"jobs": {"train": {"component": "gone.yml"}}}, "names component 'gone.yml'"),
    "deployed pipeline": (
        DEPLOYMENT,
        {"component": "../../../pipelines/other/pipeline.yml"},
        "correct its line",
    ),
}


@pytest.mark.parametrize(("file", "changes", "words"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_compiled_is_named(root, file, changes, words):
    edit(root / file, **changes)
    with pytest.raises(BadConfiguration, match=words):
        compiled()


@pytest.mark.parametrize("text", ["- a list\n", "{unclosed", "just words"])
def test_a_file_that_is_no_mapping_is_named(root, text):
    (root / PIPELINE).write_text(text)
    with pytest.raises(BadConfiguration, match=re.escape(PIPELINE)):
        compile_component(root / PIPELINE)


def test_an_unknown_endpoint_or_variant_lists_the_known_ones(root):
    with pytest.raises(NotFound, match=f"the endpoints are: .*{ENDPOINT}"):
        files.endpoint_folder("nobody")
    with pytest.raises(NotFound, match="its variants are: distributed, gpu, onehot, ordinal"):
        find_variant(ENDPOINT, "third")
    (root / DEPLOYMENT).unlink()
    with pytest.raises(NotFound, match=f"variant onehot is not deployed to {ENDPOINT}"):
        compiled()
    assert files.deployed_variants(ENDPOINT) == ["distributed", "gpu", "ordinal"]


def test_outside_git_there_is_no_commit(root):
    assert files.git_commit() is None


@pytest.mark.parametrize(
    ("image", "accepted"),
    [
        ("mcr.microsoft.com/azureml/x:latest", False),
        ("mcr.microsoft.com/azureml/x", False),
        ("host:5000/x", False),
        ("mcr.microsoft.com/azureml/x:20260901.v1", True),
        ("host:5000/x:1.2", True),
        (f"mcr.microsoft.com/azureml/x:latest@sha256:{'0' * 64}", True),
    ],
)
def test_an_image_whose_name_comes_to_mean_another_is_refused(tmp_path, image, accepted):
    path = tmp_path / "environment.yml"
    path.write_text(f"name: training\nimage: {image}\n")
    if accepted:
        assert compile_environment(path).version
        return
    with pytest.raises(BadConfiguration, match="renew_image"):
        compile_environment(path)
