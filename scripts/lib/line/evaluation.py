"""Judge a candidate beside the default on rows that neither has seen, and let the gate decide."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.lib.errors import BadConfiguration, ReleaseError
from scripts.lib.evidence import parts
from scripts.lib.evidence.document import build_evidence, write_evidence
from scripts.lib.evidence.parts import DataAsset
from scripts.lib.gate.config import Gate
from scripts.lib.gate.judged import Scored
from scripts.lib.gate.refusals import EvaluationRefused
from scripts.lib.gate.runs import check_training_ran
from scripts.lib.line.default_history import full_history
from scripts.lib.line.gates import endpoint_gate
from scripts.lib.line.judged_sides import champion_side, read_own_report, run_of, scored, side_of
from scripts.lib.line.judgement import judge_sides
from scripts.lib.line.repeated_training import judge_repeats
from scripts.lib.line.reporting import section_of
from scripts.lib.line.rows_file import write_rows
from scripts.lib.line.side_by_side import Beforehand
from scripts.lib.line.stored_evidence import store_evidence
from scripts.lib.line.stored_scores import Judged
from scripts.lib.line.withholding import Split, split_of, withhold
from scripts.lib.report.judgement_document import Judgement
from scripts.lib.repository.compilation import compile_environment
from scripts.lib.repository.files import git_commit
from scripts.lib.telling import results
from scripts.lib.workspace.connection import Connection
from scripts.lib.workspace.endpoint_writing import write_endpoint
from scripts.lib.workspace.endpoints import EVIDENCE_TAG, Deployment, Endpoint, read_endpoint
from scripts.lib.workspace.locks import endpoint_lock
from scripts.lib.workspace.release_store import ReleaseStore

if TYPE_CHECKING:
    from scripts.lib.gate.verdict import Verdict

CANDIDATE, CHAMPION = "candidate", "champion"


@dataclass(frozen=True)
class Evaluated:
    """What an evaluation gave: the verdict, the evidence for it, and the report's section on it."""

    verdict: "Verdict"
    section: Judgement
    champion: str | None
    evidence_file: Path
    evidence_digest: str
    jobs: dict[str, str]


