"""Parquet is read as the CSV that says the same, whoever wrote it; what would be misread is refused by name.

The files of ``parquet/`` hold the first 120 rows of the synthetic patients, as pandas 3.1 with pyarrow 26 (an index,
nullable numbers, a dictionary, short numbers), polars 2.1 and DuckDB 2.0 write them, whole and in folders by values.
"""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from scripts.lib.data.parquet_text import Unreadable, as_csv
from scripts.lib.data.source import resolve
from scripts.lib.data.table import read_source
from scripts.lib.data.validation import validate
from scripts.lib.errors import DataRejected
from scripts.lib.repository.problem import find_problem
from tests.components.patients import component_modules

PROBLEM = find_problem("heart-disease")
WRITTEN = Path(__file__).with_name("parquet")
WRITERS = ["pandas", "polars", "duckdb", "pyarrow_partitioned", "duckdb_partitioned"]
LINES = PROBLEM.sample.read_text().splitlines(keepends=True)[:121]


@pytest.fixture
def plain(tmp_path):
    folder = tmp_path / "plain"
    folder.mkdir()
    (folder / "synthetic.csv").write_text("".join(LINES))
    return folder


def prepared(folder, out):
    """Return everything that the prepare step makes of a folder."""
    component_modules("prepare").prepare.prepare(
        folder, PROBLEM.description_file, None, "onehot", 0.3, out / "prepared", out / "transformations"
    )
    learned = (out / "transformations" / "transformations.json").read_text()
    return (out / "prepared" / "rows.npy").read_bytes(), (out / "prepared" / "features.npy").read_bytes(), learned


def withheld(folder, out):
    """Return the digest of the data, and how many rows are withheld in each fold, by their target."""
    modules = component_modules("withhold")
    columns = modules.table.Columns("target", None, ("sex",), "")
    modules.withhold.withhold(folder, columns, 5, 0.2, 10_000, out / "folds", out / "labels")
    told = json.loads((out / "labels" / "folds.json").read_text())
    rows = np.genfromtxt(out / "labels" / "labels.csv", delimiter=",", skip_header=1, dtype=int)
    counts = np.zeros((5, 2, 2), int)
    np.add.at(counts, tuple(rows[:, 1:].T), 1)
    return told["data_digest"], counts.tolist()


@pytest.mark.parametrize("writer", WRITERS)
def test_every_step_reads_what_it_reads_from_csv(plain, tmp_path, writer):
    folder = WRITTEN / writer
    assert prepared(folder, tmp_path / "ours") == prepared(plain, tmp_path / "theirs")
    assert withheld(folder, tmp_path / "ours")[1] == withheld(plain, tmp_path / "theirs")[1]
    inputs = component_modules("score").inputs
    assert inputs.row_ids(folder, None) == 120
    assert sorted(map(float, inputs.row_ids(folder, "age"))) == sorted(map(float, inputs.row_ids(plain, "age")))


@pytest.mark.parametrize("writer", WRITERS)
def test_the_validator_finds_the_same(plain, tmp_path, writer):
    reports = [
        validate(resolve(folder, tmp_path / "work", PROBLEM), tmp_path / "out", PROBLEM)
        for folder in (WRITTEN / writer, plain)
    ]
    assert [report.rules for report in reports] == [46, 46]
    assert [report.findings for report in reports] == [(), ()]
    assert reports[0].distributions == reports[1].distributions
    assert list(reports[0].table.columns) == list(PROBLEM.columns)


@pytest.mark.parametrize("writer", WRITERS)
def test_the_line_and_the_steps_give_the_content_the_same_digest(tmp_path, writer):
    source = resolve(WRITTEN / writer, tmp_path / "work", PROBLEM)
    assert source.folder == WRITTEN / writer
    assert withheld(source.folder, tmp_path)[0] == f"sha256:{source.digest}"


def test_what_folders_state_is_content(tmp_path):
    """Two files of equal bytes are not the same rows where their folders say otherwise."""
    folder = tmp_path / "data"
    shutil.copytree(WRITTEN / "duckdb_partitioned", folder)
    before = resolve(folder, tmp_path / "work", PROBLEM).digest
    (folder / "cp=1").rename(folder / "cp=5")
    after = resolve(folder, tmp_path / "work", PROBLEM)
    assert after.digest != before
    assert withheld(folder, tmp_path)[0] == f"sha256:{after.digest}"
    findings = validate(after, tmp_path / "out", PROBLEM).findings
    assert {finding.column for finding in findings} == {"cp"}


def test_an_encoding_that_would_be_misread_is_refused_by_column():
    with pytest.raises(Unreadable, match="column age is stored in an encoding that is not read"):
        as_csv(WRITTEN / "differences" / "synthetic.parquet")
    prepare = component_modules("prepare")
    with pytest.raises(prepare.refusal.Refused, match="column age"):
        prepare.scanning.mapped(WRITTEN / "differences" / "synthetic.parquet")


def damaged(folder):
    shutil.copytree(WRITTEN / "duckdb_partitioned", folder)
    file = folder / "cp=3" / "synthetic_0.parquet"
    content = bytearray(file.read_bytes())
    content[10:200] = bytes(190)
    file.write_bytes(content)


def cut(folder):
    shutil.copytree(WRITTEN / "polars", folder)
    file = folder / "synthetic.parquet"
    file.write_bytes(file.read_bytes()[:-100])


def delta_lake(folder):
    shutil.copytree(WRITTEN / "polars", folder)
    (folder / "_delta_log").mkdir()


def one_part(folder):
    shutil.copytree(WRITTEN / "duckdb_partitioned" / "cp=1", folder / "cp=1")
    return folder / "cp=1"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (damaged, "synthetic_0.parquet cannot be read as Parquet"),
        (cut, "synthetic.parquet cannot be read as Parquet"),
        (delta_lake, "a table of Delta Lake"),
        (one_part, "is one part of a table: give the folder that holds cp=1"),
    ],
)
def test_what_is_no_whole_table_is_refused_by_name(tmp_path, make, words):
    folder = tmp_path / "data"
    folder = make(folder) or folder
    with pytest.raises(DataRejected, match=words):
        read_source(resolve(folder, tmp_path / "work", PROBLEM), PROBLEM)
    if make is not one_part:
        withhold = component_modules("withhold")
        with pytest.raises(withhold.refusal.Refused, match=words):
            withhold.table.read(folder, withhold.table.Columns("target", None, (), ""))


def test_other_files_and_empty_parts_are_no_rows(tmp_path):
    folder = tmp_path / "data"
    shutil.copytree(WRITTEN / "duckdb_partitioned", folder)
    before = resolve(folder, tmp_path / "work", PROBLEM)
    (folder / "_SUCCESS").touch()
    shutil.copytree(folder / "cp=1", folder / "_temporary" / "cp=1")
    after = resolve(folder, tmp_path / "work", PROBLEM)
    assert (after.rows, after.digest) == (before.rows, before.digest)
    assert after.folder != folder  # what is uploaded holds nothing else
    assert sorted(path.name for path in after.folder.iterdir()) == ["cp=1", "cp=2", "cp=3", "cp=4"]
