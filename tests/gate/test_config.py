"""gate.yml is read strictly: what cannot work is refused by file, key and value."""

import copy

import pytest
import yaml

from scripts.lib.errors import BadConfiguration
from scripts.lib.gate.config import load_gate
from tests.gate.samples import GATE_FILE, OF_TWO_CLASSES


def write(folder, alter):
    content = copy.deepcopy(yaml.safe_load(GATE_FILE.read_text(encoding="utf-8")))
    alter(content)
    path = folder / "gate.yml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def put(place, value):
    """Return a change that sets the key at a dotted place."""

    def alter(content):
        *parents, key = place.split(".")
        for parent in parents:
            content = content[parent]
        content[key] = value

    return alter


def test_the_shipped_gate_loads():
    gate = load_gate(GATE_FILE)
    assert {limits.metric.name for limits in gate.metrics} <= set(OF_TWO_CLASSES)
    assert gate.inconclusive == "block"
    assert gate.slice_columns == ("sex", "age")
    assert gate.judgement.folds == 5
    assert any(limits.margin for limits in gate.metrics)


IMPOSSIBLE = {
    "colour": "red",
    "threshold": 1.0,
    "minimum_rows": 0,
    "confidence": 0.5,
    "inconclusive": "maybe",
    "metrics": {},
    "metrics.gini": {"floor": 0.5},
    "metrics.roc_auc": {"ceiling": 0.5},
    "metrics.recall": {},
    "metrics.brier": {"floor": 0.1},
    "metrics.roc_auc.floor": 1.1,
    "metrics.roc_auc.margin": -0.01,
    "metrics.precision.floor": float("nan"),
    "metrics.log_loss.ceiling": float("inf"),
    "slices.minimum_rows": 2.5,
    "slices.floors.log_loss": {},
    "slices.minimum_per_class": 2,
    "slices.margins.brier": {},
    "slices.by.sex.women": None,
    "slices.by.sex.others": 1,
    "slices.by.sex": {},
    "slices.by.age": [[50, 40]],
    "minimum_per_class": 19,
    "metrics.roc_auc.keep": 1.0,
    "metrics.recall.keep": {},
    "metrics.calibration_slope": {"margin": 0.1},
    "costs": {"false_positive": 1, "false_negative": 5},
    "judgement.by": "candidate",
    "judgement.folds": 1,
    "judgement.hold_out": 0.6,
    "judgement.group": "",
    "references.last": 0,
    "references.margin_share": 0.5,
    "self_report.tolerance.gini": {},
    "self_report.tolerance.roc_auc": -0.1,
    "evidence.maximum_age_hours": 0,
}


@pytest.mark.parametrize("place", IMPOSSIBLE)
def test_an_impossible_value_is_refused_with_file_key_and_value(tmp_path, place):
    path = write(tmp_path, put(place, IMPOSSIBLE[place]))
    with pytest.raises(BadConfiguration) as refusal:
        load_gate(path)
    message = refusal.value.message
    assert str(path) in message
    assert place.split(".")[-1] in message or place.split(".")[-2] in message
    if not isinstance(IMPOSSIBLE[place], (dict, list, str)):
        assert str(IMPOSSIBLE[place]).lower()[:3] in message.lower()


@pytest.mark.parametrize("confidence", [True, "0.95", 1, 0.2, None])
def test_a_confidence_that_is_none_is_refused(tmp_path, confidence):
    with pytest.raises(BadConfiguration, match="confidence"):
        load_gate(write(tmp_path, put("confidence", confidence)))


@pytest.mark.parametrize("key", ["judgement", "metrics", "evidence", "inconclusive"])
def test_a_missing_key_is_refused(tmp_path, key):
    with pytest.raises(BadConfiguration, match=f"'{key}' is a required property"):
        load_gate(write(tmp_path, lambda content: content.pop(key)))


def test_neither_threshold_nor_costs_is_refused(tmp_path):
    with pytest.raises(BadConfiguration, match="threshold"):
        load_gate(write(tmp_path, lambda content: content.pop("threshold")))


def test_costs_choose_the_threshold_at_which_both_errors_cost_the_same(tmp_path):
    def alter(content):
        del content["threshold"]
        content["costs"] = {"false_positive": 1, "false_negative": 4}

    # At a chance of 0.2, calling costs 0.8 times 1, and not calling 0.2 times 4.
    assert load_gate(write(tmp_path, alter)).threshold == pytest.approx(0.2)


def test_slices_may_be_of_any_column(tmp_path):
    by = {"region": {"north": "N", "south": "S"}, "income": [[0, 1000.5]]}
    gate = load_gate(write(tmp_path, put("slices.by", by)))
    assert {part.key for part in gate.slices.slices} == {"region.north", "region.south", "income.0-1000.5"}
    assert set(gate.slice_columns) == {"region", "income"}


def test_overlapping_bands_are_refused(tmp_path):
    with pytest.raises(BadConfiguration, match=r"slices.by.age.*overlap"):
        load_gate(write(tmp_path, put("slices.by.age", [[0, 50], [49, 60]])))


@pytest.mark.parametrize("text", ["threshold: 0.5\nthreshold: 0.6\n", "threshold: [", "- 1\n", "", "1: 2\n"])
def test_what_is_no_gate_is_refused(tmp_path, text):
    path = tmp_path / "gate.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadConfiguration, match=r"gate\.yml"):
        load_gate(path)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(BadConfiguration, match="no gate file"):
        load_gate(tmp_path / "gate.yml")


def test_the_digest_is_that_of_the_content(tmp_path):
    shipped = load_gate(GATE_FILE).digest
    assert load_gate(write(tmp_path, lambda content: None)).digest == shipped
    assert load_gate(write(tmp_path, put("metrics.roc_auc.margin", 0.031))).digest != shipped
