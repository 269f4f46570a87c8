"""Several classes, numbers, weights, groups and metrics of one's own through the whole gate."""

import dataclasses

import numpy as np
import pytest
import yaml

from scripts.lib.errors import BadConfiguration
from scripts.lib.gate.config import load_gate
from scripts.lib.gate.evaluate import evaluate
from scripts.lib.gate.judged import JudgedRows, Scored
from scripts.lib.gate.refusals import EvaluationRefused
from tests.gate.samples import candidate, champion
from tests.gate.task_samples import BASE, GATES, PREDICTED, load, rows_of, spoilt
from tests.gate.test_evaluate import rule


@pytest.mark.parametrize("task", GATES)
def test_equal_skill_passes_and_a_spoilt_model_fails(tmp_path, task):
    gate, (rows, score) = load(tmp_path, task), rows_of(task)
    verdict = evaluate(rows, candidate(score), champion(score), gate)
    assert verdict.outcome == "pass", verdict.sentence
    assert verdict.predicted == PREDICTED[task]
    assert verdict.decision_curve == ()
    assert set(verdict.candidate_metrics) == set(gate.available)
    worse = evaluate(rows, candidate(spoilt(task, score)), champion(score), gate)
    assert worse.outcome == "fail"
    assert {each.kind for each in worse.rules if each.outcome == "fail"} & {"non_inferiority", "keep"}


@pytest.mark.parametrize("task", GATES)
def test_a_slice_that_is_spoilt_fails_by_its_ceiling(tmp_path, task):
    gate, (rows, score) = load(tmp_path, task), rows_of(task)
    name, part = {
        "multiclass": ("region.north.brier.ceiling", rows.columns["region"] == "N"),
        "regression": ("age.0-50.mae.ceiling", rows.columns["age"] < 50),
    }[task]
    wrong = np.roll(score, 1, axis=1) if task == "multiclass" else score + 9
    chosen = part[:, None] if task == "multiclass" else part
    verdict = evaluate(rows, candidate(np.where(chosen, wrong, score)), None, gate)
    found = rule(verdict, name)
    assert (found.kind, found.outcome, found.at_least) == ("slice_ceiling", "fail", False)


def test_a_class_with_few_rows_decides_nothing(tmp_path):
    gate, (rows, score) = load(tmp_path, "multiclass"), rows_of("multiclass")
    few = dataclasses.replace(rows, target=np.where((rows.target == 2) & (rows.row > 50), 1, rows.target))
    verdict = evaluate(few, candidate(score), None, gate)
    assert rule(verdict, "macro_roc_auc.floor").outcome == "inconclusive"
    assert "the rarest class has" in rule(verdict, "macro_roc_auc.floor").sentence


@pytest.mark.parametrize("task", GATES)
def test_a_weight_counts_as_that_many_rows_in_the_value(tmp_path, task):
    gate, (rows, score) = load(tmp_path, task), rows_of(task)
    times = np.random.default_rng(3).integers(1, 4, 600)
    again = np.repeat(np.arange(600), times)
    copies = JudgedRows(
        np.arange(len(again)),
        rows.target[again],
        "cross_fitted",
        {name: column[again] for name, column in rows.columns.items()},
        group=again,
        predicted=rows.predicted,
    )
    weighted = evaluate(dataclasses.replace(rows, weight=times.astype(float)), candidate(score), None, gate)
    copied = evaluate(copies, candidate(score[again]), None, gate)
    assert weighted.candidate_metrics == pytest.approx(copied.candidate_metrics, rel=1e-6)
    # A row of weight 3 is one observation, as three copies of one group are.
    for ours, theirs in zip(weighted.rules, copied.rules, strict=True):
        if ours.interval is not None and ours.slice is None and "median" not in ours.rule:
            assert ours.interval.lower == pytest.approx(theirs.interval.lower, rel=0.02)


@pytest.mark.parametrize(
    ("task", "change", "words"),
    [
        (
            "multiclass",
            {"metrics": {"roc_auc": {"floor": 0.5}}},
            "it is a metric of binary problems; those of this multi",
        ),
        (
            "multiclass",
            {"metrics": {"gini": {"floor": 0.5}}},
            "there is no such metric; those of this multiclass problem are",
        ),
        ("multiclass", {"metrics": {"log_loss": {"floor": 0.5}}}, "better when it is lower, so give it a ceiling"),
        ("multiclass", {"metrics": {"accuracy": {"ceiling": 0.5}}}, "better when it is higher, so give it a floor"),
        (
            "multiclass",
            {"metrics": {"accuracy": {"floor": 1.2}}},
            "accuracy.floor` is 1.2: Accuracy lies between 0 and 1",
        ),
        ("multiclass", {"metrics": {"accuracy": {"keep": 0.5}}}, "no value for a constant score"),
        ("multiclass", {"threshold": 0.5}, "only a problem of two classes has one"),
        ("regression", {"minimum_per_class": 30}, "a regression problem has no classes"),
        ("regression", {"metrics": {"mean_bias": {"margin": 0.5}}}, "best at one value"),
        ("regression", {"metrics": {"rmse": {"ceiling": 0}}}, "nothing could be below this ceiling"),
        ("regression", {"metrics": {"r2": {"floor": 1.5}}}, "lies at 1 or below"),
        ("regression", {"self_report": {"tolerance": {"rmse": -1}}}, "a margin is a loss of 0 or more"),
        (
            "regression",
            {"judgement": BASE["judgement"] | {"group": "family"}},
            "no column `family`; the table has region",
        ),
    ],
)
def test_what_cannot_work_for_the_task_is_refused_by_name(tmp_path, task, change, words):
    with pytest.raises(BadConfiguration, match=words):
        load(tmp_path, task, **change)


@pytest.mark.parametrize(
    ("by", "words"),
    [
        ({"country": {"x": 1}}, "slices.by.country`: there is no column `country`; the table has region, age, patient"),
        ({"region": {"east": "E"}}, "names 'E' east: the column holds N, S"),
        ({"region": [[0, 5]]}, "gives bands of numbers: the column holds N, S"),
    ],
)
def test_a_slice_that_no_row_can_be_in_is_refused(tmp_path, by, words):
    slices = GATES["multiclass"]["slices"] | {"by": by}
    with pytest.raises(BadConfiguration, match=words):
        load(tmp_path, "multiclass", slices=slices)


def test_without_slices_and_self_report_there_are_no_such_rules(tmp_path):
    (tmp_path / "gate.yml").write_text(yaml.safe_dump(BASE | {"metrics": {"mae": {"ceiling": 3}}}), encoding="utf-8")
    gate = load_gate(tmp_path / "gate.yml", PREDICTED["regression"])
    rows, score = rows_of("regression")
    assert [each.rule for each in evaluate(rows, candidate(score), None, gate).rules] == ["minimum_rows", "mae.ceiling"]


@pytest.mark.parametrize(
    ("task", "spoil", "reason"),
    [
        ("multiclass", lambda score: score * 1.1, "score-out-of-range"),
        ("multiclass", lambda score: np.where(score > 0.5, np.nan, score), "nan-score"),
        ("regression", lambda score: np.where(score > 3, np.inf, score), "score-out-of-range"),
        ("regression", lambda score: score * 0, "constant-predictor"),
    ],
)
def test_predictions_that_cannot_be_judged_are_refused(tmp_path, task, spoil, reason):
    gate, (rows, score) = load(tmp_path, task), rows_of(task)
    with pytest.raises(EvaluationRefused) as caught:
        evaluate(rows, Scored("candidate", spoil(score)), None, gate)
    assert caught.value.reason == reason
