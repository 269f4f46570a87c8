"""The emulator answers recorded traffic as Azure did, except where a reviewed file says why not."""

from collections import Counter

import pytest

from tests.wire import report, sessions
from tests.wire.explained import load_explanations, sort_out, stale
from tests.wire.player import Outcome
from tests.wire.recordings import replay

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sessions.ROOT.is_dir(), reason="needs ../shared/azure_wire"),
]


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    return list(replay())


def test_every_session_is_played_and_every_request_accounted_for(outcomes):
    assert len(outcomes) == len(sessions.read_sessions())
    for outcome in outcomes:
        assert outcome.compared + len(outcome.skipped) == len(outcome.session.exchanges), outcome.session.name


def test_no_difference_is_unexplained(outcomes):
    found = [difference for outcome in outcomes for difference in outcome.differences]
    _, unexplained = sort_out(found, load_explanations())
    summary = Counter((d.operation, d.pointer, d.rule, d.recorded, d.ours) for d in unexplained)
    assert summary == {}


def test_no_explanation_is_stale(outcomes):
    found = [difference for outcome in outcomes for difference in outcome.differences]
    assert stale(found, load_explanations()) == []


def test_the_document_tells_the_comparison_as_it_is(outcomes):
    assert report.without_timing(report.written()) == report.without_timing(report.tables(outcomes))


def test_the_document_would_not_pass_with_another_reason_or_count(outcomes):
    true = report.without_timing(report.tables(outcomes))
    assert report.without_timing(report.written().replace("nothing to reuse", "something else")) != true
    compared = str(sum(outcome.compared for outcome in outcomes))
    assert report.without_timing(report.written().replace(compared, str(int(compared) + 1))) != true
