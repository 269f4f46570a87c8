"""Two problems in one repository: a change runs those that it concerns, and what becomes of one stops no other."""

import pytest
from events import happened, headline
from scenario import add_onehot, add_problem, commit, edit, line, merge, pull_request
from test_events import bad_rows, summary_line
from worlds import default, released, shared, world  # noqa: F401

from tests.small_problem import PROBLEM, TRAINING

pytestmark = pytest.mark.slow
OTHER = "other"


def ran(run):
    """The jobs that ran, by their paths."""
    return {path for path, job in run.jobs.items() if job.result != "skipped"}


def reports(service, run):
    """How many reports each page that the run kept holds; a report is a page too."""
    pages = service.artifacts(int(run.github["run_id"])).glob("report-*/*.html")
    return {page.name: page.read_text().count("<iframe ") or 1 for page in pages}


@pytest.mark.long
def test_merges(world):  # noqa: F811
    service, repository = world
    small = default(service)
    add_problem(repository, OTHER)
    commit(repository, "Another problem")
    added = merge(service)
    service.approve(added, "production-approval")
    assert added.conclusion == "success", added.log
    assert ran(added) == {"plan", *(line(job, OTHER) for job in ("candidate", "approve", "promote"))}
    assert default(service) == small
    other = default(service, OTHER)
    happened("another problem, merged and approved", "Release: the other's Candidate, Approval, Promote", "", other,
             summary_line(added, "### New default"))  # fmt: skip

    add_problem(repository, OTHER, onehot=True)
    edit(repository, f"endpoints/{OTHER}/gate.yml", "floor: 0.70", "floor: 0.99", "What nobody reaches")
    add_onehot(repository)
    service.git("reset", "--soft", "HEAD^^")
    commit(repository, "A variant of both")
    both = merge(service)
    assert both.jobs[line("candidate", OTHER)].exit_codes["Evaluate the candidate against the default"] == 4, both.log
    assert both.waiting == {line("approve"): "production-approval"}
    service.approve(both, "production-approval")
    assert both.conclusion == "failure"
    assert both.jobs[line("promote")].result == "success", both.log
    assert both.jobs[line("refused", OTHER)].result == "success"
    assert default(service, OTHER) == other
    happened("two problems, merged; the gate refuses one", "Release: Candidate fails of one, Promote of the other; red",
             small, default(service), summary_line(both, "### New default"))  # fmt: skip


@pytest.mark.long
def test_a_pull_request(world):  # noqa: F811
    service, repository = world
    before = default(service)
    add_problem(repository, OTHER)
    sha = add_onehot(repository)
    run, comments = pull_request(service, sha)
    assert run.conclusion == "success", run.log
    assert all(f"{problem}: ✅ `" in headline(comments) for problem in (PROBLEM, OTHER))
    happened("pull request, two problems", "Pull request: Tests, Rehearsal of both; Comment", before, default(service),
             headline(comments))  # fmt: skip
    kept = service.artifacts(int(run.github["run_id"])) / "rehearsal"
    assert {path.name for path in kept.iterdir()} >= {PROBLEM, OTHER}
    assert reports(service, run) == {"report-2-problems.html": 2}


def test_a_pull_request_with_invalid_data_of_one(world):  # noqa: F811
    service, repository = world
    before = default(service)
    add_problem(repository, OTHER)
    add_onehot(repository)
    edit(repository, TRAINING, "PENALTY = 1.0", "PENALTY = 1.1", "Shared code of both")
    table = repository / f"data/{OTHER}/synthetic.csv"
    table.write_text("\n".join(bad_rows(table.read_text().splitlines())) + "\n")
    service.git("reset", "--soft", "HEAD^^")
    red, comments = pull_request(service, commit(repository, "Shared code, and impossible ages in one"))
    rehearsal = red.jobs["rehearsal"]
    assert (
        rehearsal.exit_codes["Validate the data"] == rehearsal.exit_codes["Release it in the embedded workspace"] == 3
    )
    assert red.conclusion == "failure"
    report = comments[-1]
    assert reports(service, red) == {"report-2-problems.html": 2}, "the one whose data was rejected has its report too"
    assert "### Gate for `onehot-" in report, "the problem whose data is fine is rehearsed all the same"
    happened("pull request, two problems, invalid data of one", "Pull request: Tests, Rehearsal of both; Comment",
             before, default(service), headline(comments))  # fmt: skip
