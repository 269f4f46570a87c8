"""The canonical form of the training data, and the conversion of UCI's own files to it."""

import csv
from collections.abc import Iterable, Iterator

COLUMNS = (
    "age", "sex", "cp", "trestbps", "chol", "fbs", "restecg", "thalach",
    "exang", "oldpeak", "slope", "ca", "thal", "target",
)  # fmt: skip
TEXT_COLUMNS = frozenset({"thal"})
HEADER = ",".join(COLUMNS)
MISSING = "?"  # how UCI writes a missing value; canonical files leave the field empty

THAL_WORDS = {"3": "normal", "6": "fixed", "7": "reversible"}


def uci_to_canonical(lines: Iterable[str]) -> Iterator[str]:
    """Yield the canonical line of each UCI ``processed.*.data`` line, without line ends; blank stays blank.

    Raises ValueError for a line that has not 14 fields.

    Codes become words (``thal``) or 0/1 (the diagnosis 0 to 4), ``63.0`` becomes ``63`` and ``?`` an empty
    field. A value that is none of the documented codes is passed on as it is, for the expectations to refuse.
    """
    for number, fields in enumerate(csv.reader(lines), start=1):
        if not fields:
            yield ""
            continue
        if len(fields) != len(COLUMNS):
            raise ValueError(f"line {number} has {len(fields)} fields, not {len(COLUMNS)}")
        *values, thal, diagnosis = map(_plain_number, fields)
        yield ",".join([*values, THAL_WORDS.get(thal, thal), _target(diagnosis)])


def is_uci_line(line: str) -> bool:
    """Whether ``line`` is a record of UCI's processed files: 14 numbers or ``?``, hence no header."""
    fields = line.split(",")
    return len(fields) == len(COLUMNS) and all(map(_is_number_or_missing, fields))


def _plain_number(field: str) -> str:
    field = field.strip()
    if field == MISSING:
        return ""
    whole, point, fraction = field.partition(".")
    return whole if point and not fraction.strip("0") and whole else field


def _target(diagnosis: str) -> str:
    return "1" if diagnosis in ("1", "2", "3", "4") else diagnosis


def _is_number_or_missing(field: str) -> bool:
    field = field.strip()
    if field == MISSING:
        return True
    try:
        float(field)
    except ValueError:
        return False
    return True
