"""Read a data file into a frame whose index holds the line of the file that each row stands on."""

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING

from scripts.lib.data.inspection import DataFile, canonical_lines
from scripts.lib.errors import DataRejected
from scripts.lib.repository.problem import Problem

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


def read_table(file: DataFile, problem: Problem) -> "pd.DataFrame":
    """Return the rows of ``file`` in canonical codes, NaN where missing.

    A column of numbers that holds something else has dtype object: floats, and the offending text as it is.
    Raises DataRejected, with the line, when the file is no table of equally long rows.
    """
    import pandas as pd

    text = _canonical_text(file, problem)
    frame = _parse(file, text, problem, [])
    if not isinstance(frame.index, pd.RangeIndex):
        raise DataRejected(f"{file.path} has rows with more fields than its header has names.")
    if len(frame) != file.rows:
        raise DataRejected(f"{file.path} has a quoted field that spans lines, or a stray \\r: one row, one line.")
    odd = [column for column in _numbers_in(frame, problem) if frame[column].dtype.kind not in "iuf"]
    if odd:
        as_text = _parse(file, text, problem, odd)[odd]
        numbers = as_text.apply(pd.to_numeric, errors="coerce")
        frame[odd] = numbers.astype(object).where(numbers.notna(), as_text)
    frame.index = pd.Index(_line_numbers(text, file))
    return frame


def stack(tables: Mapping[str, "pd.DataFrame"]) -> "pd.DataFrame":
    """Return the rows of all ``tables`` (by file name), labelled by file name and line."""
    import pandas as pd

    together: pd.DataFrame = pd.concat(tables)
    return together


def numbers_only(frame: "pd.DataFrame", problem: Problem) -> "pd.DataFrame":
    """Return ``frame`` with NaN for any text in a column of numbers, so that ranges can be judged."""
    import pandas as pd

    mixed = [column for column in _numbers_in(frame, problem) if frame[column].dtype == object]
    numbers = {column: pd.to_numeric(frame[column], errors="coerce") for column in mixed}
    judged: pd.DataFrame = frame.assign(**numbers)
    return judged


def _numbers_in(frame: "pd.DataFrame", problem: Problem) -> list[str]:
    return [field.name for field in problem.fields if not field.is_text and field.name in frame]


def _canonical_text(file: DataFile, problem: Problem) -> bytes:
    if not file.headless:
        return file.path.read_bytes()
    return "\n".join(canonical_lines(file, problem)).encode()


def _parse(file: DataFile, text: bytes, problem: Problem, as_text: list[str]) -> "pd.DataFrame":
    import pandas as pd

    texts = [field.name for field in problem.fields if field.is_text]
    try:
        return pd.read_csv(
            io.BytesIO(text),
            dtype=dict.fromkeys([*texts, *as_text], str),
            na_values=list(problem.missing),
            keep_default_na=False,
            low_memory=False,
        )
    except (pd.errors.ParserError, ValueError) as error:
        reason = str(error).removeprefix("Error tokenizing data. C error: ").strip()
        raise DataRejected(f"{file.path} is not a table of equally long rows: {reason}.") from error


def _line_numbers(text: bytes, file: DataFile) -> "np.ndarray":
    import numpy as np

    filled = np.fromiter(map(bool, map(bytes.strip, text.splitlines())), dtype=bool)
    numbers = np.flatnonzero(filled) + 1
    return numbers[1:] - int(file.headless)  # the header of the canonical text is not in the file
