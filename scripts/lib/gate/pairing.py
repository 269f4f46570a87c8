"""Make sure that candidate and champion were judged on the same rows, and that each ran its own code."""

import numpy as np

from scripts.lib.gate.reading import Evaluation
from scripts.lib.gate.refusals import EvaluationRefused


def check_pair(candidate: Evaluation, champion: Evaluation) -> None:
    """Raise EvaluationRefused unless rows, targets, slice columns and protocol agree, row id by row id."""
    if candidate.protocol != champion.protocol:
        raise EvaluationRefused(
            "different-protocols",
            f"{candidate.run.deployment} was judged {candidate.protocol}, {champion.run.deployment} "
            f"{champion.protocol}; the two cannot be compared.",
        )
    if not np.array_equal(candidate.row_ids, champion.row_ids):
        lacking = sorted({*candidate.row_ids} ^ {*champion.row_ids})
        raise EvaluationRefused(
            "different-rows",
            f"Candidate and champion were judged on different rows ({len(candidate.row_ids)} and "
            f"{len(champion.row_ids)}; {len(lacking)} are in one only, such as {lacking[0]}). "
            "Evaluate both on the same data asset version.",
        )
    for column in ("target", "age", "sex"):
        first, second = getattr(candidate, column), getattr(champion, column)
        differs = (first != second) & ~(np.isnan(first) & np.isnan(second))
        if differs.any():
            row = differs.argmax()
            raise EvaluationRefused(
                "different-targets" if column == "target" else "different-slices",
                f"Row {candidate.row_ids[row]} has {column} {first[row]} for the candidate and {second[row]} "
                "for the champion; they did not see the same data.",
            )


def check_training_ran(candidate: Evaluation, champion: Evaluation | None) -> None:
    """Raise EvaluationRefused when the candidate's training step was reused from other code.

    A reused step is sound when the job it came from ran the candidate's own code. When that job's code is
    unknown, the step is refused if the candidate's code differs from the champion's.
    """
    run = candidate.run
    for reused in run.reused:
        if reused.step != run.training_step or reused.code_digest == run.code_digest:
            continue
        unknown = reused.code_digest is None
        if unknown and (champion is None or champion.run.code_digest == run.code_digest):
            continue
        raise EvaluationRefused(
            "reused-training-step",
            f"The step {reused.step} of {run.job} did not run: it was reused from {reused.source_job}, while "
            f"the code of {run.deployment} differs. Evaluate again with step reuse switched off.",
        )
