"""Reading by several threads and by pieces of any size leaves no trace, and cells of any length are told apart."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from patients import component_modules, raw_frame, write_csv

WRITTEN = ("rows.npy", "features.npy", "prepared.json")
CELL = st.text(st.characters(exclude_characters="\0\r", exclude_categories=("Cs",)), max_size=30)


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_many_pieces_and_parts_give_the_files_of_one(prepare, prepare_modules, tmp_path, monkeypatch, workers):
    frame = raw_frame(3_000)
    frame["thal"] = frame["thal"].map(lambda text: f"{text}\nof two lines, in quotes")
    data = write_csv(frame, tmp_path / "data")
    whole = prepare(data, "whole")
    monkeypatch.setattr(prepare_modules.scanning, "BLOCK_BYTES", 5_000)
    monkeypatch.setattr(prepare_modules.prepare, "PART_BYTES", 50_000)
    monkeypatch.setattr(prepare_modules.filling, "spare_threads", lambda: workers)
    divided = prepare(data, "divided")
    for name in WRITTEN:
        assert (whole.folder / name).read_bytes() == (divided.folder / name).read_bytes()


def test_the_first_refusal_of_a_file_is_told_whoever_comes_first(prepare, prepare_modules, tmp_path, monkeypatch):
    frame = raw_frame(500).astype({"age": object})
    frame.loc[40, "age"] = "old"
    frame.loc[400, "age"] = "older"
    data = write_csv(frame, tmp_path / "data")
    with (data / "heart.csv").open("a") as file:
        file.write('"never closed')
    monkeypatch.setattr(prepare_modules.scanning, "BLOCK_BYTES", 2_000)
    monkeypatch.setattr(prepare_modules.filling, "spare_threads", lambda: 4)
    with pytest.raises(prepare_modules.refusal.Refused, match=r"line 42: 'old'"):
        prepare(data)


def test_what_fails_ahead_is_raised_in_its_turn(prepare_modules):
    def tenth(number):
        if number == 3:
            raise ValueError(number)
        return number * 10

    taken, results = [], prepare_modules.ahead.ahead(tenth, range(10), 2)
    with pytest.raises(ValueError, match="3"):
        taken.extend(results)
    assert taken == [0, 10, 20]


@settings(deadline=None)
@given(cells=st.lists(CELL, min_size=1, max_size=40))
def test_the_cells_of_a_column_are_those_that_pythons_reader_finds(cells):
    modules = component_modules("prepare")
    file = io.StringIO()
    csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(
        [["text", "place"], *([cell, "1"] for cell in cells)]
    )
    source = modules.scanning.open_source(Path("a.csv"), file.getvalue().encode())
    (block,) = modules.scanning.blocks(source)
    texts, places = modules.cells.distinct(block, 0)
    assert len(set(texts)) == len(texts)
    read = [texts[place].decode().replace('""', '"') for place in places]
    assert read == [cell.strip(" \t") for cell in cells]
