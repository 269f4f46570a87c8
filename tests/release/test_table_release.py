"""A variant that takes an MLTable is released beside one that takes a folder, and is judged on the same rows."""

import json
import shutil
from dataclasses import replace

import pytest
from release_line import Line
from small_line import TABLE

from scripts.lib.data.source import resolve
from scripts.lib.repository.problem import find_problem
from tests.small_problem import PROBLEM, problems_of

pytestmark = pytest.mark.slow

FOLDER_ASSET, TABLE_ASSET = f"{PROBLEM}-train", f"{PROBLEM}-train-table"


def with_table_variant(repository, folder):
    """Copy a repository, and add the variant `table` to it, which is to serve: ordinal, whose data is an MLTable."""
    shutil.copytree(repository, folder)
    place = folder / "pipelines" / PROBLEM
    shutil.copytree(place / "ordinal", place / "table")
    for name in ("pipeline", "job", "score"):
        path = place / "table" / f"{name}.yml"
        head, data, rest = path.read_text().partition("data:\n    type: uri_folder")
        assert data
        text = head + data.replace("uri_folder", "mltable") + rest
        path.write_text(text.replace("      data: ${{parent.inputs.", "      table: ${{parent.inputs."))
    for endpoint in (PROBLEM, f"{PROBLEM}-score"):
        deployments = folder / "endpoints" / endpoint / "deployments"
        (deployments / "table.yml").write_text((deployments / "ordinal.yml").read_text().replace("ordinal", "table"))
    (folder / "endpoints" / PROBLEM / "serving.yml").write_text("variant: table\non_request: [onehot]\n")
    return folder


@pytest.fixture
def line(small_repository, tmp_path) -> Line:
    return Line(tmp_path / "line", with_table_variant(small_repository, tmp_path / "repository"), PROBLEM)


def release(line, *more, code=0):
    variants = ("--variant", "ordinal", "--variant", "table")
    return line.process("release_variants", *variants, *more, "--output", f"{line.folder}/out", code=code)


def evidence(line, variant):
    return json.loads((line.folder / "out" / variant / "evidence.json").read_text())


def told(line, kind):
    """Return each deployment, or nothing for a test job, and the data that it was given as ``kind``, newest first."""
    jobs = [job for job in line.client().jobs.list() if "input_data" in (job.inputs or {})]
    given = [(job.tags.get("azureml.deploymentname", ""), job.inputs["input_data"]._data) for job in jobs]
    return [(name, data.path) for name, data in given if data.type == kind]


def test_a_variant_that_takes_a_table_is_judged_as_its_twin_that_takes_a_folder(line, tmp_path):
    done = release(line)
    assert [one["promoted"] for one in done.result["variants"]] == [True, True]
    first, second = evidence(line, "ordinal"), evidence(line, "table")
    assert second["candidate"]["metrics"] == first["candidate"]["metrics"] == second["champion"]["metrics"]
    assert second["candidate"]["predictions_digest"] == first["candidate"]["predictions_digest"]
    # Each was given the same version as the type that it takes.
    name, version = first["data"]["name"], first["data"]["version"]
    assert (name, second["data"]) == (FOLDER_ASSET, first["data"])
    client = line.client()
    asset = client.data.get(TABLE_ASSET, version=version)
    assert (asset.type, client.data.get(name, version=version).type) == ("mltable", "uri_folder")
    assert asset._referenced_uris == [f"./{TABLE.name}"]
    deployments = [one["deployment"] for one in done.result["variants"]]
    for kind, deployment in zip(("uri_folder", "mltable"), deployments, strict=True):
        assert {job for job, _ in told(line, kind) if job} == {deployment}, kind
        # Two folds and all rows, and the test job before it was deployed.
        assert len(told(line, kind)) == 4
    # Whatever follows gives it a table, too: plans, new rows, the default data, the way back, new data.
    assert {change["action"] for change in line.run("plan_release").result["changes"]} == {"keep"}
    line.run("score", "--data", str(TABLE), "--output", str(tmp_path / "scores"))
    assert len((tmp_path / "scores" / "predictions.csv").read_text().splitlines()) == len(
        TABLE.read_text().splitlines()
    )
    line.run("invoke_deployment")
    assert told(line, "mltable")[0] == (deployments[1], f"{TABLE_ASSET}:{version}")
    rows = tmp_path / "rows"
    rows.mkdir()
    (rows / "new.csv").write_text("\n".join(TABLE.read_text().splitlines()[:-1]) + "\n")
    new = line.run("setup_workspace", "--data", str(rows), "--work", str(tmp_path / "work")).result
    assert new["created"] == ["data", "table"]
    judge = ("--deployment", deployments[1], "--retrained", "--output", str(tmp_path / "retrained"))
    line.run("evaluate_candidate", *judge, "--data-asset", new["data_asset"])
    assert (deployments[1], new["data_asset"].replace("train:", "train-table:")) in told(line, "mltable")
    for back, kind in ((), "uri_folder"), (("--to", deployments[1]), "mltable"):
        goal = line.run("rollback_default", *back).result["default"]
        assert told(line, kind)[0][0] == goal


