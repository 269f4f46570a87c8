"""Read a data file into a frame whose index holds the line of the file that each row stands on."""

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING

from scripts.lib.data.canonical import COLUMNS, MISSING, TEXT_COLUMNS
from scripts.lib.data.inspection import DataFile, canonical_lines
from scripts.lib.errors import DataRejected

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

_NUMBER_COLUMNS = [column for column in COLUMNS if column not in TEXT_COLUMNS]


def read_table(file: DataFile) -> "pd.DataFrame":
    """Return the rows of ``file`` in canonical codes, NaN where missing.

    A column of numbers that holds something else has dtype object: floats, and the offending text as it is.
    Raises DataRejected, with the line, when the file is no table of equally long rows.
    """
    import pandas as pd

    text = _canonical_text(file)
    frame = _parse(file, text, [])
    if not isinstance(frame.index, pd.RangeIndex):
        raise DataRejected(f"{file.path} has rows with more fields than its header has names.")
    if len(frame) != file.rows:
        raise DataRejected(f"{file.path} has a quoted field that spans lines, or a stray \\r: one row, one line.")
    odd = [column for column in _numbers_in(frame) if frame[column].dtype.kind not in "iuf"]
    if odd:
        as_text = _parse(file, text, odd)[odd]
        numbers = as_text.apply(pd.to_numeric, errors="coerce")
        frame[odd] = numbers.astype(object).where(numbers.notna(), as_text)
    frame.index = pd.Index(_line_numbers(text, file))
    return frame


def stack(tables: Mapping[str, "pd.DataFrame"]) -> "pd.DataFrame":
    """Return the rows of all ``tables`` (by file name), labelled by file name and line."""
    import pandas as pd

    together: pd.DataFrame = pd.concat(tables)
    return together


def numbers_only(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Return ``frame`` with NaN for any text in a column of numbers, so that ranges can be judged."""
    import pandas as pd

    mixed = [column for column in _numbers_in(frame) if frame[column].dtype == object]
    numbers = {column: pd.to_numeric(frame[column], errors="coerce") for column in mixed}
    judged: pd.DataFrame = frame.assign(**numbers)
    return judged


def _numbers_in(frame: "pd.DataFrame") -> list[str]:
    return [column for column in _NUMBER_COLUMNS if column in frame]


def _canonical_text(file: DataFile) -> bytes:
    if not file.uci:
        return file.path.read_bytes()
    return "\n".join(canonical_lines(file)).encode()


def _parse(file: DataFile, text: bytes, as_text: list[str]) -> "pd.DataFrame":
    import pandas as pd

    try:
        return pd.read_csv(
            io.BytesIO(text),
            dtype=dict.fromkeys([*TEXT_COLUMNS, *as_text], str),
            na_values=["", MISSING],
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
    return numbers[1:] - int(file.uci)  # a UCI file has no header line of its own
