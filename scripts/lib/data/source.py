"""Find the data for a command, and provide it as a folder of canonical files, ready for upload."""

import hashlib
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.lib.data.files import write_lines
from scripts.lib.data.inspection import DataFile, canonical_lines, inspect
from scripts.lib.data.locating import locate, plain_folder, readable
from scripts.lib.data.mltable_file import NAME as MLTABLE
from scripts.lib.data.parquet_text import is_parquet
from scripts.lib.errors import DataRejected
from scripts.lib.repository.problem import Problem

# Files of these names are read by the training steps as they are, where they have a header.
_COMPLETE = (".csv", ".parquet")


@dataclass(frozen=True)
class DataSource:
    """Data laid out for the training pipeline.

    ``folder``: holds canonical CSV or Parquet files, perhaps their MLTable file, and nothing else; of data that stays
    in the workspace there is the ``address`` instead, and whether that is an asset of type mltable (``is_table``).
    ``files``: the files as the user gave them, sorted by name. ``description``: one phrase for people. ``synthetic``:
    no row is real, as the name of every file says. ``digest``: hexadecimal SHA-256 of the content, whatever the names
    and order of files.
    """

    folder: Path
    files: tuple[DataFile, ...]
    description: str
    synthetic: bool
    rows: int
    digest: str
    address: str = ""
    is_table: bool = False


def resolve(path: Path | None, work_dir: Path, problem: Problem) -> DataSource:
    """Return the data at ``path`` as a folder of canonical files; with None the fetched data, else the sample.

    ``path`` is a file or a folder of files: CSV, without header, or Parquet. A folder that holds one named as the
    problem stands for that. A folder that is canonical already is used where it lies; anything else is converted below
    ``work_dir``. The header of a CSV file is left to the expectations. Raises NotFound, and DataRejected for no table.
    """
    path = path or default_path(problem)
    if (path / problem.name).exists():
        path = path / problem.name
    called, path = readable(path), plain_folder(path, work_dir)
    files = _inspected(path, problem)
    folder = path if _is_canonical_folder(path, files) else _materialise(files, work_dir, problem)
    return _source(files, called, folder, problem)


def _source(files: tuple[DataFile, ...], called: str, folder: Path, problem: Problem) -> DataSource:
    synthetic = all("synthetic" in file.path.name for file in files)
    rows = sum(file.rows for file in files)
    plural = "s" if len(files) > 1 else ""
    description = f"{called}: {len(files)} file{plural}, {rows:,} rows ({_kind(files, synthetic, problem)})"
    return DataSource(folder, files, description, synthetic, rows, folder_digest(folder, problem))


def where_it_lies(folder: Path, called: str, problem: Problem) -> DataSource:
    """Return the data in ``folder``, known as ``called``, as it is: there nothing is converted, nor written.

    Raises:
        DataRejected: it holds no data, or some that the training steps would read otherwise.
    """
    if not folder.is_dir():
        raise DataRejected(f"{folder} is no folder: the training steps take folders.")
    files = _inspected(folder, problem)
    strays = [file.name for file in files if not _is_complete(file)]
    if not (folder / MLTABLE).is_file():
        known = {file.path for file in files}
        strays += sorted(str(each.relative_to(folder)) for each in folder.rglob("*.csv") if each not in known)
    if strays:
        raise DataRejected(
            f"{folder} holds {', '.join(strays[:5])}: without header, or in a folder inside. Where data lies it is not "
            "converted; put it there as CSV files with a header, or as Parquet."
        )
    return _source(files, called, folder, problem)


def folder_digest(folder: Path, problem: Problem) -> str:
    """Return the hexadecimal SHA-256 of the data files in ``folder``: of their bytes, not their names."""
    return _digest_of(_inspected(folder, problem))


def default_path(problem: Problem) -> Path:
    """Return the folder that ``fetch_data`` fills when it has, else the data that the repository ships."""
    filled = any(problem.real_folder.glob("*.csv")) or (problem.real_folder / MLTABLE).is_file()
    return problem.real_folder if filled else problem.sample


def _is_canonical_folder(path: Path, files: Sequence[DataFile]) -> bool:
    canonical = {file.path for file in files if file.path.suffix in _COMPLETE and not file.headless}
    described = {path / MLTABLE}
    return path.is_dir() and {each for each in path.rglob("*") if not each.is_dir()} - described == canonical


def _is_complete(file: DataFile) -> bool:
    """Whether the training steps read a file as it is."""
    return file.path.suffix.lower() in _COMPLETE and not file.headless


def _inspected(path: Path, problem: Problem) -> tuple[DataFile, ...]:
    """Return the data files at ``path``; DataRejected where they have no row."""
    files = tuple(inspect(file, problem, path if path.is_dir() else None) for file in locate(path))
    if not any(file.rows for file in files):
        raise DataRejected(f"{path} has no rows.")
    around = path if path.is_dir() else path.parent
    if "=" in around.name and any(is_parquet(file.path) for file in files):
        raise DataRejected(f"{path} is one part of a table: give the folder that holds {around.name} and its like.")
    return files


def _digest_of(files: Iterable[DataFile]) -> str:
    return hashlib.sha256("".join(sorted(file.sha256 for file in files)).encode()).hexdigest()


def _materialise(files: Sequence[DataFile], work_dir: Path, problem: Problem) -> Path:
    """Make a folder of canonical copies below ``work_dir``, named by content; return it once it is whole."""
    folder = work_dir / f"data-{_digest_of(files)[:16]}"
    work_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=work_dir, prefix=".data-") as temporary:
        whole = Path(temporary, "whole")
        whole.mkdir()
        for file in files:
            _write_canonical(
                file,
                whole / Path(file.name).with_suffix(file.path.suffix if is_parquet(file.path) else ".csv"),
                problem,
            )
        shutil.rmtree(folder, ignore_errors=True)
        whole.rename(folder)
    return folder


def _write_canonical(file: DataFile, target: Path, problem: Problem) -> None:
    if target.exists():
        raise DataRejected(f"{file.path} and a file beside it would both become {target.name}: rename one of them.")
    if not file.headless:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file.path, target)
        return
    write_lines(target, filter(None, canonical_lines(file, problem)))


def _kind(files: Sequence[DataFile], synthetic: bool, problem: Problem) -> str:
    if synthetic:
        return "synthetic, no row is real"
    origin = problem.origin
    if origin and {file.sha256 for file in files} <= {origin.sha256, origin.converted_sha256}:
        return origin.title
    return "not marked as synthetic"
