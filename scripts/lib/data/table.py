"""Read a data file into a frame whose index holds the line of the file that each row stands on."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any

from scripts.lib.data.inspection import DataFile, canonical_lines
from scripts.lib.data.parquet_text import Unreadable, as_csv, is_parquet
from scripts.lib.errors import DataRejected
from scripts.lib.repository.problem import Problem

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from scripts.lib.data.source import DataSource


def read_table(file: DataFile, problem: Problem) -> "pd.DataFrame":
    """Return the rows of ``file`` in canonical codes, NaN where missing.

    A column of numbers that holds something else has dtype object: floats, and the offending text as it is.
    Spaces around cells and names do not count, and a line without any cell is no row, as for the components that read
    the file later. Raises DataRejected, with the line, when the file is no table of equally long rows.
    """
    import pandas as pd

    text = _canonical_text(file, problem)
    frame = _parse(file, text, problem, [])
    require_rows(file, len(frame), isinstance(frame.index, pd.RangeIndex))
    if odd := odd_columns(frame, problem):
        frame[odd] = mixed(_parse(file, text, problem, odd)[odd])
    frame.index = pd.Index(_line_numbers(text, file))
    filled: pd.DataFrame = frame.dropna(how="all")
    return filled


def require_rows(file: DataFile, rows: int, counted: bool) -> None:
    """Raise DataRejected unless as many rows were parsed as the file has, each ``counted`` and not named by a field."""
    if not counted:
        raise DataRejected(f"{file.path} has rows with more fields than its header has names.")
    if rows != file.rows:
        raise DataRejected(f"{file.path} has a quoted field that spans lines, or a stray \\r: one row, one line.")


def mixed(as_text: "pd.DataFrame") -> "pd.DataFrame":
    """Return columns of text with numbers where the text is one, and the offending text as it is."""
    import pandas as pd

    numbers = as_text.apply(pd.to_numeric, errors="coerce")
    found: pd.DataFrame = numbers.astype(object).where(numbers.notna(), as_text).infer_objects()
    return found


def odd_columns(frame: "pd.DataFrame", problem: Problem) -> list[str]:
    """Return the columns of numbers that hold something else."""
    return [column for column in _numbers_in(frame, problem) if frame[column].dtype.kind not in "iuf"]


def read_source(source: "DataSource", problem: Problem) -> "pd.DataFrame":
    """Return the rows of all files of ``source``, labelled by file name and line.

    Raises:
        DataRejected: a file is no table of equally long rows.
    """
    return read_files(source.files, problem)


def read_files(files: Sequence[DataFile], problem: Problem) -> "pd.DataFrame":
    """Return the rows of ``files``, labelled by file name and line; see ``read_table``."""
    return stack({file.name: read_table(file, problem) for file in files})


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
    if is_parquet(file.path):
        try:
            with as_csv(file.path, problem.columns) as text:
                return text.read()
        except Unreadable as error:
            raise DataRejected(f"{error}.") from error
    if not file.headless:
        return file.path.read_bytes()
    return "\n".join(canonical_lines(file, problem)).encode()


def _parse(file: DataFile, text: bytes, problem: Problem, as_text: list[str]) -> "pd.DataFrame":
    [frame] = parsed(file, io.BytesIO(text), problem, as_text)
    return frame


def parsed(
    file: DataFile, text: IO[bytes], problem: Problem, as_text: list[str], rows: int | None = None
) -> Iterator["pd.DataFrame"]:
    """Yield the frames of ``rows`` rows each, or one of all, that the canonical ``text`` of ``file`` holds.

    The columns ``as_text`` are texts, as those that the problem describes so. Raises DataRejected for no table.
    """
    import pandas as pd

    texts = [*(field.name for field in problem.fields if field.is_text), *as_text]
    names = _names(text)
    try:
        reader: Any = pd.read_csv(
            text,
            names=names,
            header=0,
            dtype=dict.fromkeys((name for name in texts if name in names), str),
            na_values=list(problem.missing),
            keep_default_na=False,
            skipinitialspace=True,
            low_memory=False,
            chunksize=rows,
        )
        for frame in reader if rows else [reader]:
            yield _cleaned(frame, texts, problem)
    except (pd.errors.ParserError, ValueError) as error:
        reason = str(error).removeprefix("Error tokenizing data. C error: ").strip()
        raise DataRejected(f"{file.path} is not a table of equally long rows: {reason}.") from error


def _cleaned(frame: "pd.DataFrame", texts: list[str], problem: Problem) -> "pd.DataFrame":
    for name in texts:
        if name in frame:
            stripped = frame[name].str.strip(" \t")
            frame[name] = stripped.where(~stripped.isin(problem.missing))
    return frame


def _names(text: IO[bytes]) -> list[str]:
    """Return the names in the header, without the spaces around them; a name that stands there again gets a number."""
    lines = (line.removeprefix(b"\xef\xbb\xbf").rstrip(b"\r\n") for line in text)
    first = next((line for line in lines if line.strip()), b"")
    text.seek(0)
    names = [name.strip(" \t") for name in next(csv.reader([first.decode()], skipinitialspace=True))]
    return [
        f"{name}.{names[:place].count(name)}" if name in names[:place] else name for place, name in enumerate(names)
    ]


def _line_numbers(text: bytes, file: DataFile) -> "np.ndarray":
    import numpy as np

    filled = np.fromiter(map(bool, map(bytes.strip, text.splitlines())), dtype=bool)
    numbers = np.flatnonzero(filled) + 1
    return numbers[1:] - int(file.headless)  # the header of the canonical text is not in the file
