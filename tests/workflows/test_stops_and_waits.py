"""What happens in the middle of a promotion, while approval waits for long, and beside a candidate that trains."""

import time

import pytest
from events import happened
from runner import Watcher
from scenario import ENDPOINT, add_onehot, edit, endpoint, line, merge
from test_events import by_hand, cancel, first_line, summary_line
from worlds import default, released, shared, world  # noqa: F401

pytestmark = pytest.mark.slow
SECONDS = 90


def test_cancelled_while_promoting(world):  # noqa: F811
    """The default is changed and not yet delivered; the re-run finishes it, and the history tells it once."""
    service, repository = world
    before = default(service)
    told = '    results.tell(f"    {scoring} now scores with {name}")\n'
    waits = f"{told}    __import__('time').sleep(3)\n"
    edit(repository, "scripts/lib/line/scoring_release.py", told, waits, "Time to cancel it there")
    add_onehot(repository)
    run = merge(service)
    service.watchers = [Watcher(line("promote"), "now scores with", cancel)]
    service.approve(run, "production-approval")
    assert run.jobs[line("promote")].result == "cancelled", run.log
    assert run.jobs[line("leftovers[production]")].result == "success", run.log
    after = default(service)
    assert after in (before, run.jobs[line("candidate")].outputs["deployment"])
    happened("cancelled while promoting", "Release: Promote stops", before, after,
             first_line(run.jobs[line("promote")].log, "cancelled; it ended"))  # fmt: skip
    again = service.rerun_failed(run)
    if again.status == "waiting":
        service.approve(again, "production-approval")
    assert again.conclusion == "success", again.log
    happened("cancelled while promoting; re-run failed jobs", "Release: Promote", after, default(service),
             summary_line(again, "### Default: "))  # fmt: skip


@pytest.mark.long
def test_evidence_that_grew_too_old_while_approval_waited(world):  # noqa: F811
    service, repository = world
    before = default(service)
    hours = f"maximum_age_hours: {SECONDS / 3600:.4f}"
    edit(repository, f"{ENDPOINT}/gate.yml", "maximum_age_hours: 24", hours, "Evidence lasts a minute and a half")
    add_onehot(repository)
    run = merge(service)
    assert run.status == "waiting", run.log
    time.sleep(SECONDS + 5)
    service.approve(run, "production-approval")
    promoted = run.jobs[line("promote")]
    assert promoted.result == "success", run.log
    assert promoted.exit_codes["Judge it here and now"] == 0
    assert "were judged on these rows before" in run.log or "was judged on these rows before" in run.log
    happened("approved when the evidence was too old", "Release: Promote judges again", before, default(service),
             summary_line(run, "### New default"))  # fmt: skip


def test_clean_up_while_a_candidate_trains(world):  # noqa: F811
    service, repository = world
    before = default(service)
    add_onehot(repository)
    cleaned = []
    clean = lambda job: cleaned.append(by_hand(service, "cleanup.yml", action="retire", keep="2"))  # noqa: E731
    service.watchers = [Watcher(line("candidate"), "trains 3 times", clean)]
    run = merge(service)
    assert run.status == "waiting", run.log
    assert cleaned[0].conclusion == "success", cleaned[0].log
    assert run.jobs[line("candidate")].outputs["deployment"] in {
        row["deployment"] for row in endpoint(service)["deployments"]
    }
    happened("clean-up while a candidate trains", "Clean up, after the candidate where both share a folder", before,
             default(service), summary_line(cleaned[0], "### Deployments"))  # fmt: skip
    service.approve(run, "production-approval")
    assert run.conclusion == "success", run.log
