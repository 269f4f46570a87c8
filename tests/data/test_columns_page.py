"""The page on columns is that of the data packages; a problem that somebody adds needs no line of it."""

import dataclasses
import json

import pytest

from scripts.lib.repository.problem import find_problem
from tests.columns_page import PAGE, described, part

SECTIONS = described(PAGE.read_text(encoding="utf-8"))


def test_the_problems_that_the_page_on_data_names_are_there():
    named = PAGE.with_name("data.md").read_text(encoding="utf-8").split("| problem | predicts |")[1].split("\n\n")[0]
    assert {line.split("`")[1] for line in named.splitlines()[2:]} <= set(SECTIONS)


@pytest.mark.parametrize("problem", SECTIONS)
def test_the_page_is_that_of_the_packages(problem):
    assert SECTIONS[problem] == part(find_problem(problem))


@pytest.mark.parametrize("problem", SECTIONS)
def test_the_page_says_what_the_files_say(problem):
    """Held to the JSON itself, and not to how we read it."""
    package = json.loads(find_problem(problem).description_file.read_text(encoding="utf-8"))["resources"][0]
    rows = [line.split(" | ") for line in SECTIONS[problem].splitlines() if line.startswith("| `")]
    fields = package["schema"]["fields"]
    assert [row[0] for row in rows] == [f"| `{field['name']}`" for field in fields]
    for row, field in zip(rows, fields, strict=True):
        assert row[2] == field["type"]
        for one in field.get("categories", field.get("constraints", {}).get("enum", [])):
            value = one["value"] if isinstance(one, dict) else one
            assert f"`{value}`" in row[3], field["name"]
            assert not isinstance(one, dict) or one["label"] in row[3]
        for limit in ("minimum", "maximum"):
            if limit in field.get("constraints", {}):
                assert f"{field['constraints'][limit]:g}" in row[3]
        assert ("target" in row[4]) is (field["name"] == package["target"])
        assert ("may be missing" in row[4]) is not field.get("constraints", {}).get("required", False)


def test_another_range_makes_another_page():
    problem = find_problem(next(iter(SECTIONS)))
    first, *others = problem.fields
    wider = dataclasses.replace(problem, fields=(dataclasses.replace(first, maximum=1234.5), *others))
    assert part(wider) != SECTIONS[problem.name]
