"""A candidate whose training step took the output of other code is refused."""

import pytest

from scripts.lib.gate.refusals import EvaluationRefused
from scripts.lib.gate.runs import ReusedStep, check_training_ran
from tests.gate.samples import run_of

REUSED = ReusedStep("train", "job-earlier")


def test_a_reused_training_step_of_differing_code_is_refused():
    with pytest.raises(EvaluationRefused, match="job-earlier") as refusal:
        check_training_ran(run_of(reused=(REUSED,)), run_of("champion"))
    assert refusal.value.reason == "reused-training-step"


def test_a_training_step_reused_from_other_code_is_refused_without_a_champion_too():
    other = ReusedStep("train", "job-earlier", code_digest="code:other")
    with pytest.raises(EvaluationRefused, match="reused"):
        check_training_ran(run_of(reused=(other,)), None)


@pytest.mark.parametrize(
    ("reused", "champion_code"),
    [
        (ReusedStep("train", "job-earlier", code_digest="code:candidate"), "code:champion"),
        (REUSED, "code:candidate"),
        (ReusedStep("prepare", "job-earlier"), "code:champion"),
    ],
)
def test_a_step_reused_from_the_same_code_is_sound(reused, champion_code):
    check_training_ran(run_of(reused=(reused,)), run_of("champion", code_digest=champion_code))
