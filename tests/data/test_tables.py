"""An MLTable file is read as Azure's own package reads it, by the components and by the line, or refused by name."""

import csv
import io
import json

import pytest
from azure.ai.ml.entities._data.mltable_metadata import MLTableMetadata

from emulator.in_step import mini_batch_inputs
from scripts.lib.data.locating import as_table, locate, plain_folder
from scripts.lib.data.parquet_text import as_csv, is_parquet
from scripts.lib.data.source import resolve, where_it_lies
from scripts.lib.errors import DataRejected
from scripts.lib.repository.problem import find_problem
from tests.components.patients import component_modules
from tests.data.azure_tables import KEPT
from tests.data.table_cases import CASES, CSV, PARQUET, make

PROBLEM = find_problem("heart-disease")
AZURE = json.loads(KEPT.read_text())
READ = [name for name, case in CASES.items() if not case.said]
REFUSED = [name for name, case in CASES.items() if case.said]
LINES = PROBLEM.sample.read_text().splitlines()[:121]


def rows(files):
    """Return the rows of open files, without their headers."""
    found = []
    for file in files:
        with io.TextIOWrapper(file, encoding="utf-8-sig", newline="") as text:
            found += [row for row in list(csv.reader(text))[1:] if row]
    return sorted(found)


def by_a_component(folder):
    reader = component_modules("withhold").csv_files
    return rows(map(reader.opened, reader.csv_files(folder)))


def by_the_line(folder, work):
    files = locate(plain_folder(folder, work))
    return rows(as_csv(path) if is_parquet(path) else path.open("rb") for path in files)


def test_every_case_was_read_by_azure():
    assert AZURE.keys() == CASES.keys()
    assert [name for name in READ if not AZURE[name]] == []


@pytest.mark.parametrize("name", READ)
def test_the_rows_are_those_that_azure_reads(tmp_path, name):
    folder = make(tmp_path / "data", CASES[name])
    assert by_a_component(folder) == AZURE[name]
    assert by_the_line(folder, tmp_path / "work") == AZURE[name]


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_read_is_refused_by_name(tmp_path, name):
    folder = make(tmp_path / "data", CASES[name])
    withhold = component_modules("withhold")
    with pytest.raises(withhold.refusal.Refused) as refused:
        withhold.csv_files.csv_files(folder)
    with pytest.raises(DataRejected) as rejected:
        locate(plain_folder(folder))
    for error in (refused, rejected):
        assert CASES[name].said in str(error.value)


@pytest.mark.parametrize("name", [*READ, "a hidden file"])
def test_the_embedded_workspace_reads_the_same(tmp_path, name):
    """What it gives the script of a parallel step."""
    table = mini_batch_inputs.read_table(str(make(tmp_path / "data", CASES[name])))
    texts = table.astype(object).where(table.notna(), "").map(str)
    assert sorted(map(list, texts.to_dict("split")["data"])) == AZURE[name]


def test_files_of_two_kinds_are_no_table(tmp_path):
    folder = make(tmp_path / "data", CASES["a pattern"]._replace(files=CSV | PARQUET))
    (folder / "MLTable").unlink()
    with pytest.raises(DataRejected, match="CSV files or of Parquet files, and here are both"):
        as_table(folder, tmp_path / "work")


def test_a_parquet_file_without_rows_is_passed_over(tmp_path):
    import pandas as pd

    folder = make(tmp_path / "data", CASES["Parquet, as the line writes it"])
    pd.DataFrame({"a": [], "b": []}).to_parquet(folder / "q.parquet")
    assert by_a_component(folder) == by_the_line(folder, tmp_path / "work") == [["21", "x"]]


@pytest.mark.parametrize("name", ["CSV, as the line writes it", "Parquet, as the line writes it"])
def test_the_sdk_takes_what_the_line_writes(tmp_path, name):
    folder = make(tmp_path, CASES[name])
    metadata = MLTableMetadata.load(folder / "MLTable")
    assert metadata.referenced_uris() == [f"./{file}" for file in sorted(CASES[name].files)]


def table(folder, text, **files):
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_text(content)
    (folder / "MLTable").write_text(text)
    return folder


def described(read, *names):
    files = ", ".join(f"{{file: ./{name}}}" for name in names)
    return f"paths: [{files}]\ntransformations:\n- {read}\n"


def test_a_folder_with_its_own_table_is_used_where_it_lies(tmp_path):
    folder = table(tmp_path / "rows", described("read_delimited", "a.csv"), **{"a.csv": "\n".join(LINES) + "\n"})
    source = resolve(folder, tmp_path / "work", PROBLEM)
    assert (source.folder, source.rows) == (folder, 120)
    assert as_table(source.folder, tmp_path / "place") == folder


def test_of_a_folder_with_other_files_those_are_taken_that_the_table_names(tmp_path):
    head, *rows = LINES
    files = {"a.csv": "\n".join([head, *rows[:60]]), "b.csv": "\n".join([head, *rows[60:]]), "notes.txt": "not rows"}
    folder = table(tmp_path / "rows", described("read_delimited", "a.csv"), **files)
    source = resolve(folder, tmp_path / "work", PROBLEM)
    assert source.rows == 60
    assert [path.name for path in source.folder.iterdir()] == ["a.csv"]
    assert [path.name for path in sorted(as_table(source.folder, tmp_path / "place").iterdir())] == ["MLTable", "a.csv"]
    # Where it lies nothing is copied, and the same rows are read.
    assert where_it_lies(folder, "rows", PROBLEM).digest == source.digest


def test_another_spelling_has_the_digest_of_ours(tmp_path):
    plain = tmp_path / "plain"
    plain.mkdir()
    (plain / "a.csv").write_text("\n".join(LINES) + "\n")
    other = "\n".join(LINES).replace(",", ";") + "\n"
    folder = table(tmp_path / "rows", described('read_delimited: {delimiter: ";"}', "a.txt"), **{"a.txt": other})
    source = resolve(folder, tmp_path / "work", PROBLEM)
    assert source.digest == resolve(plain, tmp_path / "work", PROBLEM).digest
    assert where_it_lies(plain_folder(folder), "rows", PROBLEM).digest == source.digest
    assert component_modules("withhold").table.digest(folder) == f"sha256:{source.digest}"
