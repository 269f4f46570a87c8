"""Real-life events on the project's main branch: who serves before and after, and what is said."""

import json

import pytest
from events import happened
from runner import Watcher
from scenario import ENDPOINT, add_onehot, commit, edit, endpoint, line, merge, revert
from worlds import default, released, shared, world  # noqa: F401

from tests.small_problem import PROBLEM, SAMPLE, TRAINING

pytestmark = pytest.mark.slow


def summary_line(run, start):
    """The first line of a run's summary that starts so."""
    return first_line(run.summary, start)


def first_line(text, start):
    return next(line for line in text.splitlines() if line.startswith(start))


def by_hand(service, workflow, problem=PROBLEM, **inputs):
    given = {"problem": problem, **{name.replace("_", "-"): value for name, value in inputs.items()}}
    return service.run(workflow, "workflow_dispatch", inputs=given)


def test_the_first_push_goes_green_end_to_end(released, world):  # noqa: F811
    results = json.loads((released / "results.json").read_text())
    expected = dict.fromkeys(["plan", line("candidate"), line("approve"), line("promote")], "success")
    skipped = map(line, ["challengers", "refused", "leftovers", "production", "follow"])
    assert results == {**expected, **dict.fromkeys([*skipped, "site"], "skipped")}
    said = first_line((released / "summary.md").read_text(), "### New default")
    happened("first push to main", "Release", "", default(world[0]), said)


def test_what_changes_no_deployment(world):  # noqa: F811
    service, repository = world
    before = default(service)
    edit(repository, "README.md", "# ", "# A ", "Docs")
    assert merge(service) is None
    happened("docs only, merged", "nothing", before, default(service), "nothing")
    edit(repository, "scripts/lib/telling/tables.py", '"""Show', '"""Show all', "A comment of the scripts")
    run = merge(service)
    assert run.conclusion == "success", run.log
    assert {path for path, job in run.jobs.items() if job.result == "success"} == {"plan"}
    said = summary_line(run, "Changes no")
    happened("scripts only, merged", "Release: Plan", before, default(service), said)


def test_a_variant_is_merged_approved_and_reverted(world):  # noqa: F811
    service, repository = world
    first = default(service)
    add_onehot(repository)
    run = merge(service)
    assert run.status == "waiting", run.log
    assert run.waiting == {line("approve"): "production-approval"}
    said = summary_line(run, "A merge brings")
    happened("declared variant changed, merged", "Release: Candidate, Approval waits", first, default(service), said)

    cleaned = by_hand(service, "cleanup.yml", action="retire", keep="2")
    assert cleaned.conclusion == "success", cleaned.log
    happened("clean-up while an approval waits", "Clean up, at once", first, default(service),
             summary_line(cleaned, "### Deployments"))  # fmt: skip

    service.approve(run, "production-approval")
    assert run.conclusion == "success", run.log
    onehot = default(service)
    assert onehot.startswith("onehot-")
    assert service.deployments[-1]["environment"] == "production"
    assert service.deployments[-1]["url"].endswith(f"/actions/runs/{run.github['run_id']}")
    happened("approved", "Release: Promote", first, onehot, summary_line(run, "### New default"))

    again = service.rerun_all(run)
    assert again.conclusion == "success", again.log
    happened("re-run all jobs", "Release: Plan", onehot, default(service), summary_line(again, "Changes no"))

    revert(repository)
    back = merge(service)
    assert back.status == "waiting", back.log
    happened("revert, merged", "Release: Candidate, Approval waits", onehot, default(service),
             summary_line(back, "A merge brings"))  # fmt: skip
    rolled = by_hand(service, "promote.yml", action="roll back")
    assert rolled.conclusion == "success", rolled.log
    assert default(service) == first
    happened("roll-back while an approval waits", "Promote or roll back, at once", onehot, first,
             summary_line(rolled, "### New default"))  # fmt: skip
    service.approve(back, "production-approval")
    assert back.conclusion == "success", back.log
    happened("approved after somebody rolled back to it", "Release: Promote", first, default(service),
             summary_line(back, "It was the default"))  # fmt: skip


