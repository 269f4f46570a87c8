"""A column is drawn beside the champion's, and is as far from it as the comparison that may refuse the data found."""

import pandas as pd
import pytest

from scripts.lib.data.distributions import distributions
from scripts.lib.data.drift.comparison import compare, distances
from scripts.lib.data.drift.limits import Limits
from scripts.lib.data.drift.profile import from_json, profile_of, to_json
from scripts.lib.report.data_section import ChampionData, data_section
from scripts.lib.repository.problem import find_problem

RESULT = {"data": "new.csv: 1 file", "synthetic": False, "rows": 4, "digest": "a", "rules": 1, "findings": []}
PROBLEM = find_problem("heart-disease")


def section(ours, theirs, apart=None):
    """Return the only column of a section on the frame ``ours``, beside the frame ``theirs``."""
    spread = [each.as_result() for each in distributions(ours)]
    champion = ChampionData("rows:1", distributions(theirs), apart or {})
    (column,) = data_section({**RESULT, "distributions": spread}, champion=champion).distributions
    return column


def texts(**counts):
    return pd.DataFrame({"thal": [text for text, count in counts.items() for _ in range(count)]})


@pytest.mark.parametrize(
    ("ours", "theirs", "shares"),
    [
        (texts(fixed=1, normal=3), texts(fixed=10, normal=30), (0.25, 0.75)),
        (texts(normal=4), texts(fixed=1, normal=1), (0.5,)),
        (texts(fixed=1, normal=1), texts(normal=4), (0.0, 1.0)),
    ],
)
def test_the_champions_shares_stand_in_our_categories(ours, theirs, shares):
    assert section(ours, theirs).champion == shares


def test_the_champions_numbers_stand_in_our_bins_as_pandas_counts_them():
    ours, theirs = (pd.DataFrame({"age": range(low, low + 60)}) for low in (20, 40))
    column = section(ours, theirs)
    counted = pd.cut(theirs["age"], list(column.edges), right=False).value_counts(sort=False) / 60
    assert column.champion == pytest.approx(counted.tolist(), abs=0.02)
    assert sum(column.champion) == pytest.approx(40 / 60, abs=0.02), "what lies above our ages is in no bin"


def test_the_distance_is_that_of_the_comparison_which_may_refuse_the_data():
    before = pd.read_csv(PROBLEM.sample if PROBLEM.sample.is_file() else next(PROBLEM.sample.glob("*.csv")))
    now = before.assign(sex=1)
    kept = from_json(to_json(profile_of(before, PROBLEM)))
    found = compare(kept, now, PROBLEM, Limits())
    apart = distances(kept, from_json(to_json(found.now)))
    assert apart["sex"] == pytest.approx((before["sex"] != 1).mean())
    assert apart["age"] == 0
    assert any(f"{100 * apart['sex']:.0f} %" in str(one) or one.change == "constant-column" for one in found.found)
    spread = [each.as_result() for each in distributions(now)]
    drawn = data_section({**RESULT, "distributions": spread}, champion=ChampionData("rows:1", kept.spread, apart))
    assert next((one.column, one.distance) for one in drawn.distributions) == ("sex", round(apart["sex"], 4))
    assert next(one for one in drawn.distributions if one.column == "target").distance is None
    assert kept.spread == distributions(before)
