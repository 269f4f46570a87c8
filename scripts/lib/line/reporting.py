"""Make the report of what the line did: gather what the evidence does not hold, write it, and keep it beside."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.lib.evidence.contents import Evidence
from scripts.lib.gate.config import Gate
from scripts.lib.line.data_comparison import champion_data
from scripts.lib.line.stored_scores import Judged
from scripts.lib.line.withholding import Split
from scripts.lib.report.data_section import data_section
from scripts.lib.report.document import Data, Document, as_json
from scripts.lib.report.judgement import judged as judged_section
from scripts.lib.report.judgement_document import Job, Judgement, Step
from scripts.lib.workspace.connection import Connection
from scripts.lib.workspace.endpoints import Endpoint, read_endpoint
from scripts.lib.workspace.links import job_page, log_of_step
from scripts.lib.workspace.observed_jobs import Observed, observe_job
from scripts.lib.workspace.release_store import ReleaseStore

if TYPE_CHECKING:
    from scripts.lib.report.judgement import Curves


def section_of(
    connection: Connection,
    evidence: Evidence,
    sides: Mapping[str, Judged],
    split: Split,
    gate: Gate,
    columns: Sequence[str] = (),
) -> Judgement:
    """Return the report's section on an evaluation; ``sides`` are the candidate and, where it was judged, the champion.

    What the report shows beyond the evidence is aggregated here, so that no row leaves this function.
    """
    jobs = [
        _job(connection, label, purpose, name) for label, side in sides.items() for purpose, name in side.jobs.items()
    ]
    jobs.insert(0, _job(connection, "both" if len(sides) > 1 else "candidate", "withhold", split.job))
    return judged_section(
        evidence,
        {label: _curves(split, side, gate) for label, side in sides.items()},
        {label: side.importance for label, side in sides.items()},
        columns or tuple(split.rows.columns),
        jobs,
    )


def data_of(connection: Connection, state: Endpoint, validated: Mapping[str, Any], asset: str) -> Data:
    """Return the report's section on the data, beside what the default was promoted on."""
    store = ReleaseStore(connection, state.name)
    return data_section(validated, asset, champion_data(store, state, validated["digest"]))


def validated_data(connection: Connection, endpoint: str, result: Path, data_asset: tuple[str, str]) -> Data | None:
    """Return the section on a version of the data, from the result of its validation; None where that is another's."""
    name, version = data_asset
    try:
        validated = json.loads(result.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not str(validated.get("digest", "")).startswith(version):
        return None
    return data_of(connection, read_endpoint(connection.client, endpoint), validated, f"{name}:{version}")


def keep_report(connection: Connection, document: Document, digest: str) -> None:
    """Keep the document beside the evidence with this digest."""
    ReleaseStore(connection, document.endpoint).write(_stored(digest), as_json(document).encode())


def stored_report(store: ReleaseStore, digest: str) -> dict[str, Any] | None:
    """Return the document that was kept beside the evidence with this digest, or None."""
    content = store.read(_stored(digest))
    try:
        found = json.loads(content) if content else None
    except ValueError:
        return None
    return found if isinstance(found, dict) and found.get("data") else None


def card_of(store: ReleaseStore, evidence: Evidence) -> str:
    """Return the card of the model that the evidence is about."""
    from scripts.lib.report.card import model_card

    return model_card(evidence, stored_report(store, evidence["digest"]))


def _stored(digest: str) -> str:
    return f"reports/{digest.removeprefix('sha256:')}.json"


def _curves(split: Split, side: Judged, gate: Gate) -> "Curves":
    from scripts.lib.report.curves import binary_curves, multiclass_curves, regression_curves

    target, predicted = split.rows.target, split.rows.predicted
    if predicted.task == "regression":
        return regression_curves(target, side.scores)
    if predicted.task == "multiclass":
        return multiclass_curves(target, side.scores, predicted.classes)
    return binary_curves(target, side.scores, 0.5 if gate.threshold is None else gate.threshold)


def _job(connection: Connection, label: str, purpose: str, name: str) -> Job:
    try:
        seen = observe_job(connection.client, name)
    except Exception:  # the verdict stands, whatever can be shown of its jobs
        seen = Observed(name, name, "not known", None, None)
    words = {"delivered": "on all rows", "scoring": "scoring", "withhold": "split"}
    return Job(
        side=label,
        purpose=words.get(purpose, f"without fold {purpose}"),
        name=name,
        state=seen.state,
        started=seen.started.isoformat() if seen.started else None,
        seconds=seen.seconds,
        link=job_page(connection.client.jobs.get(name)) if connection.state is None else "",
        steps=tuple(_steps(connection, seen.steps)),
    )


def _steps(connection: Connection, steps: Iterable[Observed]) -> Iterable[Step]:
    for step in steps:
        log = "" if step.state == "reused" else log_of_step(connection.state, step.job)
        yield Step(step.name, step.state, step.seconds, log)
