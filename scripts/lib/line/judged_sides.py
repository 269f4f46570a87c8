"""Turn what was judged into what the gate compares and what the evidence says of each side."""

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.lib.errors import ReleaseError
from scripts.lib.evidence import parts
from scripts.lib.evidence.parts import Incomparable, Side
from scripts.lib.gate.config import Gate
from scripts.lib.gate.judged import Scored, SelfReport
from scripts.lib.gate.runs import Run
from scripts.lib.gate.self_report import read_self_report
from scripts.lib.line.stored_scores import Judged
from scripts.lib.workspace.endpoints import Deployment
from scripts.lib.workspace.outputs import download_outputs

if TYPE_CHECKING:
    from azure.ai.ml import MLClient

SELF_REPORT = "evaluation_results"


def read_own_report(client: "MLClient", candidate: Judged, gate: Gate, output: Path) -> SelfReport:
    """Read what the candidate reports about itself, and keep its metrics; rows of the data stay in the workspace."""
    with tempfile.TemporaryDirectory() as place:
        folder = download_outputs(client, candidate.delivered.job, [SELF_REPORT], Path(place))[SELF_REPORT]
        report = read_self_report(folder, gate)
        output.mkdir(parents=True, exist_ok=True)
        shutil.copy(folder / "metrics.json", output / "metrics.json")
    return report


def scored(judged: Judged, repeats: Sequence[Judged] = ()) -> Scored:
    """Return the scores of a side, as the gate compares them; ``repeats`` are those on other splits of the rows."""
    return Scored(judged.deployment, judged.scores, tuple(repeat.scores for repeat in repeats))


def run_of(side: Deployment, judged: Judged) -> Run:
    """Return the invocation that delivered what a side is judged by."""
    return Run(
        deployment=side.name,
        content_digest=str(side.content_digest),
        code_digest=str(side.code_digest),
        job=judged.delivered.job,
        status="Completed",
        reused=judged.reused,
        training_step=str(side.training_step),
    )


def champion_side(
    side: Deployment | None, judged: Judged | None, error: ReleaseError | None, repeats: Sequence[Judged] = ()
) -> Side | Incomparable | None:
    """Return the evidence on the default; None without one, and why where it could not be judged."""
    if side is None:
        return None
    if judged is None:
        return Incomparable(side.name, side.content_digest, error.message if error else "not judged")
    return side_of(side, judged, repeats=repeats)


def side_of(side: Deployment, judged: Judged, report: SelfReport | None = None, repeats: Sequence[Judged] = ()) -> Side:
    """Return the evidence on one side, with what it reports about itself."""
    return Side(
        deployment=side.name,
        content_digest=str(side.content_digest),
        code_digest=str(side.code_digest),
        scoring=str(side.scoring),
        jobs=judged.jobs,
        delivered=parts.Delivered(
            judged.delivered.job,
            judged.delivered.model,
            judged.delivered.transformations,
            judged.model_digest,
            judged.transformations_digest,
        ),
        predictions_digest=judged.predictions_digest,
        reused=judged.reused,
        reported=report.metrics if report else None,
        repeats=tuple(parts.Repeat(repeat.jobs, repeat.predictions_digest) for repeat in repeats),
    )
