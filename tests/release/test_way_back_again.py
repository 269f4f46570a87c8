"""A roll-back that is repeated, or run again after it was killed, never returns to the default that it left."""

import pytest
from release_line import AZURE_NAME, ENDPOINT, Line, killed_at

pytestmark = pytest.mark.slow


@pytest.fixture
def both(released_once) -> tuple[str, str]:
    """Names of the previous and the present default."""
    state = Line(released_once).run("show_status").result
    return state["previous"], state["default"]


def test_a_second_roll_back_stays(released, both):
    previous, left = both
    assert released.run("rollback_default").result["changed"] is True
    history = released.history()
    again = released.run("rollback_default")
    assert (again.result["default"], again.result["changed"]) == (previous, False)
    assert f"from {left}. A second roll-back does not return there" in again.story
    assert released.default() == previous
    assert released.history() == history


def test_killed_after_its_write_a_rerun_completes_it(released, both, monkeypatch):
    previous, left = both
    before = released.history()
    killed_at(released, "PUT", "history.jsonl", monkeypatch, "rollback_default")
    assert released.default() == previous
    assert released.run("rollback_default").result == {
        "endpoint": ENDPOINT,
        "default": previous,
        "previous": left,
        "changed": False,
        "forced": False,
        "dry_run": False,
    }
    assert released.default() == previous
    added = released.history()[len(before) :]
    assert [(entry["action"], entry["default"], entry["previous"]) for entry in added] == [
        ("rolled back", previous, left)
    ]


def test_a_goal_can_be_named(released, both):
    previous, left = both
    assert released.run("rollback_default", "--to", previous).result["changed"] is True
    assert released.run("rollback_default", "--to", previous).result["changed"] is False
    back = released.run("rollback_default", "--to", left)
    assert back.result["default"] == released.default() == left


def test_what_was_never_the_default_is_no_goal(judged, names):
    refused = judged.run("rollback_default", "--to", names["onehot"], code=2)
    assert f"{names['onehot']} was never the default" in refused.story
    assert "has no deployment nobody" in judged.run("rollback_default", "--to", "nobody", code=8).story
    assert judged.default() == names["ordinal"]


def test_a_default_that_was_changed_by_other_means_wants_a_named_goal(released, both):
    previous, left = both
    client = released.client()
    endpoint = client.batch_endpoints.get(AZURE_NAME)
    endpoint.defaults.deployment_name = previous
    client.batch_endpoints.begin_create_or_update(endpoint).result()
    refused = released.run("rollback_default", code=2)
    assert f"the last recorded change made it {left}" in refused.story
    assert released.run("rollback_default", "--to", left).result["default"] == released.default() == left
