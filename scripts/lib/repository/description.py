"""Read a data package (https://datapackage.org, Table Schema) as the description of a problem."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scripts.lib.errors import BadConfiguration
from scripts.lib.repository.problem import NUMERIC_TYPES, Field, Kind, Origin, Problem, Task

_TASKS: tuple[Task, ...] = ("binary", "multiclass", "regression")
_KINDS: Mapping[str, Kind] = {
    "number": "number",
    "integer": "number",
    "year": "number",
    "boolean": "category",
    "string": "category",
    "date": "date",
    "datetime": "date",
}
_COLUMN_KEYS = ("group", "weight", "time")


def read_description(path: Path) -> Problem:
    """Read the data package at ``path``; its first resource is the table.

    Beyond the standard, that resource's ``target`` names the column to predict; ``task``, ``positive``, ``group``,
    ``weight``, ``time`` and ``unused`` may say more of it (docs/data.md).

    Raises:
        BadConfiguration: the file cannot be read, lacks something, or holds a value that cannot be; it says which.
    """
    try:
        package = json.loads(path.read_text(encoding="utf-8"))
        resource = package["resources"][0]
        schema = resource["schema"]
        fields = tuple(_field(field) for field in schema["fields"])
        target = {field["name"]: field for field in schema["fields"]}.get(resource["target"], {})
        classes = _texts(target)
        task = _task(resource, target, classes)
        problem = Problem(
            name=str(package["name"]),
            title=str(package.get("title", package["name"])),
            task=task,
            fields=fields,
            target=str(resource["target"]),
            classes=() if task == "regression" else classes,
            positive=str(resource.get("positive", classes[-1] if classes else "")) if task == "binary" else None,
            **{key: resource.get(key) for key in _COLUMN_KEYS},
            unused=tuple(resource.get("unused", ())),
            missing=tuple(schema.get("missingValues", ("",))),
            sample=path.parent / resource["path"],
            description_file=path,
            origin=_origin(package["resources"][1:]),
        )
    except BadConfiguration as error:
        raise BadConfiguration(f"{path}: {error.message}") from error
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise BadConfiguration(f"{path} does not describe a table: {error!r}. docs/data.md says how.") from error
    _check(problem, path)
    return problem


def _field(field: Mapping[str, Any]) -> Field:
    kind, constraints, texts = str(field.get("type", "string")), field.get("constraints", {}), _texts(field)
    if kind not in _KINDS:
        raise BadConfiguration(f"field {field['name']} has the type {kind!r}; known are: {', '.join(_KINDS)}.")
    # Two codes that are numbers say as numbers what they would say as categories.
    coded = "categories" in field and len(texts) != 2
    return Field(
        name=str(field["name"]),
        type=kind,
        kind="category" if coded else _KINDS[kind],
        title=str(field.get("title", "")),
        categories=texts,
        labels=_labels(field.get("categories", ())),
        ordered=bool(field.get("categoriesOrdered", False)),
        minimum=constraints.get("minimum") if kind in NUMERIC_TYPES else None,
        maximum=constraints.get("maximum") if kind in NUMERIC_TYPES else None,
        required=bool(constraints.get("required", False)),
    )


def _labels(categories: Sequence[object]) -> tuple[str, ...]:
    """Return what each category is called; none where the categories are plain values."""
    labels = tuple(str(item.get("label", "")) if isinstance(item, dict) else "" for item in categories)
    return labels if any(labels) else ()


def _texts(field: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the texts that a field may hold, by its categories or its enumeration."""
    values = field.get("categories") or field.get("constraints", {}).get("enum") or ()
    if field.get("type") == "boolean" and not values:
        values = (field.get("falseValues", ["false"])[0], field.get("trueValues", ["true"])[0])
    return tuple(_text(value["value"] if isinstance(value, dict) else value) for value in values)


def _text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _origin(resources: Sequence[Mapping[str, Any]]) -> Origin | None:
    """Return the first further resource that lies on the web; its ``recode`` and ``convertedHash`` are our keys."""
    for resource in resources:
        if "://" in str(resource["path"]):
            return Origin(
                name=str(resource["name"]),
                title=str(resource.get("title", resource["name"])),
                url=str(resource["path"]),
                sha256=str(resource["hash"]).removeprefix("sha256:"),
                converted_sha256=str(resource["convertedHash"]).removeprefix("sha256:"),
                recode=resource.get("recode", {}),
            )
    return None


def _task(resource: Mapping[str, Any], target: Mapping[str, Any], classes: tuple[str, ...]) -> Task:
    if "task" in resource:
        if resource["task"] not in _TASKS:
            raise BadConfiguration(f"`task` is {resource['task']!r}; it is one of {', '.join(_TASKS)}.")
        task: Task = resource["task"]
        return task
    if not classes:
        return "regression"
    return "binary" if len(classes) == 2 else "multiclass"


def _check(problem: Problem, path: Path) -> None:
    for key in ("target", *_COLUMN_KEYS):
        if column := getattr(problem, key):
            problem.require_columns((column,), f"{path}: `{key}`")
    problem.require_columns(problem.unused, f"{path}: `unused`")
    if repeated := {name for name in problem.columns if problem.columns.count(name) > 1}:
        raise BadConfiguration(f"{path} describes the column(s) {', '.join(sorted(repeated))} more than once.")
    if not problem.features:
        raise BadConfiguration(f"{path} describes no column to learn from.")
    needed = {"binary": 2, "multiclass": 3, "regression": 0}[problem.task]
    count = len(problem.classes)
    if count < needed or (problem.task == "binary" and count > needed):
        raise BadConfiguration(
            f"{path}: a {problem.task} task needs {needed} classes{' or more' if needed > 2 else ''}, as `categories` "
            f"of {problem.target}; it has: {', '.join(problem.classes) or 'none'}."
        )
    if problem.positive is not None and problem.positive not in problem.classes:
        raise BadConfiguration(
            f"{path}: `positive` is {problem.positive!r}; the classes: {', '.join(problem.classes)}."
        )
    if problem.task == "regression" and problem.field(problem.target).kind != "number":
        raise BadConfiguration(f"{path}: a regression task needs a target of numbers; {problem.target} holds none.")
