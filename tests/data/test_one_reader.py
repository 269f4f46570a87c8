"""The validator and the training read the same cells: however a file is spelled, both read it alike or one refuses."""

import numpy as np
import pandas as pd
import pytest

from scripts.lib.data.source import resolve
from scripts.lib.data.table import read_source
from scripts.lib.data.validation import validate
from scripts.lib.errors import DataRejected
from scripts.lib.repository.problem import find_problem
from tests.components.patients import component_modules

PROBLEM = find_problem("heart-disease")
LINES = PROBLEM.sample.read_text().splitlines()[:121]
HEAD, ROWS = LINES[0], LINES[1:]


def file_of(head, rows):
    return "\n".join([head, *rows]) + "\n"


def changed(column, spell, every=5):
    """Spell each so many cells of a column otherwise."""
    place = HEAD.split(",").index(column)
    rows = [row.split(",") for row in ROWS]
    for cells in rows[::every]:
        cells[place] = spell(cells[place])
    return file_of(HEAD, [",".join(cells) for cells in rows])


HARMLESS = {
    "as it is": file_of(HEAD, ROWS),
    "ends of lines": file_of(HEAD, ROWS).replace("\n", "\r\n"),
    "a byte order mark": "\ufeff" + file_of(HEAD, ROWS),
    "no last end of line": file_of(HEAD, ROWS).rstrip("\n"),
    "spaces after commas": file_of(HEAD, ROWS).replace(",", ", "),
    "spaces after the header's commas": file_of(HEAD.replace(",", ", "), ROWS),
    "spaces before commas": file_of(HEAD, ROWS).replace(",", " ,"),
    "spaces at the end": file_of(HEAD, [row + "  " for row in ROWS]),
    "tabs": file_of(HEAD, ROWS).replace(",", "\t,\t"),
    "quotes": file_of(
        *(lambda lines: (lines[0], lines[1:]))([",".join(f'"{c}"' for c in x.split(",")) for x in LINES])
    ),
    "words in spaces": changed("thal", lambda cell: f"  {cell} "),
    "words in quotes and spaces": changed("thal", lambda cell: f'" {cell} "'),
    "a class in spaces": changed("target", lambda cell: f" {cell} "),
    "a class as a decimal": changed("target", lambda cell: f"{cell}.0"),
    "a number as a decimal": changed("age", lambda cell: f"{cell}.0"),
    "a number with its sign": changed("age", lambda cell: f"+{cell}"),
    "a number with an exponent": changed("age", lambda cell: f"{cell}e0"),
    "a number with a leading zero": changed("age", lambda cell: f"0{cell}"),
    "missing as a question mark": changed("ca", lambda _: "?", 20),
    "missing as a question mark in spaces": changed("ca", lambda _: " ? ", 20),
    "missing as empty quotes": changed("ca", lambda _: '""', 20),
    "missing word in spaces": changed("thal", lambda _: " ? ", 20),
    "blank lines": file_of(HEAD, [line for row in ROWS for line in (row, "")]),
    "lines of spaces": file_of(HEAD, [line for row in ROWS for line in (row, "   ")]),
    "lines of commas": file_of(HEAD, [*ROWS, "," * HEAD.count(",")]),
}
REFUSED_BY_BOTH = {
    "another separator": file_of(HEAD, ROWS).replace(",", ";"),
    "decimal commas": changed("oldpeak", lambda cell: '"' + cell.replace(".", ",") + '"'),
    "an underscore": changed("chol", lambda cell: f"{cell[:1]}_{cell[1:]}"),
    "a hexadecimal number": changed("age", lambda cell: hex(int(cell))),
    "digits of another script": changed("age", lambda cell: "".join(chr(0x0660 + int(digit)) for digit in cell)),
    "an unknown word for missing": changed("ca", lambda _: "NA", 20),
    "infinity": changed("chol", lambda _: "inf", 20),
    "a class in words": changed("target", lambda cell: {"0": "no", "1": "yes"}[cell]),
    "names in capitals": file_of(HEAD.upper(), ROWS),
    "a row too long": file_of(HEAD, [*ROWS, ROWS[0] + ",1"]),
    "a row too short": file_of(HEAD, [*ROWS, ROWS[0].rpartition(",")[0]]),
    "a name twice": file_of(HEAD.replace("age,", "age,age,", 1), ROWS),
    "a comment above": "# patients\n" + file_of(HEAD, ROWS),
}
# Training takes a category that it does not know and a column that it does not use; the validator refuses them.
REFUSED_BY_THE_VALIDATOR = {
    "words in capitals": changed("thal", str.upper),
    "a column too many": file_of(HEAD + ",extra", [row + ",1" for row in ROWS]),
    "columns in another order": "\n".join(",".join(line.split(",")[::-1]) for line in LINES) + "\n",
    "a cell of two lines": changed("thal", lambda cell: f'"{cell}\n"', 20),
}


def write(folder, text):
    (folder / "data").mkdir()
    (folder / "data" / "rows.csv").write_bytes(text.encode())
    return folder / "data"


def validated(folder, work):
    """Return the rows that the validator reads, or None where it refuses the file."""
    try:
        source = resolve(folder, work / "work", PROBLEM)
        if validate(source, work / "validation", PROBLEM).findings:
            return None
        return read_source(source, PROBLEM)
    except DataRejected:
        return None


def trained(folder):
    """Return the cells that the training reads, texts as texts and numbers as numbers, or None where it refuses."""
    prepare = component_modules("prepare")
    columns, path = prepare.description.load(PROBLEM.description_file), folder / "rows.csv"
    try:
        source = prepare.scanning.open_source(path, prepare.scanning.mapped(path))
        (chunk,) = prepare.reading.chunks(source, columns, needs_target=True)
    except prepare.refusal.Refused:
        return None
    texts = {name: np.array([*chunk.texts[name], None], dtype=object)[codes] for name, codes in chunk.codes.items()}
    return pd.DataFrame({**chunk.numbers, **texts, PROBLEM.target: chunk.target})


@pytest.fixture(scope="module", autouse=True)
def few_rows_are_enough():
    assert len(ROWS) >= 100  # else the validator refuses each file for its size


@pytest.mark.parametrize("spelling", HARMLESS)
def test_both_read_the_same_cells(tmp_path, spelling):
    folder = write(tmp_path, HARMLESS[spelling])
    first, second = validated(folder, tmp_path), trained(folder)
    assert first is not None, "the validator refused it"
    assert second is not None, "the training refused it"
    for name in second:
        ours, theirs = first[name].to_numpy(object), second[name].to_numpy(object)
        alike = [
            (pd.isna(a) and pd.isna(b))
            or (str(a) == str(b) if isinstance(b, str) and isinstance(a, str) else float(a) == float(b))
            for a, b in zip(ours, theirs, strict=True)
        ]
        assert all(alike), name


@pytest.mark.parametrize("spelling", REFUSED_BY_BOTH)
def test_both_refuse_what_is_no_such_table(tmp_path, spelling):
    folder = write(tmp_path, REFUSED_BY_BOTH[spelling])
    assert validated(folder, tmp_path) is None
    assert trained(folder) is None


@pytest.mark.parametrize("spelling", REFUSED_BY_THE_VALIDATOR)
def test_the_validator_is_the_stricter_one(tmp_path, spelling):
    assert validated(write(tmp_path, REFUSED_BY_THE_VALIDATOR[spelling]), tmp_path) is None
