"""The gate of every problem works on its table, and beside it lies the table of how often it decides right."""

import os
import re
import warnings

import pytest

from scripts.lib.line.gates import endpoint_gate
from scripts.lib.repository.files import ROOT
from scripts.lib.repository.problem import find_problem, problem_names

GOALS = {"≥ 95 %": lambda share: share >= 95, "≤ 5 %": lambda share: share <= 5}
ROW = re.compile(r"^\| (?P<name>[^|]+) \| (?P<goal>[^|]+) \| [^|]+ \| (?P<share>[\d.]+)% \|$", re.MULTILINE)
of_each_problem = pytest.mark.parametrize("problem", problem_names())


def power_table(problem):
    return ROOT / "endpoints" / problem / "gate_power.md"


@of_each_problem
def test_the_gate_is_one_for_what_the_problem_predicts(problem):
    gate = endpoint_gate(problem)
    assert gate.predicted.task == find_problem(problem).task
    assert gate.metrics


@of_each_problem
def test_the_power_table_is_about_the_gate_of_today(problem):
    """A gate may be edited in a pull request without its table, which takes minutes to make; not on main."""
    path = power_table(problem)
    if path.is_file() and endpoint_gate(problem).digest in path.read_text(encoding="utf-8"):
        return
    needed = f"Run `python -m benchmarks.gate_power --problem {problem}` and commit {path.relative_to(ROOT)}."
    if os.environ.get("GITHUB_REF") == "refs/heads/main":
        pytest.fail(needed)
    warnings.warn(needed, stacklevel=1)


@of_each_problem
def test_the_gate_meets_the_goals_of_its_table(problem):
    if not power_table(problem).is_file():
        pytest.skip("there is no table yet")
    rows = list(ROW.finditer(power_table(problem).read_text(encoding="utf-8")))
    assert len(rows) >= 4
    for row in rows:
        if row["goal"] in GOALS:
            assert GOALS[row["goal"]](float(row["share"])), row["name"]


@of_each_problem
def test_a_table_about_another_gate_fails_on_main_and_warns_elsewhere(problem, monkeypatch):
    monkeypatch.delenv("GITHUB_REF", raising=False)
    monkeypatch.setitem(globals(), "power_table", lambda problem: ROOT / "endpoints" / "none.md")
    with pytest.warns(UserWarning, match=f"gate_power --problem {problem}"):
        test_the_power_table_is_about_the_gate_of_today(problem)
    monkeypatch.setenv("GITHUB_REF", "refs/heads/main")
    with pytest.raises(pytest.fail.Exception, match=f"gate_power --problem {problem}"):
        test_the_power_table_is_about_the_gate_of_today(problem)
