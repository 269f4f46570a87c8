"""How far a column is from the champion's counts what the champion's data held and this does not."""

from scripts.lib.report.data_section import data_section

RESULT = {
    "data": "new.csv: 1 file",
    "synthetic": False,
    "rows": 4,
    "digest": "a",
    "accepted": True,
    "rules": 1,
    "findings": [],
}


def spread(categories, counts):
    return {"column": "thal", "categories": categories, "edges": [], "counts": counts, "missing": 0}


def distance(ours, theirs):
    champion = {**RESULT, "digest": "b", "asset": "rows:1", "distributions": [theirs]}
    (column,) = data_section({**RESULT, "distributions": [ours]}, champion=champion).distributions
    return column.distance


def test_alike_is_nought():
    assert distance(spread(["fixed", "normal"], [1, 3]), spread(["fixed", "normal"], [10, 30])) == 0


def test_a_category_that_is_lost_counts():
    assert distance(spread(["normal"], [4]), spread(["fixed", "normal"], [1, 1])) == 0.5


def test_a_category_that_is_new_counts():
    assert distance(spread(["fixed", "normal"], [1, 1]), spread(["normal"], [4])) == 0.5
