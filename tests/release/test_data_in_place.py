"""Data that lies in the workspace is released where it lies: findings, digest and verdict are those of a file here."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from release_line import ROOT, Line
from small_line import TABLE, judged_once, released_once  # noqa: F401

from scripts.lib.data.source import resolve
from scripts.lib.data.validation import validate
from scripts.lib.repository.problem import find_problem
from tests.small_problem import PROBLEM

pytestmark = pytest.mark.slow

ASSET = f"{PROBLEM}-train"
PARQUET = ROOT / "tests" / "data" / "parquet" / "duckdb_partitioned"


def delivered(line, folder, name="patients", version="7", kind="uri_folder"):
    """Let somebody else register data, as it is usual: without the tags of the line; return the asset."""
    from azure.ai.ml.entities import Data

    return line.client().data.create_or_update(Data(name=name, version=version, type=kind, path=str(folder)))


def only_file(path, folder):
    folder.mkdir()
    shutil.copy(path, folder)
    return folder


def changed(folder, **columns):
    """Write the small problem's rows with some columns otherwise."""
    frame = pd.read_csv(TABLE)
    folder.mkdir()
    frame.assign(**{name: make(frame) for name, make in columns.items()}).to_csv(folder / TABLE.name, index=False)
    return folder


def inverted(frame):
    return frame.recovered.map({"yes": "no", "no": "yes"})


def rows_below(folder):
    """Return the files below a folder that hold a row of the data."""
    row = TABLE.read_text().splitlines()[1].encode()
    return [path for path in folder.rglob("*") if path.is_file() and row in path.read_bytes()]


def uploads(line):
    """Return every copy of the data that a client has brought into the workspace."""
    return [path for path in line.state.rglob(TABLE.name) if "LocalUpload" in path.parts]


def evidence(line):
    return json.loads((line.folder / "out" / "ordinal" / "evidence.json").read_text())


def release(line, *data, code=0):
    return line.process("release_variants", "--variant", "ordinal", *data, "--output", f"{line.folder}/out", code=code)


def test_a_release_of_an_asset_is_that_of_its_files_and_no_row_reaches_the_runner(small_line, tmp_path):
    here, there = replace(small_line, folder=tmp_path / "here"), replace(small_line, folder=tmp_path / "there")
    release(here, "--data", str(TABLE))
    asset = delivered(there, only_file(TABLE, tmp_path / "rows"))
    before = uploads(there)
    assert len(before) == 1
    done = release(there, "--data", "azureml:patients@latest")
    assert "azureml:patients:7: 1 file" in done.story
    assert "uploading the data" not in done.story
    ours, theirs = evidence(there), evidence(here)
    for part in ("data", "verdict"):
        assert ours[part] == theirs[part], part
    assert ours["split"]["digest"] == theirs["split"]["digest"]
    assert ours["candidate"]["metrics"] == theirs["candidate"]["metrics"]
    assert ours["candidate"]["predictions_digest"] == theirs["candidate"]["predictions_digest"]
    assert there.default() == here.default()
    registered = there.client().data.get(ASSET, version=ours["data"]["version"])
    assert registered.path.rstrip("/") == asset.path.rstrip("/")
    assert rows_below(there.folder / "out") == []
    assert uploads(there) == before
    # The rows of another version, or a label, are found by the other commands, too.
    job = there.run("run_pipeline", "--variant", "ordinal", "--data-asset", f"{ASSET}@latest").result["job"]
    assert there.client().jobs.get(job).status == "Completed"


def told(line, data, output, code):
    """Validate data, and return what is the same wherever it lies."""
    done = line.run("validate_data", "--data", data, "--output", str(output), code=code)
    if not (output / "validation_result.json").is_file():
        return done.story.splitlines()[-1].rpartition("/")[2]
    document = json.loads((output / "validation_result.json").read_text())
    assert Path(document["data_docs"]).is_file()
    return {
        key: document[key] for key in ("accepted", "digest", "rows", "rules", "findings", "distributions", "synthetic")
    }


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda folder: only_file(TABLE, folder), 0),
        (lambda folder: changed(folder, age=lambda frame: frame.age + 900, colour=lambda frame: "plaid"), 3),
        (lambda folder: changed(folder, more=lambda frame: 1), 3),
    ],
    ids=["accepted", "wrong values", "a column too many"],
)
def test_the_findings_are_those_of_a_validation_here(small_line, tmp_path, make, code):
    rows = make(tmp_path / "rows")
    delivered(small_line, rows)
    here = told(small_line, str(rows), tmp_path / "here", code)
    assert told(small_line, "azureml:patients:7", tmp_path / "there", code) == here
    assert here["accepted"] == (code == 0)


def test_a_file_that_is_no_table_is_refused_in_the_same_words(small_line, tmp_path):
    rows = tmp_path / "rows"
    rows.mkdir()
    (rows / TABLE.name).write_bytes(TABLE.read_bytes().replace(b"48,8.7", b"48,8.7,9", 1))
    delivered(small_line, rows)
    here = told(small_line, str(rows), tmp_path / "here", 3)
    assert "has rows with more fields than its header" in here
    assert told(small_line, "azureml:patients:7", tmp_path / "there", 3).endswith(here)