def test_two_merges_of_shared_code(world):  # noqa: F811
    service, repository = world
    before = default(service)
    add_onehot(repository)
    first = merge(service)
    edit(repository, TRAINING, "PENALTY = 1.0", "PENALTY = 1.1", "Shared code of both variants")
    second = merge(service)
    assert [first.status, second.status] == ["waiting", "waiting"], first.log + second.log
    assert second.jobs[line("challengers[ordinal]")].result == "success", second.log
    service.approve(second, "production-approval")
    assert second.conclusion == "success", second.log
    after = default(service)
    happened("shared code, merged and approved", "Release: Candidate, Challenger ordinal, Promote", before, after,
             summary_line(second, "### New default"))  # fmt: skip
    service.approve(first, "production-approval")
    assert first.jobs[line("promote")].exit_codes["Check the evidence here and now"] == 7, first.log
    assert first.jobs[line("leftovers[production]")].result == "success", first.log
    assert default(service) == after
    happened("an earlier merge is approved late", "Release: Promote refuses", after, default(service),
             first_line(first.jobs[line("promote")].log, "Error: "))  # fmt: skip


def test_a_challenger_is_judged_and_never_promoted(world):  # noqa: F811
    service, repository = world
    before = default(service)
    add_onehot(repository, serves=False)
    run = merge(service)
    assert run.conclusion == "success", run.log
    assert run.jobs[line("challengers[onehot]")].result == "success"
    assert line("approve") not in {path for path, job in run.jobs.items() if job.result != "skipped"}
    assert [row["verdict"] for row in endpoint(service)["deployments"] if row["variant"] == "onehot"] == ["pass"]
    happened("a challenger, merged", "Release: Candidate, Challenger onehot", before, default(service),
             summary_line(run, "A merge leaves"))  # fmt: skip

    (repository / f"{ENDPOINT}/serving.yml").write_text("variant: onehot\n")
    commit(repository, "Let onehot serve")
    run = merge(service)
    service.approve(run, "production-approval", yes=False)
    assert run.conclusion == "failure"
    happened("approval refused", "Release: Approval", before, default(service), run.jobs[line("approve")].log)
    again = service.rerun_failed(run)
    service.approve(again, "production-approval")
    assert again.conclusion == "success", again.log
    happened("the challenger is declared to serve; re-run failed jobs", "Release: Approval, Promote", before,
             default(service), summary_line(again, "### New default"))  # fmt: skip


def test_a_merge_that_fails_in_the_middle_is_run_again_from_there(world):  # noqa: F811
    service, repository = world
    before = default(service)
    service.environments.clear()
    add_onehot(repository)
    service.lost = {line("promote")}
    first = merge(service)
    assert first.jobs[line("promote")].result == "failure"
    second = service.rerun_failed(first)
    assert second.conclusion == "success", second.log
    assert [second.jobs[line(name)].attempt for name in ("candidate", "promote")] == [1, 2]
    happened("machine lost while promoting; re-run failed jobs", "Release: Promote", before, default(service),
             summary_line(second, "### Default: "))  # fmt: skip


def worse_model(repository):
    return edit(repository, TRAINING, "rows.target[chosen]", "rows.target[chosen][::-1]", "Learn others' labels")


def test_the_gate_stops_a_merge_and_people_decide(world):  # noqa: F811
    service, repository = world
    before = default(service)
    worse_model(repository)
    run = merge(service)
    assert run.jobs[line("candidate")].exit_codes["Evaluate the candidate against the default"] == 4
    assert run.jobs[line("approve")].result == "skipped"
    assert run.jobs[line("refused")].result == "success", run.log
    candidate = run.jobs[line("candidate")].outputs["deployment"]
    happened("a worse model, merged", "Release: Candidate fails", before, default(service),
             summary_line(run, "### Gate for"))  # fmt: skip
    assert (service.artifacts(int(run.github["run_id"])) / f"evidence-{PROBLEM}-{candidate}/evidence.json").exists()

    given = {"deployment": candidate, "evidence_run": run.github["run_id"]}
    refused = by_hand(service, "promote.yml", action="promote", **given)
    service.approve(refused, "production-approval")
    assert refused.jobs["promote"].exit_codes["Promote with evidence"] == 6
    happened("promotion of what the gate refused", "Promote or roll back fails", before, default(service),
             first_line(refused.jobs["promote"].log, "Error: ").split()[-1])  # fmt: skip
    forced = by_hand(service, "promote.yml", action="promote by force", reason="For a demonstration", **given)
    service.approve(forced, "production-approval")
    assert forced.conclusion == "success", forced.log
    assert "For a demonstration" in forced.summary
    happened("promotion by force, with a reason", "Promote or roll back", before, default(service),
             summary_line(forced, "⚠️"))  # fmt: skip
    now = default(service)
    back = by_hand(service, "promote.yml", action="roll back")
    happened("roll-back", "Promote or roll back", now, default(service), summary_line(back, "### New default"))

    report = service.run("cleanup.yml", "schedule")
    assert report.conclusion == "success", report.log
    wrong = by_hand(service, "cleanup.yml", action="delete endpoint", confirm="smal")
    service.approve(wrong, "production-approval")
    assert wrong.jobs["cleanup"].result == "failure"
    gone = by_hand(service, "cleanup.yml", action="delete endpoint", confirm=PROBLEM)
    service.approve(gone, "production-approval")
    assert gone.conclusion == "success", gone.log


