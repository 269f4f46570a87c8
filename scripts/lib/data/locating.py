"""Find the data files at a path, and make a folder a table or a table a folder where the other is wanted."""

import shutil
from pathlib import Path

from scripts.lib.data import mltable_file
from scripts.lib.data.parquet_text import Unreadable, parquet_files
from scripts.lib.errors import DataRejected, NotFound
from scripts.lib.repository import files as repository

SUFFIXES = (".csv", ".data")


def locate(path: Path) -> list[Path]:
    """Return the data files at ``path``, a file or a folder, sorted by name; NotFound when there is none.

    Parquet files are found in folders inside, too, as they are partitioned. An MLTable file names them itself.
    """
    if path.is_file():
        return [path]
    if not path.exists():
        raise NotFound(f"{path} does not exist: give a folder of CSV files or a CSV file.")
    if not path.is_dir():
        raise DataRejected(f"{path} is neither a file nor a folder.")
    try:
        named, parquet = mltable_file.files_of(path), parquet_files(path)
    except mltable_file.NotRead as error:
        raise DataRejected(f"{readable(path)}: {error}") from error
    except Unreadable as error:
        raise DataRejected(f"{error}.") from error
    tables = path.iterdir() if named is None else named
    filled = parquet if named is None else set(parquet).intersection(named)
    found = sorted({*filter(_is_data_name, tables), *filled})
    if not found:
        raise NotFound(
            f"{path} holds no file named *.csv, *.data or *.parquet (folders inside are searched for the last alone)."
        )
    for child in found:
        if not child.is_file():
            raise DataRejected(f"{child} is named like a data file but is not one.")
    return found


def plain_folder(path: Path, work_dir: Path | None = None) -> Path:
    """Return ``path``, or of a table whose files are not as ours, a folder of such copies, below ``work_dir`` if given.

    Raises:
        DataRejected: the MLTable file asks for what is not read here.
    """
    copies = work_dir / "table" if work_dir else None
    if copies:
        shutil.rmtree(copies, ignore_errors=True)
    try:
        return mltable_file.plain(path, copies)
    except mltable_file.NotRead as error:
        raise DataRejected(f"{readable(path)}: {error}") from error


def as_table(folder: Path, work_dir: Path) -> Path:
    """Return ``folder`` where it has an MLTable file, else a copy below ``work_dir`` that has one.

    Raises:
        DataRejected: it holds files of several kinds.
    """
    if (folder / mltable_file.NAME).is_file():
        return folder
    copy = Path(shutil.copytree(folder, work_dir / folder.name))
    try:
        mltable_file.write(copy, locate(copy))
    except mltable_file.NotRead as error:
        raise DataRejected(f"{readable(folder)}: {error}") from error
    return copy


def _is_data_name(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".")


def readable(path: Path) -> str:
    """Return a path as people read it: from the root of the repository, where it is below."""
    try:
        return str(path.resolve().relative_to(repository.ROOT))
    except ValueError:
        return str(path)
