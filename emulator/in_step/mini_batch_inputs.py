"""Cut the input of a parallel step into mini-batches: lists of files, or parts of a table.

A mini-batch is described by JSON, so that each worker reads only what it works on.
"""

from __future__ import annotations

import os
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_UNITS = {"": 1, "kb": 1024, "mb": 1024**2, "gb": 1024**3}
# Azure's names of encodings that Python has under others.
_ENCODINGS = {"iso88591": "iso-8859-1", "windows1252": "windows-1252", "utf8 bom": "utf-8-sig"}
_DEFAULT_FILES = 10
_DEFAULT_BYTES = 1024**2


class NotSupported(Exception):
    """The input asks for something that this workspace does not have; the message names it."""


def size_in_bytes(text: str) -> int:
    """Return a number, or a number with a unit such as ``10kb``."""
    match = re.fullmatch(r"(\d+)\s*([kmg]b)?", str(text).strip().lower())
    if not match or int(match[1]) < 1:
        raise NotSupported(f"mini_batch_size {text} is not a number of files or a number with kb, mb or gb")
    return int(match[1]) * _UNITS[match[2] or ""]


def mini_batches(source: str, size: str | None, keys: list[str]) -> list[dict[str, Any]]:
    """Return the descriptions of the mini-batches of ``source``, a file or folder.

    A table is cut into parts of about ``size`` bytes, or by the values of ``keys``; files are taken ``size`` at a time.
    An MLTable without a transformation that reads its files is a list of them.
    """
    described = is_table(source)
    if described and any(name.startswith("read_") for name, _ in _transformations(_definition(source))):
        return _of_table(source, size_in_bytes(size) if size else _DEFAULT_BYTES, keys)
    if keys:
        raise NotSupported("partition_keys of an input that is not a table")
    count = size_in_bytes(size) if size else _DEFAULT_FILES
    files = _paths(source, _definition(source)) if described else _files(source)
    return [{"files": files[at : at + count]} for at in range(0, len(files), count)]


def is_table(source: str) -> bool:
    """Return whether ``source`` is the folder of an MLTable file."""
    return os.path.isfile(os.path.join(source, "MLTable"))


def length(described: dict[str, Any]) -> int:
    """Return the number of files or rows in a mini-batch."""
    return len(described["files"]) if "files" in described else int(described["count"])


def load(source: str, described: dict[str, Any], table: list[Any]) -> Any:
    """Return the mini-batch that the script gets; ``table`` keeps the table that was read for an earlier one."""
    if "files" in described:
        return list(described["files"])
    if not table:
        table.append(read_table(source))
    if "key" in described:
        chosen = table[0]
        for name, value in described["key"].items():
            chosen = chosen[chosen[name].astype(str) == value]
        return chosen.reset_index(drop=True)
    return table[0].iloc[described["start"] : described["start"] + described["count"]].reset_index(drop=True)


def _files(source: str) -> list[str]:
    if os.path.isfile(source):
        return [source]
    found = [os.path.join(folder, name) for folder, _, names in os.walk(source) for name in names]
    return sorted(found)


def _of_table(source: str, size: int, keys: list[str]) -> list[dict[str, Any]]:
    table = read_table(source)
    if keys:
        groups = table.astype(dict.fromkeys(keys, str)).groupby(keys, sort=True).size()
        values = [each if isinstance(each, tuple) else (each,) for each in groups.index]
        return [
            {"key": dict(zip(keys, value)), "count": int(count)}  # noqa: B905 (a step may run on Python 3.9)
            for value, count in zip(values, groups)  # noqa: B905
        ]
    total = sum(os.path.getsize(path) for path in _paths(source, _definition(source)))
    rows = max(1, len(table) * size // max(total, 1))
    return [{"start": at, "count": min(rows, len(table) - at)} for at in range(0, len(table), rows)]


def _definition(source: str) -> dict[str, Any]:
    import yaml

    with open(os.path.join(source, "MLTable"), encoding="utf-8") as file:
        return dict(yaml.safe_load(file) or {})


def _transformations(definition: dict[str, Any]) -> list[tuple[str, Any]]:
    return [item for entry in definition.get("transformations") or [] for item in _items(entry)]


def _paths(source: str, definition: dict[str, Any]) -> list[str]:
    from pathlib import Path

    found: list[str] = []
    for entry in definition.get("paths") or []:
        ((kind, path),) = entry.items()
        if re.match(r"\w[\w+.-]*:", str(path)):
            raise NotSupported(f"path {path} of an MLTable, which lies outside of its folder")
        # Unlike a shell, a pattern of Azure finds hidden files, too.
        matched = map(str, Path(source).glob(str(path))) if kind == "pattern" else _files(os.path.join(source, path))
        found += sorted(matched)
    return [path for path in found if os.path.isfile(path) and os.path.basename(path) != "MLTable"]


def read_table(source: str) -> Any:
    """Return the table of an MLTable folder.

    Raises:
        NotSupported: one of its transformations is not known here.
    """
    import pandas

    definition, frames = _definition(source), []
    steps = _transformations(definition)
    for path in _paths(source, definition):
        frame: Any = None
        for name, options in steps:
            if name in ("read_delimited", "read_parquet"):
                frame = _read(name, path, options or {})
            elif name == "extract_columns_from_partition_format":
                frame = frame.assign(**_columns(source, path, str(options["partition_format"])))
            elif name == "drop_columns":
                frame = frame.drop(columns=[options] if isinstance(options, str) else options)
            elif name == "keep_columns":
                frame = frame[[options] if isinstance(options, str) else options]
            else:
                raise NotSupported(f"{name} of an MLTable")
        if frame is None:
            raise NotSupported("An MLTable that neither reads delimited files nor Parquet")
        frames.append(frame)
    if not frames:
        raise NotSupported("An MLTable without files")
    return pandas.concat(frames, ignore_index=True)


def _items(entry: Any) -> list[tuple[str, Any]]:
    return list(entry.items()) if isinstance(entry, dict) else [(str(entry), None)]


def _read(kind: str, path: str, options: dict[str, Any]) -> Any:
    import pandas

    if kind == "read_parquet":
        frame = pandas.read_parquet(path)
    else:
        header = None if options.get("header") == "no_header" else 0
        encoding = str(options.get("encoding") or "utf8")
        encoding = _ENCODINGS.get(encoding, encoding)
        frame = pandas.read_csv(path, sep=options.get("delimiter") or ",", header=header, encoding=encoding)
    if options.get("include_path_column"):
        frame.insert(0, "Path", path)
    return frame


def _columns(source: str, path: str, form: str) -> dict[str, str]:
    """Return the columns whose values are parts of the path of a file."""
    pattern = "".join(
        f"(?P<{part[1:-1]}>[^/]+?)" if part.startswith("{") else re.escape(part)
        for part in re.split(r"(\{\w+\})", form.lstrip("/"))
    )
    match = re.search(f"(?:^|/){pattern}$", os.path.relpath(path, source).replace(os.sep, "/"))
    if not match:
        raise NotSupported(f"{path} in the partition format {form}")
    return match.groupdict()
