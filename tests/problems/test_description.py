"""A description is read as it is meant, by the engine and by the step that prepares; what cannot be is named."""

import importlib
import json
import sys

import pytest

from scripts.lib.errors import BadConfiguration, NotFound
from scripts.lib.repository import files
from scripts.lib.repository.description import read_description
from scripts.lib.repository.files import ROOT
from scripts.lib.repository.problem import find_problem, only_problem, problem_names

FIELDS = [
    {"name": "when", "type": "date"},
    {"name": "height", "type": "number", "constraints": {"minimum": 0, "maximum": 2.5}},
    {"name": "size", "type": "string", "categories": ["small", "large"], "categoriesOrdered": True},
    {"name": "kind", "type": "integer", "categories": [{"value": 7, "label": "seven"}, {"value": 3}, {"value": 5}]},
    {"name": "who", "type": "string"},
    {"name": "note", "type": "string"},
    {"name": "grade", "type": "string", "categories": ["a", "b", "c"]},
]
RESOURCE = {"name": "rows", "path": "rows.csv", "target": "grade", "group": "who", "unused": ["note"]}


def described(folder, fields=FIELDS, **changes):
    resource = {**RESOURCE, "schema": {"fields": fields, "missingValues": ["", "NA"]}, **changes}
    path = folder / "plants" / "datapackage.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"name": "plants", "resources": [resource]}))
    return path


def test_columns_have_the_kinds_that_their_types_and_categories_say(tmp_path):
    problem = read_description(described(tmp_path))
    kinds = {field.name: field.kind for field in problem.features}
    assert kinds == {"when": "date", "height": "number", "size": "category", "kind": "category"}
    assert (problem.task, problem.classes, problem.positive) == ("multiclass", ("a", "b", "c"), None)
    assert (problem.group, problem.missing) == ("who", ("", "NA"))
    assert problem.field("kind").categories == ("7", "3", "5")
    assert (problem.field("height").minimum, problem.field("height").maximum) == (0, 2.5)


@pytest.mark.parametrize(("target", "task"), [("size", "binary"), ("height", "regression"), ("kind", "multiclass")])
def test_the_task_follows_from_the_target(tmp_path, target, task):
    problem = read_description(described(tmp_path, target=target))
    assert problem.task == task
    assert problem.positive == ("large" if task == "binary" else None)


REFUSED = {
    "an unknown target": ({"target": "colour"}, "`target` names the column 'colour'; .* describes: when, height"),
    "an unknown group": ({"group": "whom"}, "`group` names the column 'whom'"),
    "an unknown unused column": ({"unused": ["notes"]}, "`unused` names the column 'notes'"),
    "an unknown task": ({"task": "ranking"}, "`task` is 'ranking'; it is one of binary, multiclass, regression"),
    "two classes of three": ({"task": "binary"}, "a binary task needs 2 classes"),
    "a positive class that is none": ({"target": "size", "positive": "tiny"}, "`positive` is 'tiny'; the classes"),
    "regression of words": ({"task": "regression"}, "a regression task needs a target of numbers; grade holds none"),
    "an unknown type": ({"fields": [{"name": "x", "type": "geopoint"}, *FIELDS]}, "x has the type 'geopoint'"),
    "a column twice": ({"fields": [*FIELDS, FIELDS[0]]}, r"the column\(s\) when more than once"),
    "nothing to learn from": ({"unused": ["note", "when", "height", "size", "kind"]}, "no column to learn from"),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_is_refused_by_name(tmp_path, changes, message):
    with pytest.raises(BadConfiguration, match=message):
        read_description(described(tmp_path, **changes))


@pytest.mark.parametrize("text", ["", "{", "[]", '{"name": "plants"}', '{"name": "plants", "resources": []}'])
def test_a_file_that_is_no_data_package_is_named(tmp_path, text):
    path = described(tmp_path)
    path.write_text(text)
    with pytest.raises(BadConfiguration, match="does not describe a table"):
        read_description(path)


def test_a_problem_must_be_named_where_there_are_several(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "ROOT", tmp_path)
    with pytest.raises(NotFound, match="There is no problem"):
        only_problem()
    (tmp_path / "data").mkdir()
    described(tmp_path / "data")
    assert only_problem() == "plants"
    other = tmp_path / "data" / "animals"
    other.mkdir()
    (other / "datapackage.json").write_text("{}")
    with pytest.raises(BadConfiguration, match=r"several problems: animals, plants\. Say which one by --problem"):
        only_problem()


@pytest.mark.parametrize("name", problem_names())
def test_the_step_that_prepares_reads_the_same(name, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "components" / "shared"))
    monkeypatch.syspath_prepend(str(ROOT / "components" / "prepare"))
    for module in ("description", "refusal"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    problem = find_problem(name)
    columns = importlib.import_module("description").load(problem.description_file)
    kinds = {"number": columns.numbers, "date": columns.dates, "category": columns.categories}
    assert {field.name: field.kind for field in problem.features} == {
        column: kind for kind, names in kinds.items() for column in names
    }
    assert (columns.task, columns.target, columns.group) == (problem.task, problem.target, problem.group)
    assert sorted(columns.classes) == sorted(problem.classes)
    assert columns.missing == list(problem.missing)
    if problem.task == "binary":
        assert columns.classes[-1] == problem.positive
