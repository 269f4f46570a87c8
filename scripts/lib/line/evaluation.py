"""Evaluate a candidate: invoke it and the default on the same data, and judge both by the gate."""

import shutil
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.lib.errors import BadConfiguration
from scripts.lib.evidence.document import DataAsset, build_evidence, write_evidence
from scripts.lib.gate.config import Gate, load_gate
from scripts.lib.gate.reading import Evaluation, ReusedStep, Run, read_evaluation
from scripts.lib.line.stored_evidence import store_evidence
from scripts.lib.repository.compilation import component_digest
from scripts.lib.repository.files import gate_file, git_commit
from scripts.lib.telling import results
from scripts.lib.workspace import invocation, jobs
from scripts.lib.workspace.assets import data_digest
from scripts.lib.workspace.connection import Connection
from scripts.lib.workspace.endpoints import EVIDENCE_TAG, Deployment, read_endpoint, write_endpoint
from scripts.lib.workspace.interruption import canceled_on_interrupt
from scripts.lib.workspace.locks import endpoint_lock
from scripts.lib.workspace.outputs import download_outputs
from scripts.lib.workspace.release_store import ReleaseStore

if TYPE_CHECKING:
    from azure.ai.ml import MLClient

    from scripts.lib.gate.verdict import Verdict


@dataclass(frozen=True)
class Evaluated:
    """The result of an evaluation: the gate's verdict, the evidence, and each side's job."""

    verdict: "Verdict"
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
) -> Evaluated:
    """Invoke the candidate and the default on one version of the data, judge both, and write the evidence.

    Downloads go to ``output/candidate`` and ``output/champion``, the evidence to ``output/evidence.json``; it is also
    stored with the candidate, and its digest recorded at the endpoint.

    Raises:
        BadConfiguration: the deployment was not made by this release line, or is the default itself.
        JobFailed: one of the jobs did not complete.
        GateSaidNo: the jobs' evaluation results cannot be judged; the message says why.
    """
    client = connection.client
    gate = load_gate(gate_file(endpoint))
    state = read_endpoint(client, endpoint)
    candidate = state.deployment(deployment)
    if state.default == deployment:
        raise BadConfiguration(
            f"{deployment} is the default of {endpoint} already; there is nothing to compare it with."
        )
    sides = {"candidate": candidate}
    if state.default:
        sides["champion"] = state.deployment(state.default)
    evaluations = _invoke_sides(client, endpoint, sides, data_asset, output, stream)
    verdict = _judge(evaluations, gate)
    name, version = data_asset
    champion = evaluations.get("champion")
    evidence = build_evidence(
        verdict,
        gate,
        endpoint=endpoint,
        candidate=evaluations["candidate"].run,
        champion=champion.run if champion else None,
        data=DataAsset(name, version, data_digest(client, name, version)),
        git_commit=git_commit(),
        now=datetime.now(timezone.utc),
    )
    path = output / "evidence.json"
    digest = write_evidence(evidence, path)
    store = ReleaseStore(connection, endpoint)
    with endpoint_lock(store):
        store_evidence(store, deployment, path.read_bytes())
        write_endpoint(client, endpoint, {EVIDENCE_TAG + deployment: digest})
    ran = {side: evaluation.run.job for side, evaluation in evaluations.items()}
    return Evaluated(verdict, state.default, path, digest, ran)


def _judge(evaluations: dict[str, Evaluation], gate: Gate) -> "Verdict":
    from scripts.lib.gate.evaluate import evaluate

    return evaluate(evaluations["candidate"], evaluations.get("champion"), gate)


def _invoke_sides(
    client: "MLClient",
    endpoint: str,
    sides: dict[str, Deployment],
    data_asset: tuple[str, str],
    output: Path,
    stream: bool,
) -> dict[str, Evaluation]:
    """Invoke the deployment of each side, wait for all jobs, and read their evaluation results."""
    ran: dict[str, str] = {}
    with canceled_on_interrupt(client) as started:
        for side, deployment in sides.items():
            inputs = invocation.data_inputs(*data_asset)
            ran[side] = started.submit(partial(invocation.invoke, client, endpoint, deployment.name, inputs))
            results.tell(f"    {side} {deployment.name} runs as job {ran[side]}")
        statuses = jobs.wait(client, ran, stream)
    evaluations = {}
    for side, job in ran.items():
        jobs.require_completed(client, job, statuses[side])
        shutil.rmtree(output / side, ignore_errors=True)  # nothing of an earlier evaluation may be read as this one's
        folder = download_outputs(client, job, ["evaluation_results"], output / side)["evaluation_results"]
        evaluations[side] = read_evaluation(folder, _run(client, sides[side], job, statuses[side]))
    return evaluations


def _run(client: "MLClient", deployment: Deployment, job: str, status: str) -> Run:
    if not deployment.content_digest or not deployment.code_digest or not deployment.training_step:
        raise BadConfiguration(
            f"Deployment {deployment.name} carries no content digest: it was not made by `scripts.deploy_candidate`, "
            "so evidence about it would mean nothing."
        )
    return Run(
        deployment=deployment.name,
        content_digest=deployment.content_digest,
        code_digest=deployment.code_digest,
        job=job,
        status=status,
        reused=tuple(_reused(client, step) for step in jobs.steps(client, job) if step.reused),
        training_step=deployment.training_step,
    )


def _reused(client: "MLClient", step: jobs.Step) -> ReusedStep:
    """Return a reused step, with the code digest of the component that ran in the source job."""
    source = step.properties.get("azureml.reusedrunid", "")
    parent = step.properties.get("azureml.reusedpipelinerunid", "")
    ran = next((other for other in jobs.steps(client, parent) if other.job == source), None) if parent else None
    digest = None
    if ran and ran.properties.get("azureml.moduleVersion"):
        digest = component_digest(ran.properties.get("azureml.moduleName", ""), ran.properties["azureml.moduleVersion"])
    return ReusedStep(step.name, source, digest)


def result_of(evaluated: Evaluated) -> dict[str, Any]:
    """Return an evaluation as the result of a command."""
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
