"""Answers about schedules are those of recorded sessions, except for times and names that the service makes up."""

import pytest

from tests.wire import scope, sessions
from tests.wire.explained import load_explanations, sort_out
from tests.wire.player import Player
from tests.wire.recordings import emulator_for

SCHEDULES = [each for each in sessions.read_sessions() if each.name.startswith("schedule/")]
# What the service makes up: the id of an operation, and the start of a schedule that has none.
MADE_UP = {"/id", "/name", "/properties/trigger/startTime"}

pytestmark = pytest.mark.skipif(not sessions.ROOT.is_dir(), reason="needs ../shared/azure_wire")


@pytest.mark.parametrize("session", SCHEDULES, ids=lambda session: session.name.rpartition(".")[2])
def test_answers_are_as_recorded(session, tmp_path, monkeypatch):
    # The comparison of all sessions leaves schedules to this test.
    kept = {pattern: reason for pattern, reason in scope.BY_PATH.items() if "schedules" not in pattern}
    monkeypatch.setattr(scope, "BY_PATH", kept)
    player = Player(session, emulator_for(session, tmp_path), 30.0)
    player.seed()
    outcome = player.play()
    player.end()
    _, unexplained = sort_out(outcome.differences, load_explanations())
    created = {exchange.url for exchange in session.exchanges if exchange.method == "PUT"}
    left_by_others = {exchange.number for exchange in session.exchanges if exchange.url not in created}
    different = [
        each
        for each in unexplained
        if ("schedules" in each.operation or "mfeOperations" in each.operation)
        and each.pointer not in MADE_UP
        # Two sessions read a schedule that another one created.
        and not (each.pointer == "status" and each.request in left_by_others)
    ]
    assert different == []
    assert outcome.compared > 5
