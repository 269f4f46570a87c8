"""Counts of numbers say what the numbers themselves say, to the last bit; where they could not, they say nothing."""

import numpy as np
import pytest

from scripts.lib.data.blocks import tally as module
from scripts.lib.data.blocks.tally import tally

SHARES = np.linspace(0, 1, 11)
DRAWS = {
    "whole": lambda dice: dice.integers(-50, 90, 5000).astype(float),
    "tenths": lambda dice: dice.integers(0, 62, 5001) / 10,
    "all different": lambda dice: dice.normal(size=4999),
    "a few": lambda dice: dice.normal(size=7),
    "one": lambda dice: np.ones(1),
}


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS.keys())
def test_quantiles_and_means_are_those_of_the_numbers(draw):
    numbers = draw(np.random.default_rng(5))
    holes = np.insert(numbers, [0, len(numbers) // 2], np.nan)
    counted = tally(np.array_split(holes, 9))
    assert counted.counts.sum() == len(numbers)
    assert counted.quantiles(SHARES).tolist() == np.quantile(numbers, SHARES).tolist()
    whole = np.array_equal(numbers, np.floor(numbers))
    assert counted.mean() == (numbers.mean() if whole else None)


def test_infinite_numbers_are_counted_and_have_no_mean():
    counted = tally([np.array([1.0, np.inf, -np.inf, 1.0])])
    assert (counted.values.tolist(), counted.counts.tolist()) == ([-np.inf, 1.0, np.inf], [1, 2, 1])
    assert counted.mean() is None
    assert counted.finite().values.tolist() == [1.0]


def test_sums_that_floats_do_not_hold_have_no_mean():
    assert tally([np.array([2.0**52, 2.0**52])]).mean() is None


def test_too_many_different_numbers_are_not_counted(monkeypatch):
    monkeypatch.setattr(module, "MOST_DISTINCT", 10)
    assert tally([np.arange(8.0), np.arange(10.0)]) is not None
    assert tally([np.arange(8.0), np.arange(11.0)]) is None
