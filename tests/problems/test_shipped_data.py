"""The data that is shipped is what scikit-learn ships, under plain names."""

import pandas as pd
import pytest
from sklearn import datasets

from scripts.lib.repository.problem import find_problem

SHIPPED = {
    "wine": (datasets.load_wine(as_frame=True), "cultivar", {0: "barolo", 1: "grignolino", 2: "barbera"}),
    "diabetes": (datasets.load_diabetes(as_frame=True, scaled=False), "progression", None),
}


@pytest.mark.parametrize("name", SHIPPED)
def test_every_row_is_that_of_scikit_learn(name):
    bunch, target, classes = SHIPPED[name]
    shipped = pd.read_csv(find_problem(name).sample)
    goal = bunch.target.map(classes) if classes else bunch.target
    assert shipped.columns[-1] == target
    assert shipped[target].tolist() == goal.tolist()
    assert shipped.drop(columns=target).to_numpy().tolist() == bunch.data.to_numpy().tolist()
