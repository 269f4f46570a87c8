"""Build, write and read the evidence of one evaluation."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import cast

from scripts.lib.digests import canonical_json, content_digest
from scripts.lib.evidence.contents import (
    DeliveredDocument,
    Evidence,
    IncomparableDocument,
    SideDocument,
    SplitDocument,
)
from scripts.lib.evidence.parts import DataAsset, Incomparable, Side, Split
from scripts.lib.evidence.refusals import RefusedEvidence
from scripts.lib.gate.config import Gate
from scripts.lib.gate.metrics import MetricName
from scripts.lib.gate.schema import schema_violation
from scripts.lib.gate.verdict import Verdict

SCHEMA = Path(__file__).with_name("evidence.schema.json")
LIBRARIES = ("azure-ai-ml", "numpy", "pandas", "scikit-learn", "scipy", "xgboost")


def build_evidence(
    verdict: Verdict,
    gate: Gate,
    *,
    endpoint: str,
    candidate: Side,
    champion: Side | Incomparable | None,
    references: Sequence[Side] = (),
    data: DataAsset,
    split: Split,
    environment: str,
    git_commit: str | None,
    now: datetime,
) -> Evidence:
    """Put the evidence of one evaluation together, its own digest included.

    ``environment`` is the reference of the environment that the steps ran in. ``now`` must know its time zone. Raises
    ValueError when the parts do not make valid evidence.
    """
    content = {
        "schema_version": 3,
        "created": now.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "endpoint": endpoint,
        "candidate": _side(candidate, verdict.candidate_metrics),
        "champion": _champion(champion, verdict),
        "references": [_side(reference, reference.metrics or {}) for reference in references],
        "data": asdict(data),
        "split": _split(split),
        "environment": environment,
        "git_commit": git_commit,
        "gate": {
            "digest": gate.digest,
            "confidence": gate.confidence,
            "threshold": gate.threshold,
            "inconclusive": gate.inconclusive,
        },
        "verdict": {
            "outcome": verdict.outcome,
            "promote": verdict.promote,
            "sentence": verdict.sentence,
            "rows": verdict.rows,
            "protocol": verdict.protocol,
            "rules": [asdict(rule) for rule in verdict.rules],
            "decision_curve": [asdict(point) for point in verdict.decision_curve],
            "task": verdict.predicted.task,
            "classes": list(verdict.predicted.classes),
            "metrics": {
                name: {"title": title, "better": verdict.better[name]} for name, title in verdict.titles.items()
            },
        },
        "library_versions": {name: _installed(name) for name in LIBRARIES},
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


def _installed(name: str) -> str:
    """Return the installed version of a library; a build without GPU support has a name of its own."""
    try:
        return version(f"{name}-cpu")
    except PackageNotFoundError:
        return version(name)


def _champion(champion: Side | Incomparable | None, verdict: Verdict) -> SideDocument | IncomparableDocument | None:
    if isinstance(champion, Incomparable):
        return {
            "deployment": champion.deployment,
            "content_digest": champion.content_digest,
            "incomparable": champion.reason,
        }
    return _side(champion, verdict.champion_metrics or {}) if champion else None


def _side(side: Side, metrics: Mapping[MetricName, float]) -> SideDocument:
    content: SideDocument = {
        "deployment": side.deployment,
        "content_digest": side.content_digest,
        "code_digest": side.code_digest,
        "scoring": side.scoring,
        "jobs": dict(side.jobs),
        "delivered": cast(DeliveredDocument, asdict(side.delivered)),
        "predictions_digest": side.predictions_digest,
        "reused_steps": [asdict(step) for step in side.reused],
        "metrics": dict(metrics),
        "reported": dict(side.reported) if side.reported is not None else None,
    }
    if side.repeats:
        content["repeats"] = [
            {"jobs": dict(repeat.jobs), "predictions_digest": repeat.predictions_digest} for repeat in side.repeats
        ]
    return content


def _split(split: Split) -> SplitDocument:
    content: SplitDocument = {"job": split.job, "folds": split.folds, "digest": split.digest}
    if split.repeats:
        content["repeats"] = [{"job": other.job, "digest": other.digest} for other in split.repeats]
    return content
