"""While a job is waited for, the story says what for; before it starts, what it may cost."""

import pytest

from scripts.lib.line import cost
from scripts.lib.workspace import links
from scripts.lib.workspace.waiting import SignOfLife


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_nothing_is_said_in_the_first_minute_nor_after_news(clock):
    said = []
    life = SignOfLife(said.append, clock)
    for clock.now in range(0, 60):
        life.look({"candidate: train_job": "Preparing"})
    life.told()
    for clock.now in range(60, 119):
        life.look({"candidate: train_job": "Preparing"})
    assert said == []


def test_an_image_that_is_built_is_told_less_and_less_often(clock):
    said = []
    life = SignOfLife(said.append, clock)
    for clock.now in range(0, 3600):
        life.look({"candidate: train_job": "Preparing"})
    assert len(said) == 8
    assert said[0] == (
        "      1 min  candidate: train_job: the image of its environment is built or fetched; "
        "the first time takes up to 20 minutes"
    )


@pytest.mark.parametrize(
    "status", ["NotStarted", "Queued", "Provisioning", "Starting", "Preparing", "Running", "Paused"]
)
def test_every_state_has_words(clock, status):
    said = []
    life = SignOfLife(said.append, clock)
    clock.now = 61.0
    life.look({"job": status})
    assert len(said) == 1
    assert status not in said[0]


def test_a_job_has_a_page_only_where_there_is_a_studio():
    class Job:
        studio_url = "https://ml.azure.com/runs/x"

    links.use_studio("", None, None, None)
    assert links.job_page(Job()) == ""
    links.use_studio("https://studio.ml.azure.cn", "s", "g", "w")
    try:
        assert links.job_page(Job()) == "https://ml.azure.com/runs/x"
        assert links.endpoint_page("e-1") == (
            "https://studio.ml.azure.cn/endpoints/batch/e-1/detail?wsid=/subscriptions/s/resourceGroups/g"
            "/providers/Microsoft.MachineLearningServices/workspaces/w"
        )
    finally:
        links.use_studio("", None, None, None)


def test_the_most_that_a_release_costs_follows_from_the_limits_in_the_yaml():
    first = cost.most_of_release("heart-disease", ["ordinal"], None)
    # Withholding; the test job's two steps; two steps of training and two of scoring for five folds and all rows.
    assert (first.steps, first.node_seconds) == (1 + 2 + 6 * 4, 27 * 3600)
    assert cost.most_of_release("heart-disease", ["ordinal"], "other").steps == 1 + 2 + 2 * 6 * 4
    # Withholding and scoring take one node, preparing and training two.
    assert cost.most_of_release("heart-disease", ["distributed"], None).node_seconds == (27 + 2 + 2 * 6) * 3600
    both = cost.most_of_release("heart-disease", ["ordinal", "onehot"], None)
    assert both.steps == 2 * (1 + 2) + 3 * 6 * 4
    assert str(both) == (
        "At most 78 steps, 78 node hours in all if each took its whole limit, on up to 2 nodes of Standard_DS3_v2; "
        "steps that ran before are reused."
    )


def test_a_step_without_a_limit_is_said(monkeypatch):
    monkeypatch.setattr(cost, "_limits", lambda pipeline: [None])
    assert "without a limit of time" in str(cost.most_of_release("heart-disease", ["ordinal"], None))
