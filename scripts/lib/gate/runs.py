"""Which job made what is judged, and whether its training step ran the code of its own deployment."""

from dataclasses import dataclass

from scripts.lib.gate.refusals import EvaluationRefused


@dataclass(frozen=True)
class ReusedStep:
    """A step whose output came from an earlier job; ``code_digest`` is the code that job ran, if known."""

    step: str
    source_job: str
    code_digest: str | None = None


@dataclass(frozen=True)
class Run:
    """One invocation of a deployment: its job, how it ended, which steps it reused."""

    deployment: str
    content_digest: str
    code_digest: str
    job: str
    status: str
    reused: tuple[ReusedStep, ...] = ()
    training_step: str = "train"


def check_training_ran(run: Run, champion: Run | None) -> None:
    """Raise EvaluationRefused when the training step of ``run`` was reused from other code.

    A reused step is sound when the job it came from ran the same code. When that job's code is not known, it is
    refused if the candidate's code differs from the champion's.
    """
    for reused in run.reused:
        if reused.step != run.training_step or reused.code_digest == run.code_digest:
            continue
        unknown = reused.code_digest is None
        if unknown and (champion is None or champion.code_digest == run.code_digest):
            continue
        raise EvaluationRefused(
            "reused-training-step",
            f"The step {reused.step} of {run.job} did not run: it was reused from {reused.source_job}, while "
            f"the code of {run.deployment} differs. Evaluate again with step reuse switched off.",
        )
