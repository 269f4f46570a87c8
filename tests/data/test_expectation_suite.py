"""The suite of each problem says something on every column, in words, with rules that Great Expectations knows."""

import pytest

from scripts.lib.data.described import suite_of
from scripts.lib.repository.problem import find_problem, problem_names

PROBLEMS = [find_problem(name) for name in problem_names()]
of_each_problem = pytest.mark.parametrize("problem", PROBLEMS, ids=problem_names())


def rules_of(problem):
    return suite_of(problem)["expectations"]


@of_each_problem
def test_every_column_has_a_type_and_says_what_may_be_missing(problem):
    for column in problem.columns:
        rules = {rule["meta"]["rule"] for rule in rules_of(problem) if rule["kwargs"].get("column") == column}
        assert {"type", "missing"} <= rules, column


@of_each_problem
def test_the_columns_are_those_described(problem):
    lists = [rule["kwargs"]["column_list"] for rule in rules_of(problem) if "column_list" in rule["kwargs"]]
    assert len(lists) == 2
    assert all(tuple(columns) == problem.columns for columns in lists)


@of_each_problem
def test_every_rule_has_words_and_a_known_scope(problem):
    for rule in rules_of(problem):
        assert rule["description"].endswith(".")
        assert rule["meta"]["scope"] in ("file", "folder")


@of_each_problem
def test_great_expectations_loads_the_suite_as_it_is(problem, suite):
    import great_expectations as gx

    loaded = gx.ExpectationSuite(**suite_of(problem))
    assert len(loaded.expectations) == len(rules_of(problem))
