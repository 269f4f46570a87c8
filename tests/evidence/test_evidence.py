"""Evidence is written once, read back whole, and allows one promotion only."""

import hashlib
import json

import pytest

from scripts.lib.digests import canonical_json
from scripts.lib.evidence.contents import (
    DataDocument,
    Evidence,
    GateDocument,
    SideDocument,
    SplitDocument,
    VerdictDocument,
)
from scripts.lib.evidence.document import SCHEMA, build_evidence, read_evidence, write_evidence
from scripts.lib.evidence.parts import DataAsset, Incomparable, Split
from scripts.lib.evidence.refusals import RefusedEvidence
from scripts.lib.gate.evaluate import evaluate
from tests.evidence.samples import (
    CANDIDATE,
    GATE,
    GOOD,
    NOW,
    ROWS,
    SCORE,
    build,
    check,
    digest_of,
    reason_of,
    side,
    signed,
)
from tests.gate import samples


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


def test_the_types_have_the_keys_of_the_schema():
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    parts = {
        Evidence: schema,
        SideDocument: schema["$defs"]["side"],
        SplitDocument: schema["properties"]["split"],
        DataDocument: schema["properties"]["data"],
        GateDocument: schema["properties"]["gate"],
        VerdictDocument: schema["properties"]["verdict"],
    }
    for kind, part in parts.items():
        assert kind.__required_keys__ == set(part["required"])
        assert kind.__required_keys__ | kind.__optional_keys__ == set(part["properties"])
        assert part["additionalProperties"] is False
