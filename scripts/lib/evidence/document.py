"""Build, write and read the evidence of one evaluation."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from typing import cast

from scripts.lib.digests import canonical_json, content_digest
from scripts.lib.evidence.contents import Evidence, SideDocument
from scripts.lib.evidence.refusals import RefusedEvidence
from scripts.lib.gate.config import Gate
from scripts.lib.gate.metrics import MetricName
from scripts.lib.gate.reading import Run
from scripts.lib.gate.schema import schema_violation
from scripts.lib.gate.verdict import Verdict

SCHEMA = Path(__file__).with_name("evidence.schema.json")
LIBRARIES = ("azure-ai-ml", "numpy", "pandas", "scikit-learn", "scipy", "xgboost")


@dataclass(frozen=True)
class DataAsset:
    """The data that both sides were invoked on."""

    name: str
    version: str
    digest: str


def build_evidence(
    verdict: Verdict,
    gate: Gate,
    *,
    endpoint: str,
    candidate: Run,
    champion: Run | None,
    data: DataAsset,
    git_commit: str | None,
    now: datetime,
) -> Evidence:
    """Put the evidence of one evaluation together, its own digest included.

    ``now`` must know its time zone. Raises ValueError when the parts do not make valid evidence.
    """
    content = {
        "schema_version": 1,
        "created": now.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "endpoint": endpoint,
        "candidate": _side(candidate, verdict.candidate_metrics),
        "champion": _side(champion, verdict.champion_metrics) if champion and verdict.champion_metrics else None,
        "data": asdict(data),
        "git_commit": git_commit,
        "gate": {
            "digest": gate.digest,
            "confidence": gate.confidence,
            "threshold": gate.threshold,
            "inconclusive": gate.inconclusive,
            "resamples": gate.resamples,
            "seed": gate.seed,
        },
        "verdict": {
            "outcome": verdict.outcome,
            "promote": verdict.promote,
            "sentence": verdict.sentence,
            "rows": verdict.rows,
            "protocol": verdict.protocol,
            "rules": [asdict(rule) for rule in verdict.rules],
        },
        "library_versions": {name: version(name) for name in LIBRARIES},
    }
    evidence = cast(Evidence, content | {"digest": content_digest(content)})
    if problem := schema_violation(evidence, SCHEMA):
        raise ValueError(f"These parts make no valid evidence: {problem}.")
    return evidence


def write_evidence(evidence: Evidence, path: Path) -> str:
    """Write ``evidence`` in canonical form and return its digest.

    Raises RefusedEvidence when it breaks the schema or its digest is not its own.
    """
    _check_form(evidence, path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(canonical_json(evidence))
    return str(evidence["digest"])


def read_evidence(path: Path) -> Evidence:
    """Read an evidence file. Raises RefusedEvidence when it is missing, invalid or altered."""
    if not path.is_file():
        raise RefusedEvidence("missing", f"There is no evidence at {path}; run evaluate_candidate first.")
    try:
        evidence = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise RefusedEvidence("invalid", f"{path} is not JSON: {error}.") from error
    _check_form(evidence, path)
    return cast(Evidence, evidence)


def _check_form(evidence: Evidence, path: Path) -> None:
    if problem := schema_violation(evidence, SCHEMA):
        raise RefusedEvidence("invalid", f"{path}: {problem}. The schema is scripts/lib/evidence/{SCHEMA.name}.")
    check_unaltered(evidence, str(path))


def check_unaltered(evidence: Evidence, place: str = "The evidence") -> None:
    """Raise RefusedEvidence when the digest inside is not that of the rest."""
    content = {key: value for key, value in evidence.items() if key != "digest"}
    actual = content_digest(content)
    if evidence["digest"] != actual:
        raise RefusedEvidence(
            "altered", f"{place} was altered: it says {evidence['digest']}, its content gives {actual}."
        )


def _side(run: Run, metrics: Mapping[MetricName, float]) -> SideDocument:
    return {
        "deployment": run.deployment,
        "content_digest": run.content_digest,
        "code_digest": run.code_digest,
        "job": run.job,
        "reused_steps": [asdict(step) for step in run.reused],
        "metrics": dict(metrics),
    }
