"""Any form of data becomes a folder of canonical CSV; what is no data is refused with one clear message."""

import gzip
import random
import shutil
from dataclasses import replace

import pytest

from scripts.lib.data.canonical import header
from scripts.lib.data.source import default_path, folder_digest, resolve
from scripts.lib.errors import DataRejected, NotFound
from scripts.lib.repository.problem import find_problem

PROBLEM = find_problem("heart-disease")
HEADER = header(PROBLEM)


def test_the_sample_is_told_to_be_synthetic(tmp_path):
    source = resolve(PROBLEM.sample, tmp_path / "work", PROBLEM)
    assert (source.synthetic, source.rows) == (True, 300)
    assert source.description == "data/heart-disease/synthetic.csv: 1 file, 300 rows (synthetic, no row is real)"


def test_a_canonical_folder_is_used_where_it_lies(tmp_path, sample):
    folder = tmp_path / "data"
    folder.mkdir()
    shutil.copy(sample, folder)
    assert resolve(folder, tmp_path / "work", PROBLEM).folder == folder
    assert not (tmp_path / "work").exists()


def test_a_single_file_becomes_a_folder(tmp_path, sample):
    source = resolve(sample, tmp_path, PROBLEM)
    assert [file.name for file in source.folder.iterdir()] == [sample.name]
    assert (source.folder / sample.name).read_bytes() == sample.read_bytes()
    assert source.digest == resolve(source.folder, tmp_path, PROBLEM).digest


def test_a_uci_file_becomes_canonical(tmp_path, cleveland):
    source = resolve(cleveland, tmp_path, PROBLEM)
    (file,) = source.folder.iterdir()
    lines = file.read_text().splitlines()
    assert lines[:2] == [HEADER, "63,1,1,145,233,1,2,150,0,2.3,3,0,fixed,0"]
    assert (len(lines), source.rows, source.synthetic) == (304, 303, False)
    assert "real patients" in source.description
    assert sum(line.endswith(",1") for line in lines) == 139
    assert source.files[0].path == cleveland


def test_uci_data_and_its_canonical_form_are_the_same_content(tmp_path, cleveland):
    uci = resolve(cleveland, tmp_path, PROBLEM)
    canonical = resolve(uci.folder, tmp_path, PROBLEM)
    assert canonical.folder == uci.folder
    assert canonical.digest == uci.digest
    assert canonical.files[0].sha256 == PROBLEM.origin.converted_sha256
    assert "real patients" in canonical.description


def test_a_folder_with_other_files_beside_the_data_is_copied_without_them(tmp_path, sample):
    mixed = tmp_path / "mixed"
    mixed.mkdir()
    shutil.copy(sample, mixed)
    (mixed / "notes.txt").write_text("not data")
    source = resolve(mixed, tmp_path / "work", PROBLEM)
    assert [file.name for file in source.folder.iterdir()] == [sample.name]


def test_the_digest_tells_content_not_names_or_order(tmp_path, sample_lines):
    half = len(sample_lines) // 2
    parts = [sample_lines[:half], [HEADER, *sample_lines[half:]]]
    folders = [tmp_path / name for name in ("a", "b", "c")]
    for folder, names in zip(folders, (("1.csv", "2.csv"), ("z.csv", "y.csv"), ("1.csv", "2.csv")), strict=True):
        folder.mkdir()
        for name, part in zip(names, parts, strict=True):
            (folder / name).write_text("\n".join(part) + "\n")
    with (folders[2] / "2.csv").open("a") as file:
        file.write("63,1,1,145,233,1,2,150,0,2.3,3,0,fixed,0\n")
    first, renamed, longer = (folder_digest(folder, PROBLEM) for folder in folders)
    assert first == renamed
    assert first != longer


def test_without_a_path_the_fetched_data_is_used_else_the_sample(tmp_path, sample):
    described = tmp_path / "data" / "heart-disease" / "datapackage.json"
    problem = replace(PROBLEM, description_file=described)
    assert default_path(problem) == PROBLEM.sample
    real = described.with_name("real")
    real.mkdir(parents=True)
    shutil.copy(sample, real / "cleveland.csv")
    assert resolve(None, tmp_path, problem).folder == real


def test_a_folder_that_holds_one_of_the_problems_name_stands_for_that(tmp_path, sample):
    own = tmp_path / "all" / PROBLEM.name
    own.mkdir(parents=True)
    shutil.copy(sample, own)
    shutil.copy(sample, tmp_path / "all" / "another.csv")
    assert resolve(tmp_path / "all", tmp_path / "work", PROBLEM).folder == own


def test_two_files_that_would_become_one_are_refused(tmp_path, cleveland):
    for name in ("a.data", "a.csv"):
        shutil.copy(cleveland, tmp_path / name)
    with pytest.raises(DataRejected, match=r"would both become a\.csv"):
        resolve(tmp_path, tmp_path / "work", PROBLEM)
    assert list((tmp_path / "work").iterdir()) == []


def test_a_missing_path_is_not_found(tmp_path):
    with pytest.raises(NotFound, match="nowhere does not exist"):
        resolve(tmp_path / "nowhere", tmp_path, PROBLEM)


def test_a_folder_without_data_is_not_found(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "readme.txt").write_text("hello")
    with pytest.raises(NotFound, match=r"holds no file named \*\.csv, \*\.data or \*\.parquet"):
        resolve(tmp_path / "data", tmp_path / "work", PROBLEM)


def test_a_folder_named_like_a_file_is_refused(tmp_path):
    (tmp_path / "heart.csv").mkdir()
    with pytest.raises(DataRejected, match=r"heart\.csv is named like a data file but is not one"):
        resolve(tmp_path, tmp_path / "work", PROBLEM)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\n \n\n", "is empty"),
        (HEADER.encode(), "has a header but no rows"),
        (HEADER.encode() + b"\n\n\n", "has a header but no rows"),
        (random.Random(0).randbytes(4096), "is not UTF-8 text"),
        (gzip.compress(b"age,sex\n1,2\n", mtime=0), "is not UTF-8 text"),
        ((HEADER + "\n63,1").encode("utf-16"), "is not UTF-8 text"),
        (HEADER.encode() + b"\n63\0,1\n", "is not UTF-8 text"),
        (HEADER.encode() + b"\r63,1,1\r", "carriage return alone"),
        (b"63,1,1,145,233,1,2,150,0,2.3,3,0,6,0\n67,1,4\n", "line 2 has 3 fields, not 14"),
    ],
)
def test_what_is_no_table_is_refused_by_name(tmp_path, content, message):
    file = tmp_path / "heart.csv"
    file.write_bytes(content)
    with pytest.raises(DataRejected, match=message) as refused:
        resolve(file, tmp_path / "work", PROBLEM)
    assert str(file) in str(refused.value)
