"""Rows are split again, by groups too, and what training varies widens the bounds and is in the evidence."""

import json
from dataclasses import replace

import numpy as np
import pytest
from release_line import ENDPOINT, asset_of

from scripts.lib.line import evaluation
from scripts.lib.line.gates import endpoint_gate
from scripts.lib.line.withholding import withhold

pytestmark = pytest.mark.slow


def gate_with(**settings):
    gate = endpoint_gate(ENDPOINT)
    return replace(gate, judgement=replace(gate.judgement, **settings))


def judge(line, names, output, monkeypatch, gate):
    monkeypatch.setattr(evaluation, "endpoint_gate", lambda endpoint: gate)
    data = tuple(asset_of(line).split(":"))
    done = evaluation.evaluate_candidate(line.connection(), ENDPOINT, names["onehot"], data, output)
    return done, json.loads(done.evidence_file.read_text())


def test_another_split_measures_what_training_varies(judged, names, tmp_path, monkeypatch):
    once, alone = judge(judged, names, tmp_path / "once", monkeypatch, gate_with())
    twice, evidence = judge(judged, names, tmp_path / "twice", monkeypatch, gate_with(repeats=1))
    assert "repeats" not in alone["split"]
    [split], [candidate], [champion] = (
        evidence["split"]["repeats"],
        evidence["candidate"]["repeats"],
        evidence["champion"]["repeats"],
    )
    assert split["digest"] != evidence["split"]["digest"]
    assert set(candidate["jobs"]) == {"0", "1", "2", "3", "4", "scoring"}
    assert candidate["predictions_digest"] not in (
        champion["predictions_digest"],
        alone["candidate"]["predictions_digest"],
    )

    def width(evaluated):
        intervals = {rule.rule: rule.interval for rule in evaluated.verdict.rules if rule.interval}
        return {name: interval.upper - interval.lower for name, interval in intervals.items()}

    before, after = width(once), width(twice)
    wider = [after[name] > before[name] for name in before if name in after]
    assert np.mean(wider) > 0.8


@pytest.mark.long
def test_more_splits_follow_only_where_training_varies_much(judged, names, tmp_path, monkeypatch):
    calm = gate_with(repeats=3)
    wide = tuple(replace(limits, margin=limits.margin and 1.0) for limits in calm.metrics)
    _, evidence = judge(judged, names, tmp_path / "calm", monkeypatch, replace(calm, metrics=wide))
    assert len(evidence["split"]["repeats"]) == 1
    narrow = tuple(replace(limits, margin=limits.margin and 1e-9) for limits in calm.metrics)
    _, evidence = judge(judged, names, tmp_path / "narrow", monkeypatch, replace(gate_with(repeats=2), metrics=narrow))
    assert len(evidence["split"]["repeats"]) == 2


def test_rows_of_a_group_are_withheld_together(judged):
    data = tuple(asset_of(judged).split(":"))
    client = judged.connection().client
    apart = withhold(client, ENDPOINT, gate_with(), data)
    together = withhold(client, ENDPOINT, gate_with(group="age"), data)
    groups = together.rows.group
    assert len(np.unique(groups)) > 30
    assert all(len(np.unique(together.fold[groups == group])) == 1 for group in np.unique(groups))
    assert any(len(np.unique(apart.fold[groups == group])) > 1 for group in np.unique(groups))
