"""What charts draw is what scikit-learn computes, and it stays small however many rows there are."""

import dataclasses
import json
import time

import numpy as np
import pytest
from sklearn import metrics

from scripts.lib.report.curves import POINTS, binary_curves, multiclass_curves, regression_curves
from tests.gate.samples import simulate


def rows(number=303, decimals=2):
    judged, score = simulate(number)
    return judged.target, np.round(score, decimals)


def test_roc_and_precision_recall_pass_through_the_points_of_scikit_learn():
    target, score = rows()
    curves = binary_curves(target, score, 0.5)
    x, y, _ = metrics.roc_curve(target, score, drop_intermediate=False)
    assert np.allclose(curves.roc, np.column_stack([x, y]), atol=1e-5)
    precision, recall, _ = metrics.precision_recall_curve(target, score)
    ours = dict(curves.precision_recall)
    theirs = {round(r, 5): round(p, 5) for p, r in zip(precision[:-1], recall[:-1], strict=True)}
    assert {r: p for r, p in theirs.items() if r in ours}
    assert set(ours) <= {*theirs}
    area = np.trapezoid([point[1] for point in curves.roc], [point[0] for point in curves.roc])
    assert area == pytest.approx(metrics.roc_auc_score(target, score), abs=1e-4)


def test_confusion_and_histogram_count_every_row_once():
    target, score = rows()
    curves = binary_curves(target, score, 0.3)
    assert curves.confusion == tuple(map(tuple, metrics.confusion_matrix(target, score >= 0.3).tolist()))
    assert (sum(curves.negatives), sum(curves.positives)) == tuple(np.bincount(target))
    assert sum(each.rows for each in curves.calibration) == len(target)
    assert all(each.lower <= each.share <= each.upper for each in curves.calibration)


def test_several_classes_and_numbers():
    generator = np.random.default_rng(1)
    target = generator.integers(0, 3, 200)
    scores = generator.dirichlet([1, 1, 1], 200)
    curves = multiclass_curves(target, scores, ("a", "b", "c"))
    assert curves.confusion == tuple(map(tuple, metrics.confusion_matrix(target, scores.argmax(axis=1)).tolist()))
    for index, points in enumerate(curves.roc):
        area = np.trapezoid([y for _, y in points], [x for x, _ in points])
        assert area == pytest.approx(metrics.roc_auc_score(target == index, scores[:, index]), abs=1e-3)
    values = generator.normal(size=500)
    numbers = regression_curves(values, values + generator.normal(0, 0.1, 500))
    assert sum(count for _, _, count in numbers.grid) == sum(numbers.residuals) == 500


def test_a_million_rows_are_drawn_from_a_few_numbers():
    target, score = rows(1_000_000, 9)
    begun = time.process_time()
    curves = binary_curves(target, score, 0.5)
    assert time.process_time() - begun < 5
    assert len(curves.roc) <= POINTS + 1
    assert len(json.dumps(dataclasses.asdict(curves))) < 20_000
