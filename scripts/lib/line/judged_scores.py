"""Read what a scoring job left of one deployment: its scores, and the digests of what they were made with."""

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.lib.gate.predicted import Predicted
from scripts.lib.gate.reading import read_json, read_scores
from scripts.lib.gate.refusals import EvaluationRefused
from scripts.lib.gate.runs import ReusedStep
from scripts.lib.line import scoring
from scripts.lib.line.scoring import Delivered
from scripts.lib.line.stored_scores import Judged
from scripts.lib.line.withholding import Split
from scripts.lib.repository.compiled import component_digest
from scripts.lib.workspace import jobs
from scripts.lib.workspace.endpoints import Deployment
from scripts.lib.workspace.outputs import download_outputs

if TYPE_CHECKING:
    from azure.ai.ml import MLClient

    from scripts.lib.gate.arrays import Floats

DELIVERED = "delivered"


def read_judged(
    client: "MLClient",
    side: Deployment,
    job: str,
    delivered: Mapping[str, Delivered],
    split: Split,
    keys: tuple[str, ...],
) -> Judged:
    """Return how a side scores the rows; ``keys`` are the folders of rows that ``job`` scored.

    Raises:
        EvaluationRefused: the scorer refused what the side delivered; the message says why.
    """
    with tempfile.TemporaryDirectory() as place:
        folders = download_outputs(client, job, map(scoring.output_name, keys), Path(place))
        left = {key: folders[scoring.output_name(key)] for key in keys}
        for key, folder in left.items():
            _require_accepted(side, key, folder)
        predicted = split.rows.predicted
        scores = read_scores({int(fold): left[fold] for fold in split.folds}, split.fold, predicted)
        whole = _scores_of(left[DELIVERED], len(split.rows.row), predicted) if split.refitted else None
        of_delivered = left[DELIVERED if split.refitted else split.folds[0]]
        made = read_json(of_delivered / "scoring.json")
        gains = of_delivered / "importance.json"
        importance = read_json(gains)["total_gain"] if gains.is_file() else {}
    return Judged(
        deployment=side.name,
        content_digest=str(side.content_digest),
        scores=scores,
        delivered_scores=whole,
        jobs={**{key: one.job for key, one in delivered.items()}, "scoring": job},
        delivered=delivered[DELIVERED if split.refitted else split.folds[0]],
        model_digest=made["model_digest"],
        transformations_digest=made["transformations_digest"],
        reused=tuple(dict.fromkeys(step for one in delivered.values() for step in _reused_steps(client, one.job))),
        importance=importance,
    )


def _reused_steps(client: "MLClient", job: str) -> Iterator[ReusedStep]:
    """Yield the reused steps of a job; the code of a step's source is that of the component which ran there."""
    for step in jobs.steps(client, job):
        if not step.reused:
            continue
        source = step.properties.get("azureml.reusedrunid", "")
        parent = step.properties.get("azureml.reusedpipelinerunid", "")
        ran = next((other for other in jobs.steps(client, parent) if other.job == source), None) if parent else None
        version = ran.properties.get("azureml.moduleVersion") if ran else None
        digest = component_digest(ran.properties.get("azureml.moduleName", ""), version) if ran and version else None
        yield ReusedStep(step.name, source, digest)


def _scores_of(folder: Path, rows: int, predicted: Predicted) -> "Floats":
    """Return the scores of the delivered model, which are in the order of the rows."""
    import numpy as np

    return read_scores({0: folder}, np.zeros(rows, dtype=np.int64), predicted)


def _require_accepted(side: Deployment, key: str, folder: Path) -> None:
    """Raise what the scorer refused."""
    if (folder / "refusal.json").is_file():
        refusal = read_json(folder / "refusal.json")
        raise EvaluationRefused(refusal["reason"], f"{side.name}, {fold_words(key)}: {refusal['message']}")


def fold_words(key: str) -> str:
    """Return the words for a fold, or for all rows."""
    return "on all rows" if key == DELIVERED else f"without fold {key}"
