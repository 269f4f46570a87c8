"""Read a table as people have it, in any common form of CSV or as Parquet, as texts with `` `` for no value."""

import io
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.lib.errors import DataRejected, NotFound

if TYPE_CHECKING:
    import pandas as pd

SUFFIXES = (".csv", ".tsv", ".txt", ".data", ".parquet")
MISSING = ("", "NA", "N/A", "n/a", "na", "NaN", "nan", "NULL", "null", "None", "-", "--", "?", ".", "#N/A", "missing")
_DELIMITERS = (",", ";", "\t", "|")
_SNIFFED_LINES = 50
_NO_TEXT = {
    b"PK\x03\x04": "is a workbook or an archive: save the sheet as CSV",
    b"\x1f\x8b": "is compressed: unpack it",
    b"\xd0\xcf\x11\xe0": "is an old workbook: save the sheet as CSV",
    b"%PDF": "is a PDF: save the table as CSV",
    b"SQLite format 3": "is a database: export the table as CSV",
}


def read_table(path: Path) -> tuple["pd.DataFrame", list[str]]:
    """Return the table at ``path``, a file or a folder of files with the same columns, and what was assumed.

    Every cell is a text without spaces around it; a missing value is the empty text. Lines without any value are left
    out.

    Raises:
        NotFound: there is no such file, or no table in the folder.
        DataRejected: it is no table with a header; the message says why.
    """
    import pandas as pd

    notes: list[str] = []
    frames = [_read_file(file, notes) for file in _files(path)]
    first = frames[0]
    for file, frame in zip(_files(path), frames, strict=True):
        if list(frame.columns) != list(first.columns):
            raise DataRejected(f"{file} has other columns than the first file: {', '.join(frame.columns[:20])}.")
    table = pd.concat(frames, ignore_index=True)
    filled = (table != "").any(axis=1)
    if not filled.all():
        notes.append(f"{int((~filled).sum()):,} lines without any value are left out.")
    table = table[filled].reset_index(drop=True)
    if table.empty:
        raise DataRejected(f"{path} has a header and no rows.")
    return table, list(dict.fromkeys(notes))


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.exists():
        raise NotFound(f"{path} does not exist.")
    found = sorted(file for file in path.iterdir() if file.suffix.lower() in SUFFIXES and file.name[0] != ".")
    if not found:
        raise NotFound(f"{path} holds no table: none of {', '.join(f'*{suffix}' for suffix in SUFFIXES)}.")
    return found


def _read_file(path: Path, notes: list[str]) -> "pd.DataFrame":
    content = path.read_bytes()
    if content[:4] == b"PAR1":
        table = _from_parquet(content)
    else:
        if why := next((why for start, why in _NO_TEXT.items() if content.startswith(start)), None):
            raise DataRejected(f"{path} {why}.")
        table = _from_text(path, _decoded(path, content, notes), notes)
    return _as_texts(path, table)


def _from_parquet(content: bytes) -> "pd.DataFrame":
    import pandas as pd

    table = pd.read_parquet(io.BytesIO(content))
    for name in table.columns:
        column = table[name]
        if column.dtype.kind == "M":
            whole = (column.dropna().dt.normalize() == column.dropna()).all()
            table[name] = column.dt.strftime("%Y-%m-%d" if whole else "%Y-%m-%dT%H:%M:%S")
        elif column.dtype.kind == "f" and (column.dropna() % 1 == 0).all():
            # Whole numbers with a missing one among them are floats to pandas.
            table[name] = column.astype("Int64")
    texts: pd.DataFrame = table.astype(object).where(table.notna(), "").map(str)
    return texts


def _decoded(path: Path, content: bytes, notes: list[str]) -> str:
    for encoding in ("utf-16",) if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp1252", "latin-1"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        if encoding != "utf-8-sig":
            notes.append(f"{path.name} is not UTF-8; it was read as {encoding}.")
        return text
    raise DataRejected(f"{path} is no text: give CSV or Parquet.")


def _from_text(path: Path, text: str, notes: list[str]) -> "pd.DataFrame":
    import pandas as pd

    if not text.strip():
        raise DataRejected(f"{path} is empty.")
    delimiter = _delimiter(path, text)
    if delimiter != ",":
        notes.append(f"{path.name} separates its columns by {'a tab' if delimiter == chr(9) else repr(delimiter)}.")
    try:
        table = pd.read_csv(
            io.StringIO(text),
            sep=delimiter,
            header=None,
            dtype=str,
            keep_default_na=False,
            skip_blank_lines=True,
            skipinitialspace=True,
            index_col=False,
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        reason = str(error).removeprefix("Error tokenizing data. C error: ").strip()
        raise DataRejected(f"{path} is not a table of equally long rows: {reason}.") from error
    names = [str(name) if name == name else "" for name in table.iloc[0]]
    rows: pd.DataFrame = table.iloc[1:].set_axis(names, axis=1)
    return rows


def _delimiter(path: Path, text: str) -> str:
    """Return the sign that separates the columns: the one that most lines have most, and equally often."""
    lines = [_unquoted(line) for line in text.splitlines()[:_SNIFFED_LINES] if line.strip()]
    counts = {sign: [line.count(sign) for line in lines] for sign in _DELIMITERS}

    def fit(sign: str) -> tuple[float, int]:
        of_header = counts[sign][0]
        return (sum(count == of_header for count in counts[sign]) / len(lines) if of_header else 0.0, of_header)

    best = max(_DELIMITERS, key=fit)
    if not counts[best][0]:
        raise DataRejected(f"{path} has a single column: its header is {text.splitlines()[0][:80]!r}.")
    return best


def _unquoted(line: str) -> str:
    return "".join(line.split('"')[::2])


def _as_texts(path: Path, table: "pd.DataFrame") -> "pd.DataFrame":
    names = [str(name).strip() for name in table.columns]
    _check_header(path, names)
    texts: pd.DataFrame = table.set_axis(names, axis=1).fillna("")
    for name in names:
        column = texts[name].str.strip()
        texts[name] = column.mask(column.isin(MISSING), "")
    return texts


def _check_header(path: Path, names: list[str]) -> None:
    repeated = sorted({name for name in names if name and names.count(name) > 1})
    if repeated:
        raise DataRejected(f"{path} has more than one column named {', '.join(repeated)}. Rename or remove them.")
    if sum(_is_number(name) for name in names) > len(names) / 2:
        raise DataRejected(f"{path} has no header: its first line is {', '.join(names[:6])}. Put the names there.")
    if any(not name for name in names[1:]):
        raise DataRejected(f"{path} has a column without a name, after {names[names.index('', 1) - 1]!r}. Name it.")


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", "."))
    except ValueError:
        return False
    return True
