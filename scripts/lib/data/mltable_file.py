"""Read what an MLTable file says of the files beside it, and write one: Azure's way to say how a folder is a table.

It stands alone: the components that read tables are uploaded with it. What Azure's own reader, the package `mltable`,
would read otherwise than we do is refused by name.
"""

import csv
import functools
import json
import re
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Any

NAME = "MLTable"
_KEYS = ("$schema", "type", "metadata", "traits", "paths", "transformations")
# Python's names of the encodings; None: the bytes are UTF-8 already.
_ENCODINGS = {
    **dict.fromkeys(("utf8", "utf-8", "utf8 bom", "ascii")),
    **dict.fromkeys(("iso88591", "iso-8859-1", "latin1", "latin-1"), "latin-1"),
    **dict.fromkeys(("utf16", "utf-16"), "utf-16"),
    **dict.fromkeys(("windows1252", "windows-1252"), "cp1252"),
}
# Options of a read that change nothing for those who read cells as texts, by the values that do so.
_HARMLESS: dict[str, tuple[object, ...]] = {
    "header": ("all_files_same_headers", "all_files_different_headers"),
    "include_path_column": (False,),
    "empty_as_string": (False,),
    "support_multi_line": (False, True),
    "infer_column_types": (False, True),
}
_OPTIONS = {"read_delimited": ("delimiter", "encoding", *_HARMLESS), "read_parquet": ("include_path_column",)}
_SUFFIXES = {"read_delimited": ".csv", "read_parquet": ".parquet"}


class NotRead(ValueError):
    """An MLTable file says what is not read here; the message says what, and what to do."""


@dataclass(frozen=True)
class _Described:
    """The files of a table, sorted by path, and how they are written; ``encoding`` None is UTF-8."""

    files: tuple[Path, ...]
    suffix: str
    delimiter: str = ","
    encoding: str | None = None

    @property
    def well_named(self) -> bool:
        """Whether the files are named as what they are."""
        return all(path.suffix.lower() == self.suffix for path in self.files)


def files_of(folder: Path) -> list[Path] | None:
    """Return the files that the MLTable file of ``folder`` names, sorted by path; None where there is no such file.

    Raises:
        NotRead: it asks for what is not read here.
    """
    return list(_described(folder).files) if (folder / NAME).is_file() else None


def plain(folder: Path, copies: Path | None = None) -> Path:
    """Return a folder of the same rows whose files are UTF-8 CSV with commas, or Parquet, and are named so.

    That is ``folder`` itself wherever it can be. Else it is ``copies``, or a temporary folder as long as the process
    lives, with the files that the MLTable file names and one that names them. Raises NotRead as ``files_of`` does.
    """
    if not (folder / NAME).is_file():
        return folder
    described = _described(folder)
    if described.well_named and (described.delimiter, described.encoding) == (",", None):
        return folder
    place = copies or Path(_temporary(folder).name)
    if not (place / NAME).is_file():
        # All are renamed where one is, so that no two get the same name.
        more = "" if described.well_named else described.suffix
        copied = {path: place / f"{path.relative_to(folder)}{more}" for path in described.files}
        for path, target in copied.items():
            target.parent.mkdir(parents=True, exist_ok=True)
            _copy(path, target, described)
        write(place, copied.values())
    return place


