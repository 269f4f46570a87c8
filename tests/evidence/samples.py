"""A good piece of evidence, its parts, and why another is refused."""

import hashlib
from datetime import datetime, timedelta, timezone
from functools import partial

import pytest

from scripts.lib.digests import content_digest
from scripts.lib.errors import EvidenceRefused
from scripts.lib.evidence.check import check_evidence
from scripts.lib.evidence.document import build_evidence
from scripts.lib.evidence.parts import DataAsset, Delivered, Side, Split
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
