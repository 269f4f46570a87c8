"""Draft a problem: what its table holds, what is predicted, and the data as it is to be written."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.lib.drafting.columns import Inferred, infer
from scripts.lib.drafting.reading import MISSING, read_table
from scripts.lib.drafting.target import Target, infer_target
from scripts.lib.errors import BadConfiguration, DataRejected

if TYPE_CHECKING:
    import pandas as pd

LONGEST_NAME = 19  # with `-score` and a digest, Azure takes 32
_NAME = re.compile(r"[a-z](?:-?[a-z0-9])*")
_INDEX_NAMES = ("", "Unnamed: 0", "index")
_SHOWN = 8


@dataclass(frozen=True)
class Draft:
    """A problem to be: its data package, its rows, and ``notes``, what was assumed."""

    name: str
    target: Target
    package: dict[str, Any]
    table: "pd.DataFrame"
    notes: tuple[str, ...]

    @property
    def resource(self) -> dict[str, Any]:
        """The described table."""
        described: dict[str, Any] = self.package["resources"][0]
        return described


def draft_problem(name: str, data: Path, target: str, task: str | None = None, group: str | None = None) -> Draft:
    """Infer a problem from the table at ``data``.

    Raises:
        BadConfiguration: the name cannot be an endpoint's, or a column that was named is none.
        DataRejected: the data is no table, or nothing can be learned from it.
    """
    if not _NAME.fullmatch(name) or not 3 <= len(name) <= LONGEST_NAME:
        raise BadConfiguration(
            f"{name!r} cannot be the name of an endpoint: 3 to {LONGEST_NAME} small letters, digits and single "
            "hyphens, a letter first."
        )
    raw, notes = read_table(data)
    raw = _without_index(raw, notes)
    for column in filter(None, (target, group)):
        if column not in raw.columns:
            raise BadConfiguration(f"The table has no column {column!r}; it has: {_listed(list(raw.columns))}.")
    if (empty := int((raw[target] == "").sum())) and empty < len(raw):
        notes.append(f"{empty:,} rows have no {target} and are left out.")
        raw = raw[raw[target] != ""].reset_index(drop=True)
    names = _plain_names(list(raw.columns), notes)
    columns = {names[title]: infer(names[title], title, raw[title]) for title in raw.columns}
    goal = infer_target(names[target], columns[names[target]].cells, columns[names[target]].field, task)
    groups = [column for column, inferred in columns.items() if inferred.group and column != names[target]]
    chosen = names[group] if group else groups[0] if len(groups) == 1 else None
    package = _package(name, columns, names[target], goal, chosen)
    notes += _told(columns, names[target], chosen, groups)
    if not _used(package):
        raise DataRejected(f"No column is left to learn from: {'; '.join(notes)}")
    return Draft(name, goal, package, _cells(columns), tuple(notes))


def _without_index(raw: "pd.DataFrame", notes: list[str]) -> "pd.DataFrame":
    first = raw.columns[0]
    counted = first in _INDEX_NAMES and len(raw.columns) > 1
    if counted and raw[first].tolist() in ([str(i + start) for i in range(len(raw))] for start in (0, 1)):
        notes.append("The first column numbers the rows and is left out.")
        rest: pd.DataFrame = raw.drop(columns=first)
        return rest
    if first == "":
        raise DataRejected("The first column has no name. Name it, or remove it.")
    return raw


def _plain_names(titles: list[str], notes: list[str]) -> dict[str, str]:
    """Return a name of letters, digits, points, hyphens and underscores for each column, whatever it is called."""
    names = {title: re.sub(r"[^\w.-]+", "_", title).strip("_") or "column" for title in titles}
    if len(set(names.values())) < len(titles):
        alike = sorted({name for name in names.values() if list(names.values()).count(name) > 1})
        raise DataRejected(f"Several columns would become {', '.join(alike)}. Rename them.")
    if renamed := [f"{title} → {name}" for title, name in names.items() if title != name]:
        notes.append(f"Columns are renamed: {_listed(renamed)}.")
    return names


def _package(name: str, columns: dict[str, Inferred], target: str, goal: Target, group: str | None) -> dict[str, Any]:
    fields = [dict(inferred.field) for inferred in columns.values()]
    for field in fields:
        if field["name"] == target:
            field.pop("constraints", None)
            field.pop("categories", None)
            if goal.classes:
                whole = field["type"] == "integer"
                field["categories"] = [int(text) if whole else text for text in goal.classes]
                field["type"] = "integer" if whole else "string"
            field["constraints"] = {"required": True}
    unused = [column for column, inferred in columns.items() if inferred.unused and column not in (target, group)]
    resource = {
        "name": name,
        "path": "synthetic.csv",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "schema": {"missingValues": list(MISSING), "fields": fields},
        "target": target,
        "task": goal.task,
        **({"positive": goal.classes[-1]} if goal.task == "binary" else {}),
        **({"group": group} if group else {}),
        **({"unused": unused} if unused else {}),
    }
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": name,
        "title": name.replace("-", " ").capitalize(),
        "resources": [resource],
    }


def _used(package: dict[str, Any]) -> list[str]:
    resource = package["resources"][0]
    apart = {resource["target"], resource.get("group"), *resource.get("unused", ())}
    return [field["name"] for field in resource["schema"]["fields"] if field["name"] not in apart]


def _told(columns: dict[str, Inferred], target: str, group: str | None, groups: list[str]) -> list[str]:
    told = []
    reasons: dict[str, list[str]] = {}
    for column, inferred in columns.items():
        if inferred.unused and column not in (target, group):
            reasons.setdefault(inferred.unused, []).append(column)
        if inferred.note:
            told.append(f"{column}: {inferred.note}.")
    told += [f"No model sees {_listed(names)}: {why}." for why, names in reasons.items()]
    if group:
        told.append(f"Rows with the same {group} stay together, and count as one.")
    elif groups:
        told.append(f"Rows may belong together by one of {_listed(groups)}: say by --group which.")
    return told


def _cells(columns: dict[str, Inferred]) -> "pd.DataFrame":
    import pandas as pd

    cells: pd.DataFrame = pd.DataFrame({column: inferred.cells for column, inferred in columns.items()})
    return cells


def _listed(names: list[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