TEXT = """paths: [{file: ./deliveries/first.txt}]
transformations:
- read_delimited: {delimiter: ";", encoding: windows1252}
"""


def registered(line, folder, kind="mltable", name="tables"):
    """Register, as somebody else, a table whose files are otherwise than ours, beside rows that do not count."""
    from azure.ai.ml.entities import Data

    (folder / "deliveries").mkdir(parents=True)
    (folder / "deliveries" / "first.txt").write_bytes(TABLE.read_text().replace(",", ";").encode("cp1252"))
    (folder / "deliveries" / "older.csv").write_text("not rows of this problem\n")
    (folder / "MLTable").write_text(TEXT)
    return line.client().data.create_or_update(Data(name=name, version="3", type=kind, path=str(folder)))


def test_a_table_in_the_workspace_is_released_where_it_lies(line, tmp_path):
    asset = registered(line, tmp_path / "rows")
    before = [path for path in line.state.rglob("first.txt") if "LocalUpload" in path.parts]
    done = release(line, "--data", "azureml:tables@latest")
    assert [one["promoted"] for one in done.result["variants"]] == [True, True]
    first, second = evidence(line, "ordinal"), evidence(line, "table")
    assert second["candidate"]["metrics"] == first["candidate"]["metrics"]
    assert "uploading the data" not in done.story
    assert [path for path in line.state.rglob("first.txt") if "LocalUpload" in path.parts] == before
    here = resolve(TABLE, tmp_path / "work", find_problem_of(line))
    version = first["data"]["version"]
    assert version == here.digest[:12]
    for name, kind in ((FOLDER_ASSET, "uri_folder"), (TABLE_ASSET, "mltable")):
        found = line.client().data.get(name, version=version)
        assert (found.type, found.path.rstrip("/")) == (kind, asset.path.rstrip("/"))


def find_problem_of(line):
    with problems_of(line.repository):
        return find_problem(line.problem)


REFUSED = {
    "a table, and no variant takes one": (
        False, "mltable", "validate_data", ["--data", "azureml:tables:3"],
        "azureml:tables:3 is of type mltable; the inputs of the deployments are of type uri_folder. Register the "
        "folder of its files as an asset of that type, or declare mltable for the data of a variant.",
    ),
    "a table as the data of one command": (
        True, "mltable", "run_pipeline", ["--variant", "table", "--data-asset", "tables:3"],
        "azureml:tables:3 is of type mltable; the inputs of the deployments are of type uri_folder.",
    ),
    "a folder, and a variant takes a table": (
        True, "uri_folder", "setup_workspace", ["--data", "azureml:tables:3"],
        "is not an asset of type mltable, which the data of a variant is declared as. Put an MLTable file beside its "
        "files, and register their folder as an asset of that type.",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("has_table", "kind", "command", "options", "words"), REFUSED.values(), ids=REFUSED)
def test_data_of_another_type_is_refused_by_name(
    line, small_repository, tmp_path, has_table, kind, command, options, words
):
    on = line if has_table else replace(line, repository=small_repository)
    registered(on, tmp_path / "rows", kind)
    work = ("--work", str(tmp_path / "work")) if command == "setup_workspace" else ()
    assert words in " ".join(on.run(command, *options, *work, code=2).story.split())


OTHER_TYPE = {
    "a folder for a table": (
        "      table: $", "      data: $",
        "gives input_data, of type mltable, to its input data, of type uri_folder. Give it to one of "
        "type mltable: table.",
    ),
    "a table for a folder": (
        "type: mltable", "type: uri_folder",
        "gives input_data, of type uri_folder, to its input table, of type mltable. Give it to one of type uri_folder: "
        "data, transformations.",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "words"), OTHER_TYPE.values(), ids=OTHER_TYPE)
def test_a_step_that_takes_the_other_type_is_refused_by_name(line, old, new, words):
    path = line.repository / "pipelines" / PROBLEM / "table" / "pipeline.yml"
    path.write_text(path.read_text().replace(old, new, 1))
    done = line.run("plan_release", "--variant", "table", code=2)
    assert words in " ".join(done.story.split())


def test_an_input_that_takes_neither_is_refused_by_name(line):
    path = line.repository / "pipelines" / PROBLEM / "table" / "pipeline.yml"
    path.write_text(path.read_text().replace("type: mltable", "type: uri_file", 1))
    done = line.run("setup_workspace", "--work", f"{line.folder}/work", code=2)
    assert "the input input_data is of type 'uri_file'; rows come as uri_folder, or as mltable." in done.story
