"""Evidence is written once, read back whole, and allows one promotion only."""

import copy
import dataclasses
import hashlib
import json
from datetime import datetime, timedelta, timezone
from functools import partial

import pytest

from scripts.lib.digests import canonical_json, content_digest
from scripts.lib.errors import EvidenceRefused
from scripts.lib.evidence.check import check_evidence
from scripts.lib.evidence.contents import DataDocument, Evidence, GateDocument, SideDocument, VerdictDocument
from scripts.lib.evidence.document import SCHEMA, build_evidence, read_evidence, write_evidence
from scripts.lib.evidence.parts import DataAsset, Delivered, Incomparable, Side, Split
from scripts.lib.evidence.refusals import RefusedEvidence
from scripts.lib.gate.config import load_gate
from scripts.lib.gate.evaluate import evaluate
from scripts.lib.gate.runs import ReusedStep
from tests.gate import samples
from tests.gate.samples import GATE_FILE, simulate

GATE = load_gate(GATE_FILE)
NOW = datetime(2024, 5, 1, 12, tzinfo=timezone.utc)
ROWS, SCORE = simulate()


def digest_of(text):
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def side(name, **changes):
    """Return what the line says of a judged deployment."""
    parts = {
        "content_digest": digest_of(name),
        "code_digest": digest_of(f"code of {name}"),
        "scoring": "azureml:scoring:1",
        "jobs": {"0": f"job-{name}-0", "delivered": f"job-{name}", "scoring": f"job-{name}-scoring"},
        "delivered": Delivered(f"job-{name}", "azureml://m", "azureml://t", digest_of("model"), digest_of("changes")),
        "predictions_digest": digest_of(f"scores of {name}"),
    }
    return Side(name, **(parts | changes))


CANDIDATE = side("candidate", reused=(ReusedStep("prepare", "job-earlier"),))
CHAMPION = side("champion")


def build(gate=GATE, champion=CHAMPION):
    return build_evidence(
        evaluate(ROWS, samples.candidate(SCORE), samples.champion(SCORE) if isinstance(champion, Side) else None, gate),
        gate,
        endpoint="endpoint",
        candidate=CANDIDATE,
        champion=champion,
        data=DataAsset("heart", "3", digest_of("data")),
        split=Split("job-split", 5, digest_of("split")),
        environment="azureml:environment:1",
        git_commit="a" * 40,
        now=NOW,
    )


GOOD = build()
check = partial(
    check_evidence,
    endpoint="endpoint",
    candidate_deployment="candidate",
    candidate_digest=digest_of("candidate"),
    champion_deployment="champion",
    gate_digest=GATE.digest,
    now=NOW + timedelta(hours=1),
    max_age=timedelta(hours=24),
)


def signed(evidence):
    """Give altered evidence a digest of its own, as a forger would."""
    content = {key: value for key, value in evidence.items() if key != "digest"}
    return content | {"digest": content_digest(content)}


def reason_of(*arguments, **changes):
    with pytest.raises(RefusedEvidence) as refusal:
        check(*arguments, **changes)
    assert isinstance(refusal.value, EvidenceRefused)
    assert refusal.value.exit_code == 6
    return refusal.value.reason


def test_good_evidence_allows_the_promotion():
    check(GOOD)
    check(GOOD, champion_digest=digest_of("champion"), recorded_digest=GOOD["digest"])


def test_evidence_holds_what_was_compared():
    assert GOOD["candidate"]["jobs"]["delivered"] == "job-candidate"
    assert GOOD["candidate"]["delivered"]["model_digest"] == digest_of("model")
    assert GOOD["split"]["digest"] == digest_of("split")
    assert GOOD["champion"]["content_digest"] == digest_of("champion")
    assert GOOD["candidate"]["reused_steps"] == [{"step": "prepare", "source_job": "job-earlier", "code_digest": None}]
    assert GOOD["gate"]["digest"] == GATE.digest
    assert GOOD["data"] == {"name": "heart", "version": "3", "digest": digest_of("data")}
    assert GOOD["created"] == "2024-05-01T12:00:00.000000Z"
    assert {rule["rule"] for rule in GOOD["verdict"]["rules"]} >= {"roc_auc.floor", "roc_auc.non_inferiority"}
    assert "scikit-learn" in GOOD["library_versions"]


def test_the_first_deployment_has_no_champion():
    first = build(champion=None)
    assert first["champion"] is None
    check(first, champion_deployment=None)
    assert reason_of(first) == "other-champion"
    assert reason_of(GOOD, champion_deployment=None) == "other-champion"


def test_references_are_told_with_their_metrics():
    metrics = GOOD["champion"]["metrics"]
    evidence = build_evidence(
        evaluate(ROWS, samples.candidate(SCORE), None, GATE),
        GATE,
        endpoint="endpoint",
        candidate=CANDIDATE,
        champion=None,
        references=[side("earlier", metrics=metrics)],
        data=DataAsset("heart", "3", digest_of("data")),
        split=Split("job-split", 5, digest_of("split")),
        environment="azureml:environment:1",
        git_commit=None,
        now=NOW,
    )
    assert [(one["deployment"], one["metrics"]) for one in evidence["references"]] == [("earlier", metrics)]


def test_a_default_that_cannot_be_judged_is_named_and_must_still_be_the_default():
    evidence = build(champion=Incomparable("champion", None, "its scoring pipeline is missing"))
    assert evidence["champion"]["incomparable"] == "its scoring pipeline is missing"
    check(evidence)
    assert reason_of(evidence, champion_deployment="another") == "other-champion"


def test_evidence_of_an_earlier_form_is_refused_by_name(tmp_path):
    path = tmp_path / "evidence.json"
    path.write_text(json.dumps(signed(GOOD | {"schema_version": 1})))
    with pytest.raises(RefusedEvidence, match="schema_version") as refusal:
        read_evidence(path)
    assert refusal.value.reason == "invalid"


def test_a_file_reads_back_the_same_and_is_canonical(tmp_path):
    path = tmp_path / "out" / "evidence.json"
    assert write_evidence(GOOD, path) == GOOD["digest"]
    assert read_evidence(path) == GOOD
    assert path.read_bytes() == canonical_json(GOOD)
    rest = canonical_json({key: value for key, value in GOOD.items() if key != "digest"})
    assert GOOD["digest"] == "sha256:" + hashlib.sha256(rest).hexdigest()


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


def test_the_types_have_the_keys_of_the_schema():
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    parts = {
        Evidence: schema,
        SideDocument: schema["$defs"]["side"],
        DataDocument: schema["properties"]["data"],
        GateDocument: schema["properties"]["gate"],
        VerdictDocument: schema["properties"]["verdict"],
    }
    for kind, part in parts.items():
        assert kind.__required_keys__ == set(part["properties"]) == set(part["required"])
        assert part["additionalProperties"] is False