def evaluate_candidate(
    connection: Connection,
    endpoint: str,
    deployment: str,
    data_asset: tuple[str, str],
    output: Path,
    stream: bool = False,
    columns: Sequence[str] = (),
    retrained: bool = False,
    with_rows: bool = False,
    before: Beforehand | None = None,
) -> Evaluated:
    """Judge the candidate against the default on one version of the data; write and store the evidence.

    The default itself is judged only where it was ``retrained``: alone, by the gate's floors, and nothing is stored.

    The rows are withheld and scored by the line; what the candidate reports about itself goes to ``output/candidate``
    and is compared, no more. The evidence goes to ``output/evidence.json``; it is also stored with the candidate, and
    its digest recorded at the endpoint. ``columns`` are those of the data, for the report. Only
    ``with_rows`` writes the judged rows, to ``output/rows.csv``. ``before`` is what was done for it already.

    Raises:
        BadConfiguration: the deployment was not made by this release line, or is the default itself.
        JobFailed: one of the jobs did not complete.
        GateSaidNo: what was delivered cannot be judged; the message names why.
    """
    from scripts.lib.gate.evaluate import evaluate, metrics_of

    client = connection.client
    gate = endpoint_gate(endpoint)
    state = read_endpoint(client, endpoint)
    sides = {CANDIDATE: state.deployment(deployment)}
    if state.default == deployment and not retrained:
        raise BadConfiguration(
            f"{deployment} is the default of {endpoint} already; there is nothing to compare it with."
        )
    if state.default and state.default != deployment:
        sides[CHAMPION] = state.deployment(state.default)
    if before:
        split = split_of(client, endpoint, gate, data_asset, before.withheld_by)
    else:
        split = withhold(client, endpoint, gate, data_asset, stream)
    refused = {
        label: before.refused[side.name] for label, side in sides.items() if before and side.name in before.refused
    }
    judged, more = judge_sides(
        connection, endpoint, {label: side for label, side in sides.items() if label not in refused}, split, stream
    )
    refused |= more
    if CANDIDATE in refused:
        raise refused[CANDIDATE]
    repeats = judge_repeats(connection, endpoint, gate, sides, split, judged, stream)
    candidate, champion = judged[CANDIDATE], judged.get(CHAMPION)
    if CHAMPION in refused and gate.judgement.incomparable == "block":
        raise _incomparable(sides[CHAMPION], refused[CHAMPION])
    references = _judge_references(connection, state, gate, set(sides.values()), split)
    if with_rows:
        write_rows(output / "rows.csv", split.rows, split.fold, {side: one.scores for side, one in judged.items()})
    report = read_own_report(client, candidate, gate, output / CANDIDATE)
    check_training_ran(run_of(sides[CANDIDATE], candidate), run_of(sides[CHAMPION], champion) if champion else None)
    verdict = evaluate(
        split.rows,
        scored(candidate, repeats.of(CANDIDATE)),
        scored(champion, repeats.of(CHAMPION)) if champion else None,
        gate,
        [scored(reference) for reference in references.values()],
        report,
        Scored(deployment, candidate.delivered_scores) if candidate.delivered_scores is not None else None,
    )
    evidence = build_evidence(
        verdict,
        gate,
        endpoint=endpoint,
        candidate=side_of(sides[CANDIDATE], candidate, report, repeats.of(CANDIDATE)),
        champion=champion_side(sides.get(CHAMPION), champion, refused.get(CHAMPION), repeats.of(CHAMPION)),
        references=[
            replace(side_of(state.deployment(name), reference), metrics=metrics_of(split.rows, scored(reference), gate))
            for name, reference in references.items()
        ],
        data=DataAsset(*data_asset, split.data_digest),
        split=parts.Split(
            split.job,
            len(split.folds),
            split.digest,
            tuple(parts.AnotherSplit(other.job, other.digest) for other in repeats.splits),
        ),
        environment=compile_environment().reference,
        git_commit=git_commit(),
        now=datetime.now(timezone.utc),
    )
    path = output / "evidence.json"
    digest = write_evidence(evidence, path)
    if not retrained:
        store = ReleaseStore(connection, endpoint)
        with endpoint_lock(store):
            store_evidence(store, deployment, path.read_bytes())
            write_endpoint(client, endpoint, {EVIDENCE_TAG + deployment: digest})
    jobs = {side: one.delivered.job for side, one in judged.items()}
    section = section_of(connection, evidence, judged, split, gate, columns)
    champion_name = sides[CHAMPION].name if CHAMPION in sides else None
    return Evaluated(verdict, section, champion_name, path, digest, jobs)


def _judge_references(
    connection: Connection, state: Endpoint, gate: Gate, others: Collection[Deployment], split: Split
) -> dict[str, Judged]:
    """Judge the last promoted deployments that still exist; one that cannot be judged today is passed over, aloud."""
    if gate.references is None:
        return {}
    promoted = [entry["default"] for entry in reversed(full_history(ReleaseStore(connection, state.name), state))]
    oldest_first = reversed(list(dict.fromkeys(promoted))[: gate.references.last])
    deployments = {side.name: side for side in state.deployments if side not in others}
    present = {name: deployments[name] for name in oldest_first if name in deployments}
    judged, refused = judge_sides(connection, state.name, present, split)
    for name, error in refused.items():
        results.tell(f"    {name}, promoted earlier, is not compared with: {error.message}")
    return judged


def _incomparable(champion: Deployment, error: ReleaseError) -> EvaluationRefused:
    return EvaluationRefused(
        "incomparable",
        f"The default {champion.name} cannot be judged on today's rows: {error.message} To let the floors decide "
        "alone, write `incomparable: floors` below `judgement` in gate.yml.",
    )


def result_of(evaluated: Evaluated) -> dict[str, Any]:
    """Return an evaluation as a command emits it."""
    return {
        "verdict": evaluated.verdict.outcome,
        "promote": evaluated.verdict.promote,
        "sentence": evaluated.verdict.sentence,
        "champion": evaluated.champion or "",
        "evidence": str(evaluated.evidence_file),
        "evidence_digest": evaluated.evidence_digest,
        "jobs": evaluated.jobs,
        "candidate_metrics": dict(evaluated.verdict.candidate_metrics),
        "champion_metrics": dict(evaluated.verdict.champion_metrics or {}),
        "rules": [asdict(rule) for rule in evaluated.verdict.rules],
    }
