"""The canonical form of the training data, and the conversion of files without a header to it.

Canonical is CSV with the header of the problem. A file without one holds numbers and codes in the order of the
columns; the description says what its codes mean.
"""

import csv
from collections.abc import Iterable, Iterator

from scripts.lib.repository.problem import Problem


def header(problem: Problem) -> str:
    """Return the header line of canonical files."""
    return ",".join(problem.columns)


def to_canonical(lines: Iterable[str], problem: Problem) -> Iterator[str]:
    """Yield the canonical line of each line of a file without header, without line ends; blank stays blank.

    Raises ValueError for a line that has not as many fields as the problem has columns.

    ``63.0`` becomes ``63``, a missing value an empty field and a code its text. A value that is none of the
    documented codes is passed on as it is, for the expectations to refuse.
    """
    columns = problem.columns
    recode = problem.origin.recode if problem.origin else {}
    meanings = [recode.get(column, {}) for column in columns]
    for number, fields in enumerate(csv.reader(lines), start=1):
        if not fields:
            yield ""
            continue
        if len(fields) != len(columns):
            raise ValueError(f"line {number} has {len(fields)} fields, not {len(columns)}")
        plain = (_plain_number(field, problem.missing) for field in fields)
        yield ",".join(meaning.get(text, text) for text, meaning in zip(plain, meanings, strict=True))


def lacks_header(line: str, problem: Problem) -> bool:
    """Whether ``line``, the first of a file, is a row already: a number or a missing value for each column."""
    fields = line.split(",")
    return len(fields) == len(problem.columns) and all(
        _is_number_or_missing(field, problem.missing) for field in fields
    )


def _plain_number(field: str, missing: tuple[str, ...]) -> str:
    field = field.strip()
    if field in missing:
        return ""
    whole, point, fraction = field.partition(".")
    return whole if point and not fraction.strip("0") and whole else field


def _is_number_or_missing(field: str, missing: tuple[str, ...]) -> bool:
    field = field.strip()
    if field in missing:
        return True
    try:
        float(field)
    except ValueError:
        return False
    return True
