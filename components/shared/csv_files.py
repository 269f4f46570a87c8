"""Which files of a folder are data, in which order, and which of their records are rows.

Every step that counts rows goes by this: the ``.csv`` and ``.parquet`` files sorted by path, or those that an MLTable
file names, in each the records after the header of which at least one cell is neither empty nor ``?``. So the n-th row
is the same row to all of them.
"""

from pathlib import Path
from typing import IO

from mltable_file import NAME, NotRead, files_of, plain
from parquet_text import Unreadable, as_csv, is_parquet, parquet_files
from refusal import Refused

MISSING_TEXTS = ("", "?")


def csv_files(folder: Path) -> list[Path]:
    """Return the CSV and Parquet files below ``folder``, sorted by path; refuse a folder that holds none.

    Of a table that an MLTable file describes as written otherwise, the files are copies as CSV.
    """
    if not folder.is_dir():
        raise Refused(f"{folder} is not a folder. Give a folder that holds CSV files.")
    try:
        folder = plain(folder)
        named = files_of(folder)
        found = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
        tables = {path for path in found if path.suffix.lower() == ".csv"} | set(parquet_files(folder))
    except NotRead as error:
        raise Refused(str(error)) from error
    except Unreadable as error:
        raise Refused(f"{error}.") from error
    if named is not None:
        tables &= set(named)
    if not tables:
        names = ", ".join(path.name for path in found[:5]) or "nothing"
        raise Refused(f"{folder} holds no .csv file, only: {names}. Put the data there as CSV with a header.")
    for path in found:
        if path not in tables and path.name != NAME:
            print(f"Not read, as it is not a .csv file: {path.name}")
    return sorted(tables)


def opened(path: Path) -> IO[bytes]:
    """Open a table as CSV: a CSV file as it is, a Parquet file as the CSV that says the same."""
    try:
        return as_csv(path) if is_parquet(path) else path.open("rb")
    except Unreadable as error:
        raise Refused(f"{error}. Write the file anew.") from error
