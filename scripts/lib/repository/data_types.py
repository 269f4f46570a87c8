"""Which type of data an input takes: a folder, or a table, which is a folder with an MLTable file.

What a pipeline component declares decides which asset the line registers, and with what it invokes.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from scripts.lib.errors import BadConfiguration
from scripts.lib.repository.files import deployed_variants, find_variant, read_yaml

FOLDER, TABLE = "uri_folder", "mltable"
# The input of a training and of a scoring pipeline that takes the rows.
TRAINED_ON, SCORED = "input_data", "data"
_TABLE_SUFFIX = "-table"
_OF_PIPELINE = re.compile(r"\s*\$\{\{\s*parent\.inputs\.(\w+)\s*\}\}\s*")


def declared_type(pipeline: Path, name: str) -> str:
    """Return the type of the data that the input ``name`` of a pipeline component takes.

    Raises:
        BadConfiguration: there is no such input, or it takes neither a folder nor a table.
    """
    declared = ((read_yaml(pipeline).get("inputs") or {}).get(name) or {}).get("type")
    if declared not in (FOLDER, TABLE):
        raise BadConfiguration(
            f"{pipeline}: the input {name} is of type {declared!r}; rows come as {FOLDER}, or as {TABLE}."
        )
    return str(declared)


def require_types(path: Path, step: str, inputs: Mapping[str, Any], given: Mapping[str, Any], component: Path) -> None:
    """Refuse a pipeline that gives a folder to an input of a step that takes a table, or the reverse.

    ``inputs`` are those of the pipeline at ``path``; what the step is ``given`` goes to the inputs of ``component``.
    """
    wanted = read_yaml(component).get("inputs") or {}
    for name, value in given.items():
        bound = _OF_PIPELINE.fullmatch(str(value.get("path") if isinstance(value, dict) else value))
        if bound is None:
            continue
        has, takes = ((ports.get(port) or {}).get("type") for ports, port in ((inputs, bound[1]), (wanted, name)))
        if {has, takes} == {FOLDER, TABLE}:
            others = ", ".join(other for other, port in wanted.items() if port.get("type") == has) or "none"
            raise BadConfiguration(
                f"{path}: step {step} gives {bound[1]}, of type {has}, to its input {name}, of type {takes}. "
                f"Give it to one of type {has}: {others}."
            )


def types_taken(endpoint: str, variants: Iterable[str] | None = None) -> list[str]:
    """Return the types of data that ``variants`` are trained on, all that ``endpoint`` deploys unless given, sorted."""
    names = deployed_variants(endpoint) if variants is None else variants
    return sorted({declared_type(find_variant(endpoint, name).pipeline, TRAINED_ON) for name in names})


def asset_name(name: str, kind: str) -> str:
    """Return the name of the asset that holds, as a folder or as a table, what the asset ``name`` holds.

    In Azure all versions of an asset have one type, so that folder and table have two names.
    """
    return name.removesuffix(_TABLE_SUFFIX) + (_TABLE_SUFFIX if kind == TABLE else "")
