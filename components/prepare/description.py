"""The columns of a table as its data package describes it (https://datapackage.org): what a model learns from what."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from refusal import Refused

FILE = "datapackage.json"
ENCODINGS = ("ordinal", "onehot")
_NUMBERS = ("number", "integer", "year")
_DATES = ("date", "datetime")


@dataclass(frozen=True)
class Columns:
    """The columns by what they hold; ``ordered`` are the categories of those whose order means something.

    ``classes`` are the texts of the target's classes, the positive one of two last; none for regression. ``missing``
    are the texts that stand for no value.
    """

    numbers: list[str]
    dates: list[str]
    categories: list[str]
    target: str
    task: str
    classes: list[str] = field(default_factory=list)
    ordered: dict[str, list[str]] = field(default_factory=dict)
    group: str | None = None
    weight: str | None = None
    missing: list[str] = field(default_factory=lambda: [""])

    @property
    def numeric(self) -> list[str]:
        """The features that are numbers in the end: numbers as they are, and dates."""
        return [*self.numbers, *self.dates]

    @property
    def features(self) -> list[str]:
        """The columns that a model learns from."""
        return [*self.numeric, *self.categories]

    def content(self) -> dict[str, Any]:
        """Return what ``Columns(**content)`` makes again."""
        return asdict(self)


def load(path: Path) -> Columns:
    """Read a data package; refuse one that is not there or describes no table."""
    if not path.is_file():
        raise Refused(
            f"There is no {path.name} beside the code, and --description names none. A release puts the one of the "
            "problem there; alone, give the input description."
        )
    try:
        resource = json.loads(path.read_text(encoding="utf-8"))["resources"][0]
        return _columns(resource, resource["schema"])
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise Refused(f"{path.name} describes no table: {error!r}.") from error


def _columns(resource: dict[str, Any], schema: dict[str, Any]) -> Columns:
    fields = {item["name"]: item for item in schema["fields"]}
    group, weight, target = resource.get("group"), resource.get("weight"), resource["target"]
    apart = {target, group, weight, resource.get("time"), *resource.get("unused", ())}
    features = {name: item for name, item in fields.items() if name not in apart}
    kinds = {name: _kind(item) for name, item in features.items()}
    classes = _texts(fields[target])
    task = resource.get("task") or {0: "regression", 2: "binary"}.get(len(classes), "multiclass")
    if task == "binary" and "positive" in resource:
        classes.sort(key=lambda text: text == str(resource["positive"]))
    return Columns(
        numbers=[name for name, kind in kinds.items() if kind == "number"],
        dates=[name for name, kind in kinds.items() if kind == "date"],
        categories=[name for name, kind in kinds.items() if kind == "category"],
        target=target,
        task=task,
        classes=[] if task == "regression" else classes,
        ordered={name: _texts(item) for name, item in features.items() if item.get("categoriesOrdered")},
        group=group,
        weight=weight,
        missing=list(schema.get("missingValues", [""])),
    )


def _kind(item: dict[str, Any]) -> str:
    kind = item.get("type", "string")
    if kind in _DATES:
        return "date"
    # Two codes that are numbers say as numbers what they would say as categories.
    coded = "categories" in item and len(item["categories"]) != 2
    return "number" if kind in _NUMBERS and not coded else "category"


def _texts(item: dict[str, Any]) -> list[str]:
    values = item.get("categories") or item.get("constraints", {}).get("enum") or ()
    if item.get("type") == "boolean" and not values:
        values = (item.get("falseValues", ["false"])[0], item.get("trueValues", ["true"])[0])
    plain = [value["value"] if isinstance(value, dict) else value for value in values]
    return [f"{value:g}" if isinstance(value, float) else str(value) for value in plain]