def test_partitioned_parquet_is_validated_at_its_address(tmp_path):
    line, problem = Line(tmp_path / "line"), find_problem("heart-disease")
    address = delivered(line, PARQUET).path
    report = validate(resolve(PARQUET, tmp_path / "work", problem), tmp_path / "here", problem)
    done = line.run("setup_workspace", "--data", address.rstrip("/"), "--work", str(tmp_path / "work"))
    assert done.result["data_asset"] == f"heart-disease-train:{report.source.digest[:12]}"
    registered = line.client().data.get("heart-disease-train", version=report.source.digest[:12])
    assert registered.tags["content_digest"] == f"sha256:{report.source.digest}"
    assert registered.tags["rows"] == "120"
    document = json.loads((tmp_path / "validation" / "validation_result.json").read_text())
    assert document["distributions"] == json.loads(json.dumps(report.as_document()["distributions"]))
    job = line.run("run_pipeline", "--variant", "ordinal", "--data-asset", done.result["data_asset"]).result["job"]
    assert line.client().jobs.get(job).status == "Completed"


def test_rows_that_changed_are_refused_where_they_lie(released, tmp_path):
    before = len(list(released.client().data.list(name=ASSET)))
    delivered(released, changed(tmp_path / "rows", recovered=inverted))
    work = ("--data", "azureml:patients:7", "--work", str(tmp_path / "work"))
    done = released.run("setup_workspace", *work, code=3)
    (tmp_path / "here").mkdir()
    here = released.run("setup_workspace", "--data", str(tmp_path / "rows"), "--work", str(tmp_path / "here"), code=3)
    said = [line for line in done.story.splitlines() if "labels-inverted" in line]
    assert said
    assert said == [line for line in here.story.splitlines() if "labels-inverted" in line]
    assert len(list(released.client().data.list(name=ASSET))) == before
    delivered(released, only_file(TABLE, tmp_path / "honest"), version="8")
    assert released.run("setup_workspace", "--data", "azureml:patients@latest", *work[2:]).result["created"] == []


def test_rows_are_scored_where_they_lie(released, tmp_path):
    delivered(released, only_file(TABLE, tmp_path / "rows"))
    scores = [
        released.run("score", "--data", data, "--output", str(tmp_path / name))
        and (tmp_path / name / "predictions.csv").read_bytes()
        for name, data in (("here", str(TABLE)), ("there", "azureml:patients:7"))
    ]
    assert scores[0] == scores[1]


def test_a_plan_tells_of_data_that_nobody_has_read_yet(released, tmp_path):
    delivered(released, only_file(TABLE, tmp_path / "rows"))
    unread = released.run("plan_release", "--data", "azureml:patients:7").result
    assert unread["retrain"]
    known = released.run("plan_release", "--data", f"azureml:{ASSET}@latest").result
    assert not known["retrain"]


REFUSED = {
    "no such asset": ("setup_workspace", ["--data", "azureml:nobodys:1"], 8, "has no data asset azureml:nobodys:1"),
    "a file": ("setup_workspace", ["--data", "azureml:file:1"], 2, "is of type uri_file"),
    "a file at an address": (
        "setup_workspace",
        ["--data", "azureml://datastores/workspaceblobstore/paths/a/b.parquet"],
        2,
        "names a file; the pipelines take folders",
    ),
    "another address": ("setup_workspace", ["--data", "abfss://a@b/c"], 2, "no address of data in the workspace"),
    "an asset without version": ("release_variants", ["--data", "azureml:patients"], 2, "azureml:NAME@latest"),
    "against files": (
        "validate_data",
        ["--data", "azureml:file:1", "--against", str(TABLE)],
        2,
        "--against compares files",
    ),
    "a sample": ("generate_sample", ["--output", "x.csv", "--data", "azureml:file:1"], 2, "reads rows here"),
    "an address as an asset": (
        "run_pipeline",
        ["--variant", "ordinal", "--data-asset", "azureml://datastores/a/paths/b"],
        2,
        "`setup_workspace --data` registers it",
    ),
    "an asset the line does not know": (
        "evaluate_candidate",
        ["--deployment", "onehot-0123456789", "--data-asset", "file:1"],
        8,
        "",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("command", "options", "code", "words"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_taken_is_refused_by_name(small_line, command, options, code, words):
    if "azureml:file:1" in options:
        delivered(small_line, TABLE, "file", "1", "uri_file")
    assert words in " ".join(small_line.run(command, *options, code=code).story.split())


def test_a_folder_of_what_would_be_converted_is_refused(small_line, tmp_path):
    rows = only_file(TABLE, tmp_path / "rows")
    (rows / "more").mkdir()
    shutil.copy(TABLE, rows / "more")
    delivered(small_line, rows)
    done = small_line.run("validate_data", "--data", "azureml:patients:7", "--output", str(tmp_path / "out"), code=3)
    assert f"azureml:patients:7 holds more/{TABLE.name}: without header, or in a folder inside" in done.story