def new_data(repository, change, message):
    sample = repository / SAMPLE
    sample.write_text("\n".join(change(sample.read_text().splitlines())) + "\n")
    return commit(repository, message)


def bad_rows(lines):
    return [lines[0], *("400" + line[2:] for line in lines[1:])]


def test_data_is_part_of_a_release(world):  # noqa: F811
    service, repository = world
    before = default(service)
    new_data(repository, lambda lines: lines[:-1], "A row less")
    run = merge(service)
    assert run.conclusion == "success", run.log
    assert run.jobs[line("candidate")].exit_codes["Retrain the default on new data"] == 0
    assert run.jobs[line("candidate")].exit_codes["Judge the retrained default by the gate's floors"] == 0
    assert summary_line(run, "### Gate for").endswith("✅ pass")
    assert list((service.artifacts(int(run.github["run_id"])) / f"candidate-{PROBLEM}").rglob("MLmodel"))
    happened("new data, merged", "Release: Candidate retrains", before, default(service),
             summary_line(run, "A merge retrains"))  # fmt: skip
    new_data(repository, bad_rows, "Impossible ages")
    run = merge(service)
    assert run.jobs[line("candidate")].exit_codes["Validate the data"] == 3
    assert run.jobs[line("candidate")].annotations[0].startswith(f"::error file={SAMPLE},line=")
    happened("invalid data, merged", "Release: Candidate fails", before, default(service),
             summary_line(run, "### Data rejected"))  # fmt: skip
    monthly = service.run("retrain.yml", "schedule")
    assert monthly.jobs[f"retrain[{PROBLEM}]"].result == "failure"


def jobs_of(service, run):
    """What the second net says of the run's jobs."""
    service_net = run.jobs[line("leftovers[staging]")]
    assert service_net.result == "success", run.log
    return service_net.summary


def cancel(job):
    job.run.cancel()


def time_is_up(job):
    job.timeout = 0


@pytest.mark.parametrize(
    ("event", "words", "act", "lasts"),
    [
        ("cancelled while a test job trains", "test of onehot runs as job", cancel, 30),
        # Its test job trains to the end first.
        ("cancelled while both sides are evaluated", "trains 3 times", cancel, 12),
        pytest.param(
            "time is up while a test job trains", "test of onehot runs as job", time_is_up, 30, marks=pytest.mark.long
        ),
    ],
)
def test_no_job_outlives_what_started_it(world, event, words, act, lasts):  # noqa: F811
    service, repository = world
    before = default(service)
    edit(repository, TRAINING, "SECONDS = 0", f"SECONDS = {lasts}", "Train for long")
    add_onehot(repository)
    service.watchers = [Watcher(line("candidate"), words, act)]
    run = service.run("release.yml", "push")
    assert run.jobs[line("candidate")].result == "cancelled", run.log
    (seconds,) = run.jobs[line("candidate")].stop_seconds.values()
    assert seconds < 7, "before the second signal"
    told = jobs_of(service, run)
    assert "had ended as Canceled" in told, told
    stopped = first_line(run.jobs[line("candidate")].log, ("cancelled; it ended", "timed out; it ended"))
    became = next(line for line in told.splitlines() if "Canceled" in line).rpartition("`: ")[2]
    happened(event, "Release: Candidate stops, leftovers are canceled", before, default(service),
             f"{stopped}; its job {became}")  # fmt: skip
