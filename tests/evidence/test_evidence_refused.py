"""Evidence that is missing, altered, of something else or of a failure is refused by a reason."""

import copy
import dataclasses
import json
from datetime import timedelta

import pytest

from scripts.lib.evidence.document import build_evidence, read_evidence, write_evidence
from scripts.lib.evidence.parts import DataAsset, Split
from scripts.lib.evidence.refusals import RefusedEvidence
from scripts.lib.gate.evaluate import evaluate
from tests.evidence.samples import CANDIDATE, GATE, GOOD, NOW, ROWS, SCORE, build, check, digest_of, reason_of, signed
from tests.gate import samples


def test_missing_evidence_is_refused(tmp_path):
    with pytest.raises(RefusedEvidence, match="no evidence at") as refusal:
        read_evidence(tmp_path / "evidence.json")
    assert refusal.value.reason == "missing"
    assert reason_of(None) == "missing"


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"schema_version": 2}', "\xff"])
def test_what_is_no_evidence_is_refused(tmp_path, text):
    path = tmp_path / "evidence.json"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(RefusedEvidence) as refusal:
        read_evidence(path)
    assert refusal.value.reason == "invalid"


def test_an_altered_file_is_refused(tmp_path):
    path = tmp_path / "evidence.json"
    write_evidence(GOOD, path)
    path.write_text(path.read_text(encoding="utf-8").replace("job-champion", "job-other"), encoding="utf-8")
    with pytest.raises(RefusedEvidence) as refusal:
        read_evidence(path)
    assert refusal.value.reason == "altered"


def places(value, place=()):
    if isinstance(value, dict):
        for key, member in value.items():
            yield from places(member, (*place, key))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from places(member, (*place, index))
    elif isinstance(value, float):
        yield place


@pytest.mark.parametrize("place", list(places(GOOD))[::7])
def test_any_altered_number_is_noticed(place):
    evidence = copy.deepcopy(GOOD)
    *parents, key = place
    holder = evidence
    for parent in parents:
        holder = holder[parent]
    holder[key] *= 1 - 1e-9
    holder[key] += 1e-12
    assert reason_of(evidence) in ("altered", "invalid")


def test_evidence_other_than_the_recorded_is_refused():
    assert reason_of(signed(GOOD | {"git_commit": "b" * 40}), recorded_digest=GOOD["digest"]) == "altered"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"endpoint": "another"}, "other-endpoint"),
        ({"candidate_deployment": "another"}, "other-deployment"),
        ({"candidate_digest": "sha256:changed"}, "other-content"),
        ({"champion_deployment": "another"}, "other-champion"),
        ({"champion_digest": "sha256:changed"}, "other-champion"),
        ({"gate_digest": "sha256:changed"}, "other-gate"),
        ({"now": NOW + timedelta(hours=25)}, "stale"),
        ({"now": NOW - timedelta(hours=1)}, "from-the-future"),
    ],
)
def test_evidence_about_something_else_is_refused(changes, reason):
    assert reason_of(GOOD, **changes) == reason


def test_evidence_of_a_failure_is_refused():
    gate = dataclasses.replace(GATE, minimum_rows=1000)
    assert reason_of(build(gate)) == "failed"


def test_undecided_evidence_is_refused_unless_the_gate_lets_it_pass():
    undecided = dataclasses.replace(GATE, minimum_per_class=200)
    assert build(undecided)["verdict"]["outcome"] == "inconclusive"
    assert reason_of(build(undecided)) == "inconclusive"
    check(build(dataclasses.replace(undecided, inconclusive="pass")))


def test_evidence_with_an_unknown_key_or_an_impossible_date_is_refused():
    assert reason_of(signed(GOOD | {"approved_by": "nobody"})) == "invalid"
    assert reason_of(signed(GOOD | {"created": "2024-13-01T12:00:00.000000Z"})) == "invalid"


def test_parts_that_make_no_evidence_are_refused():
    with pytest.raises(ValueError, match="git_commit"):
        build_evidence(
            evaluate(ROWS, samples.candidate(SCORE), None, GATE),
            GATE,
            endpoint="endpoint",
            candidate=CANDIDATE,
            champion=None,
            data=DataAsset("heart", "3", digest_of("data")),
            split=Split("job-split", 5, digest_of("split")),
            environment="azureml:environment:1",
            git_commit="main",
            now=NOW,
        )


def test_write_refuses_what_read_would_refuse(tmp_path):
    with pytest.raises(RefusedEvidence):
        write_evidence(json.loads(json.dumps(GOOD)) | {"endpoint": "another"}, tmp_path / "evidence.json")
    assert not (tmp_path / "evidence.json").exists()