def write(folder: Path, files: Iterable[Path]) -> None:
    """Write the MLTable file of ``folder``: its table is these CSV or these Parquet files; NotRead for both kinds."""
    names = sorted(path.relative_to(folder).as_posix() for path in files)
    parquet = {name.lower().endswith(_SUFFIXES["read_parquet"]) for name in names}
    if len(parquet) > 1:
        raise NotRead("A table is of CSV files or of Parquet files, and here are both: leave one kind.")
    csv_files = 'read_delimited: {delimiter: ",", encoding: utf8, header: all_files_same_headers}'
    lines = [
        "$schema: https://azuremlschemas.azureedge.net/latest/MLTable.schema.json",
        "type: mltable",
        "paths:",
        # JSON is YAML, whatever signs a name holds.
        *(f"  - file: {json.dumps(f'./{name}')}" for name in names),
        "transformations:",
        f"  - {'read_parquet: {}' if True in parquet else csv_files}",
    ]
    (folder / NAME).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _described(folder: Path) -> _Described:
    import yaml

    try:
        content = yaml.safe_load((folder / NAME).read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise NotRead(f"{NAME} is no YAML: {error}") from error
    if not isinstance(content, dict) or not isinstance(content.get("paths"), list) or not content["paths"]:
        raise NotRead(f"{NAME} names no files: list them under `paths`.")
    for key in content:
        if key not in _KEYS:
            raise NotRead(f"{NAME}: `{key}` is not read here. Leave it out.")
    if content.get("type", "mltable") != "mltable":
        raise NotRead(f"{NAME}: `type` is {content['type']!r}, and must be mltable.")
    kind, options = _read(content.get("transformations"))
    files = sorted(_named(folder, content["paths"]))
    if twice := next((path for path, other in pairwise(files) if path == other), None):
        raise NotRead(f"{NAME} names {twice.name} twice, so that its rows would count twice. Name it once.")
    encoding = str(options.get("encoding", "utf8"))
    if encoding not in _ENCODINGS:
        raise NotRead(f"{NAME}: encoding {encoding!r} is not one of {', '.join(_ENCODINGS)}.")
    delimiter = str(options.get("delimiter", ","))
    if len(delimiter) != 1:
        raise NotRead(f'{NAME}: delimiter {delimiter!r} is not one sign; a tab is "\\t", in double quotes.')
    return _Described(tuple(files), _SUFFIXES[kind], delimiter, _ENCODINGS[encoding])


def _read(transformations: Any) -> tuple[str, dict[str, Any]]:
    """Return the one transformation that reads, and its options; whatever else there is, is refused."""
    found: list[tuple[str, Any]] = []
    for entry in transformations if isinstance(transformations, list) else []:
        found += list(entry.items()) if isinstance(entry, dict) else [(str(entry), None)]
    for name, _ in found:
        if name not in _OPTIONS:
            known = " and ".join(_OPTIONS)
            raise NotRead(f"{NAME}: the transformation {name} is not done here, only {known}. Write the rows so.")
    if len(found) != 1:
        raise NotRead(f"{NAME} must read its files once, by one of {', '.join(_OPTIONS)}; here are {len(found)}.")
    ((kind, given),) = found
    options: dict[str, Any] = given or {}
    for name, value in options.items():
        if name not in _OPTIONS[kind]:
            raise NotRead(f"{NAME}: the option {name} of {kind} is not known here. Leave it out.")
        if name in _HARMLESS and value not in _HARMLESS[name]:
            taken = " or ".join(map(str, _HARMLESS[name]))
            raise NotRead(f"{NAME}: {name} of {kind} is {value!r}, and must be {taken}. Write the files so.")
    return kind, options


def _named(folder: Path, entries: list[Any]) -> Iterator[Path]:
    for entry in entries:
        kind, text = next(iter(entry.items())) if isinstance(entry, dict) and len(entry) == 1 else ("", entry)
        if kind not in ("file", "folder", "pattern"):
            raise NotRead(f"{NAME}: the path {text!r} is none of file, folder and pattern.")
        inner = PurePosixPath(str(text))
        if inner.is_absolute() or ".." in inner.parts or re.match(r"\w[\w+.-]*:", str(text)):
            raise NotRead(f"{NAME}: the path {text} lies outside of its folder. Put the files beside it.")
        place = folder / inner
        if kind == "file":
            found = [place]
        elif kind == "folder":
            found = [path for path in place.rglob("*") if path.is_file()]
        else:
            found = [path for path in folder.glob(inner.as_posix() if inner.parts else "*") if path.is_file()]
        if not found or not found[0].is_file():
            raise NotRead(f"{NAME}: {kind} {text} is no file here. Correct the path, or put the file there.")
        for path in found:
            if path.name == NAME or any(part[0] in "._" for part in path.relative_to(folder).parts):
                raise NotRead(
                    f"{NAME}: {kind} {text} covers {path.name}, whose name says that it holds no rows. Name others."
                )
        yield from found


@functools.cache
def _temporary(folder: Path) -> "tempfile.TemporaryDirectory[str]":
    return tempfile.TemporaryDirectory(prefix="table-")


def _copy(path: Path, target: Path, described: _Described) -> None:
    if described.suffix == _SUFFIXES["read_parquet"]:
        target.write_bytes(path.read_bytes())
        return
    try:
        with (
            path.open(encoding=described.encoding or "utf-8-sig", newline="") as source,
            target.open("w", encoding="utf-8", newline="") as copy,
        ):
            reader = csv.reader(source, delimiter=described.delimiter, skipinitialspace=True)
            csv.writer(copy, lineterminator="\n").writerows(reader)
    except (UnicodeError, csv.Error) as error:
        raise NotRead(f"{path.name} is not as {NAME} says: {error}") from error
