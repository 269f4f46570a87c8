"""Read a folder of CSV files in chunks, and refuse by name what cannot be read."""

import csv
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from columns import FEATURES, NUMERIC, TARGET
from refusal import Refused

CHUNK_ROWS = 250_000
MISSING = ["", "?"]


def csv_files(folder: Path) -> list[Path]:
    """Return the CSV files below ``folder``, sorted by path; refuse a folder that holds none."""
    if not folder.is_dir():
        raise Refused(f"{folder} is not a folder. Give a folder that holds CSV files.")
    found = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    tables = [path for path in found if path.suffix.lower() == ".csv"]
    if not tables:
        names = ", ".join(path.name for path in found[:5]) or "nothing"
        raise Refused(f"{folder} holds no .csv file, only: {names}. Put the data there as CSV with a header.")
    for path in found:
        if path not in tables:
            print(f"Not read, as it is not a .csv file: {path.name}")
    return tables


def header(path: Path, needs_target: bool) -> list[str]:
    """Return the columns to read from ``path``; refuse a missing or repeated column by name."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            names = [name.strip() for name in next(csv.reader(file), [])]
    except UnicodeDecodeError as error:
        raise Refused(f"{path.name} is not UTF-8 text ({error}). Save it as UTF-8.") from error
    if not names:
        raise Refused(f"{path.name} is empty. Remove the file or fill it.")
    wanted = [*FEATURES, TARGET]
    needed = wanted if needs_target else list(FEATURES)
    if missing := [name for name in needed if name not in names]:
        raise Refused(f"{path.name} lacks the column(s) {', '.join(missing)}; it has: {', '.join(names)}.")
    if repeated := sorted({name for name in wanted if names.count(name) > 1}):
        raise Refused(f"{path.name} names {', '.join(repeated)} more than once in its header. Keep one of each.")
    if extra := [name for name in names if name not in wanted]:
        print(f"Columns of {path.name} that are not used: {', '.join(extra)}")
    return names


def chunks(path: Path, needs_target: bool) -> Iterator[pd.DataFrame]:
    """Yield ``path`` as frames of at most ``CHUNK_ROWS`` rows.

    Numeric columns and the target are float64 (NaN where empty or ``?``), categorical columns hold
    canonical text (see ``canonical``) as pandas categories. Line numbers are the frame's index.
    """
    names = header(path, needs_target)
    used = [name for name in (*FEATURES, TARGET) if name in names]
    rows = blank = 0
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        try:
            reader = pd.read_csv(
                path, header=0, names=names, index_col=False, chunksize=CHUNK_ROWS, encoding="utf-8-sig",
                na_values=MISSING, keep_default_na=False, skipinitialspace=True, skip_blank_lines=False,
                low_memory=False,
            )  # fmt: skip
            for frame in reader:
                filled = frame[used].dropna(how="all")
                rows, blank = rows + len(filled), blank + len(frame) - len(filled)
                yield _typed(filled, path)
        except (pd.errors.ParserError, pd.errors.ParserWarning, UnicodeDecodeError) as error:
            raise Refused(f"{path.name} is not a well-formed CSV file: {error}".strip()) from error
    if not rows:
        raise Refused(f"{path.name} has a header and no rows. Remove the file or fill it.")
    if blank:
        print(f"Skipped {blank} blank line(s) of {path.name}")


def canonical(value: object) -> str:
    """Return the one text of a category: ``3``, ``3.0`` and `` 3 `` are the same."""
    text = str(value).strip()
    try:
        number = float(text)
    except ValueError:
        return text
    return str(int(number)) if number.is_integer() else repr(number)


def _typed(frame: pd.DataFrame, path: Path) -> pd.DataFrame:
    columns: dict[str, np.ndarray | pd.Categorical] = {}
    for name in frame.columns:
        if name in NUMERIC or name == TARGET:
            columns[name] = numbers = _numbers(frame[name], path)
            if name == TARGET:
                _check_target(numbers, frame.index, path)
        else:
            columns[name] = _categories(frame[name])
    return pd.DataFrame(columns, index=frame.index)


def _categories(series: pd.Series) -> pd.Categorical:
    codes, values = pd.factorize(series)
    texts = [canonical(value) for value in values]
    known = sorted(set(texts).difference(MISSING))
    places = [known.index(text) if text in known else -1 for text in texts]
    return pd.Categorical.from_codes(np.array([*places, -1], np.intp)[codes], pd.Index(known, dtype=object))


def _numbers(series: pd.Series, path: Path) -> np.ndarray:
    if series.dtype == object:
        text = series.astype(str).str.strip()
        series = text.mask(series.isna() | text.isin(MISSING))
    numbers = pd.to_numeric(series, errors="coerce").to_numpy(np.float64)
    stray = np.flatnonzero((np.isnan(numbers) & series.notna().to_numpy()) | np.isinf(numbers))
    if stray.size:
        shown = ", ".join(f"line {series.index[i] + 2}: {series.iloc[i]!r}" for i in stray[:3])
        raise Refused(
            f"{path.name}, column {series.name}: {stray.size} value(s) are not numbers ({shown}). "
            "Correct them, or leave them empty when unknown."
        )
    return numbers


def _check_target(target: np.ndarray, index: pd.Index, path: Path) -> None:
    stray = np.flatnonzero(~np.isin(target, (0.0, 1.0)))
    if stray.size:
        shown = ", ".join(f"line {index[i] + 2}: {'empty' if np.isnan(target[i]) else target[i]}" for i in stray[:3])
        raise Refused(f"{path.name}, column {TARGET}: {stray.size} value(s) are neither 0 nor 1 ({shown}).")
