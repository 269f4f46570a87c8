"""Read a Parquet file as the CSV text that says the same, so that whoever reads tables reads both forms alike.

It stands alone: the components that read tables are uploaded with it.
"""

import hashlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    import pandas as pd

SUFFIX = ".parquet"
_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
_OF_PANDAS = "__index_level_"
# By Parquet's own numbers (parquet.thrift): a type of values, what they mean, and how pages hold them.
_FIXED_BYTES = 7
_DECIMAL, _NO_CELLS = 5, (1, 2, 3, 7, 8, 20, 21)  # maps and lists, times of day, BSON, intervals
_ENCODINGS = {0, 2, 3, 4, 8}  # plain, dictionaries, runs


class Unreadable(ValueError):
    """A file is no Parquet file, or holds what no cell of a table can."""


def is_parquet(path: Path) -> bool:
    """Tell whether a file is named as Parquet is."""
    return path.suffix.lower() == SUFFIX


def parquet_files(folder: Path) -> list[Path]:
    """Return the Parquet files below ``folder`` that have rows, sorted by path; ``_name`` and ``.name`` are no data.

    Raises:
        Unreadable: one of them is damaged, or the folder is a table of Delta Lake, of which some files are outdated.
    """
    if any(folder.rglob("_delta_log")):
        raise Unreadable(f"{folder} is a table of Delta Lake, of which some files are outdated: export it as Parquet")
    found = (path for path in folder.rglob("*") if is_parquet(path) and path.is_file())
    data = (path for path in found if not any(part[0] in "._" for part in path.relative_to(folder).parts))
    return sorted(path for path in data if count_rows(path))


def count_rows(path: Path) -> int:
    """Return how many rows a Parquet file has."""
    return int(_opened(path).count())


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal; what folders state of a Parquet file's rows is content, too."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    if is_parquet(path) and (stated := stated_by_folders(path)):
        digest.update(json.dumps(stated, sort_keys=True).encode())
    return digest.hexdigest()


def as_csv(path: Path, first: tuple[str, ...] = ()) -> IO[bytes]:
    """Return an open file of the rows of a Parquet file as CSV, with a header, at its beginning.

    The columns that the folders ``NAME=VALUE`` around the file state come last, but those in ``first`` stand first, in
    that order. A missing value is an empty cell, a truth value true or false, a date as ISO 8601 writes it. A group of
    rows is in memory at a time.
    """
    stated = stated_by_folders(path)
    file = tempfile.TemporaryFile()  # noqa: SIM115 - it is the caller's to close
    try:
        for place, frame in enumerate(_groups(path)):
            for name, value in stated.items():
                frame[name] = value
            names = [*(name for name in first if name in frame), *(name for name in frame if name not in first)]
            frame[names].to_csv(file, index=False, header=not place, lineterminator="\n")
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def _groups(path: Path) -> Iterator["pd.DataFrame"]:
    """Yield the groups of rows, at least one; the columns that pandas writes for its index are left out."""
    parquet = _opened(path)
    nested = sorted({str(element.name) for element in parquet.schema.schema_elements[1:] if element.num_children})
    if nested:
        raise Unreadable(
            f"{path.name}: column(s) {', '.join(nested)} hold lists or records, and a cell holds one value."
        )
    _refuse_misread(path, parquet)
    names = [name for name in parquet.columns if not name.startswith(_OF_PANDAS)]
    try:
        if not parquet.row_groups:
            yield _as_texts(parquet.to_pandas(names, index=False))
        for group in parquet.iter_row_groups(columns=names, index=False):
            yield _as_texts(group)
    except Exception as error:  # damage shows itself as any error
        raise Unreadable(f"{path.name} cannot be read as Parquet: {type(error).__name__}: {error}") from error


def _refuse_misread(path: Path, parquet: Any) -> None:
    """Refuse what the library is known to read as something else: times, short floats, differences."""
    for element in parquet.schema.schema_elements[1:]:
        fixed = element.type == _FIXED_BYTES and element.converted_type != _DECIMAL
        of_day = getattr(element.logicalType, "TIME", None) is not None
        if fixed or of_day or element.converted_type in _NO_CELLS:
            raise Unreadable(f"{path.name}: column {element.name} has a type that is not read: write it as text")
    for group in parquet.row_groups:
        for column in group.columns:
            found = column.meta_data
            if strange := set(found.encodings) - _ENCODINGS:
                name = ".".join(part.decode() if isinstance(part, bytes) else part for part in found.path_in_schema)
                raise Unreadable(
                    f"{path.name}: column {name} is stored in an encoding that is not read (number "
                    f"{', '.join(map(str, sorted(strange)))} of Parquet's list): write it plainly or by dictionary"
                )


def _opened(path: Path) -> Any:
    from fastparquet import ParquetFile

    try:
        return ParquetFile(str(path))
    except Exception as error:  # damage shows itself as any error
        raise Unreadable(f"{path.name} cannot be read as Parquet: {type(error).__name__}: {error}") from error


def stated_by_folders(path: Path) -> dict[str, str | None]:
    """Return the columns that the names of the folders directly around a file state, the outermost first."""
    stated: dict[str, str | None] = {}
    for folder in path.parents:
        name, equals, value = folder.name.partition("=")
        if not equals:
            break
        stated = {unquote(name): None if value == _NO_VALUE else unquote(value), **stated}
    return stated


def _as_texts(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Return ``frame`` with the cells as texts that pandas would write otherwise than other programs do."""
    import pandas as pd

    texts = frame.copy(deep=False)
    for name in frame:
        cells = frame[name]
        if pd.api.types.is_bool_dtype(cells):
            texts[name] = cells.astype(object).map({True: "true", False: "false"})
        elif cells.dtype == object:
            texts[name] = cells.map(_as_text)
    found: pd.DataFrame = texts
    return found


def _as_text(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("utf-8")
    if isinstance(value, bool):
        return "true" if value else "false"
    return value
