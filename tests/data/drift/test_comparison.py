"""Damages of a real table are named; honest samples of the same source pass."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scripts.lib.data.drift.comparison import compare
from scripts.lib.data.drift.limits import Limits
from scripts.lib.data.drift.profile import from_json, profile_of, to_json
from scripts.lib.data.source import resolve
from scripts.lib.data.table import read_source
from scripts.lib.repository.problem import find_problem

PROBLEM = find_problem("heart-disease")
FILE = Path(__file__).parents[3] / ".." / "shared" / "data" / "uci-heart-disease" / "processed.cleveland.data"

pytestmark = pytest.mark.skipif(not FILE.exists(), reason="needs ../shared/data")


@pytest.fixture(scope="module")
def patients(tmp_path_factory) -> pd.DataFrame:
    source = resolve(FILE, tmp_path_factory.mktemp("canonical"), PROBLEM)
    return read_source(source, PROBLEM).reset_index(drop=True)


def halves(patients, seed):
    order = np.random.default_rng(seed).permutation(len(patients))
    return patients.iloc[order[: len(order) // 2]], patients.iloc[order[len(order) // 2 :]]


def changes(before, now, limits=Limits()):  # noqa: B008 - frozen
    return {(one.change, one.columns) for one in compare(profile_of(before, PROBLEM), now, PROBLEM, limits).found}


def swapped(first, second):
    return lambda rows: rows.assign(**{first: rows[second], second: rows[first]})


def shuffled(column):
    return lambda rows: rows.assign(**{column: np.random.default_rng(7).permutation(rows[column])})


DAMAGES = {
    "two columns of measurements swapped": (swapped("trestbps", "chol"), {"columns-swapped"}),
    "age and another column swapped": (swapped("age", "chol"), {"columns-swapped", "constant-column"}),
    "two columns of yes and no swapped": (
        swapped("fbs", "exang"),
        {"columns-swapped", "distribution-changed", "relation-changed"},
    ),
    "a class inverted": (lambda rows: rows.assign(sex=1 - rows.sex), {"relation-changed"}),
    "an order inverted": (lambda rows: rows.assign(cp=5 - rows.cp), {"distribution-changed"}),
    "the label inverted": (lambda rows: rows.assign(target=1 - rows.target), {"labels-inverted"}),
    "the label shuffled": (shuffled("target"), {"labels-shuffled"}),
    "a measurement constant": (lambda rows: rows.assign(chol=240), {"constant-column"}),
    "yes and no constant": (lambda rows: rows.assign(fbs=0), {"constant-column"}),
    "the target copied into yes and no": (lambda rows: rows.assign(fbs=rows.target), {"target-copied"}),
    "the target copied into a count": (lambda rows: rows.assign(ca=rows.target), {"target-copied"}),
    "the target copied into a measurement": (
        lambda rows: rows.assign(oldpeak=2.0 * rows.target),
        {"target-copied"},
    ),
    "only men left": (lambda rows: rows[rows.sex == 1], {"constant-column"}),
    "only women left": (lambda rows: rows[rows.sex == 0], {"constant-column"}),
    "one group of several left out": (lambda rows: rows[rows.thal != "reversible"], {"group-lost"}),
    "only the young left": (lambda rows: rows[rows.age < 50], {"distribution-changed"}),
    "mostly the sick left": (
        lambda rows: pd.concat([rows[rows.target == 1]] * 3 + [rows[rows.target == 0]]),
        {"target-share-changed"},
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_named_in_every_half(patients, damage):
    harm, names = DAMAGES[damage]
    for seed in range(5):
        before, now = halves(patients, seed)
        assert names & {change for change, _ in changes(before, harm(now))}, seed


# More refusals than these happen, at the nominal 1 of 100, once in 100 runs; the seeds are fixed.
@pytest.mark.parametrize(("samples", "most"), [(60, 3), pytest.param(600, 12, marks=pytest.mark.slow)])
def test_honest_halves_pass(patients, samples, most):
    assert sum(bool(changes(*halves(patients, seed))) for seed in range(samples)) <= most


def test_the_whole_table_does_not_differ_from_itself(patients):
    assert changes(patients, patients) == set()


def test_a_kept_profile_is_the_profile(patients):
    profile = profile_of(patients, PROBLEM)
    assert from_json(to_json(profile)) == profile


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b"\xff", b'{"version": 99}', b'{"version": 1, "columns": [{}]}']
)
def test_what_is_no_profile_is_none(content):
    assert from_json(content) is None


def test_no_row_can_be_read_from_a_profile(patients):
    kept = to_json(profile_of(patients, PROBLEM))
    for row in patients.to_csv(index=False).splitlines()[1:]:
        assert row.encode() not in kept


def test_a_limit_of_one_column_holds_for_it_alone(patients):
    before, now = halves(patients, 1)
    damaged = now.assign(sex=1 - now.sex, exang=1 - now.exang)
    loose = Limits(columns={"sex": {"distribution": 1.0, "relation": 1.0}})
    assert {columns for _, columns in changes(before, damaged, loose)} == {("exang",)}


def test_columns_that_are_empty_or_new_do_no_harm(patients):
    empty = patients.assign(chol=np.nan)
    assert ("constant-column", ("chol",)) in changes(patients, empty)
    assert changes(empty, patients.assign(chol=np.nan)) == set()
