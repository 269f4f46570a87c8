"""Runs wait as on GitHub: in groups with one place in the queue, for approvals that hold the place, for maintainers."""

import pytest
from runner import Environment, Refused, Watcher
from test_runner import CALLED, workflow

PUSH = "on: push\nconcurrency: {group: G%s}"


def one_job(extra="", steps="[{run: echo}]"):
    return f"j: {{runs-on: x{extra}, steps: {steps}}}"


def while_one_runs(github, concurrency, jobs=None, count=2, **options):
    """A run that is at work while ``count`` others start; returns it and them."""
    jobs = jobs or one_job(steps="[{run: 'echo at work; sleep 0.3'}]")
    service = github(workflow(jobs, on=f"on: push\n{concurrency}"), **options)
    others = []
    start = lambda job: others.extend(service.run("w.yml", "push") for _ in range(count))  # noqa: E731
    service.watchers.append(Watcher("j", "at work", start))
    first = service.run("w.yml", "push")
    return [first, *others]


def test_the_newest_replaces_who_waits(github):
    runs = while_one_runs(github, "concurrency: {group: g}", count=3)
    assert [run.conclusion for run in runs] == ["success", "cancelled", "cancelled", "success"]


def test_a_long_queue_loses_nobody(github):
    runs = while_one_runs(github, "concurrency: {group: g, queue: max}", count=3)
    assert [run.conclusion for run in runs] == ["success"] * 4


def test_a_called_workflow_waits_in_the_group_of_the_job_that_calls_it(github):
    """And holds it until its last job ended: one of it ends, before the next begins."""
    called = CALLED.replace('echo "shade', 'echo at work; sleep 0.3; echo "shade')
    call = "j: {concurrency: {group: g, queue: max}, uses: $/.github/workflows/called.yml, with: {colour: red}}"
    service = github(workflow(call) | {".github/workflows/called.yml": called})
    waiting = []
    start = lambda job: waiting.append(service.run("w.yml", "push"))  # noqa: E731
    seen = lambda job: waiting.append(dict(waiting[0].waiting))  # noqa: E731
    service.watchers += [Watcher("j/paint", "at work", start), Watcher("j/paint", "at work", seen)]
    first = service.run("w.yml", "push")
    assert [first.conclusion, waiting[0].conclusion] == ["success", "success"]
    assert waiting[1] == {"j": "group g"}


def test_the_newest_cancels_who_runs(github):
    runs = while_one_runs(github, "concurrency: {group: g, cancel-in-progress: true}", count=1)
    assert [run.conclusion for run in runs] == ["cancelled", "success"]


def test_groups_have_no_case_and_other_groups_do_not_wait(github):
    jobs = one_job(", concurrency: {group: A}")
    service = github(workflow(jobs) | workflow(one_job(", concurrency: a, environment: e"), name="v.yml"))
    service.environments["e"] = Environment(reviewers=True)
    held = service.run("v.yml", "push")
    assert held.status == "waiting"
    pending = service.run("w.yml", "push")
    assert pending.status == "pending"
    service.approve(held, "e")
    assert [held.conclusion, pending.conclusion] == ["success", "success"]


def test_max_and_cancel_exclude_each_other(github):
    with pytest.raises(Refused, match="exclude each other"):
        while_one_runs(github, "concurrency: {group: g, queue: max, cancel-in-progress: true}")


def test_a_job_that_waits_for_approval_holds_its_place(github):
    service = github(workflow(one_job(", environment: production, concurrency: {group: g}")))
    service.environments["production"] = Environment(reviewers=True, variables={"V": "1"})
    runs = [service.run("w.yml", "push") for _ in range(3)]
    assert [run.status for run in runs] == ["waiting", "completed", "pending"]
    assert runs[1].conclusion == "cancelled", "replaced in the queue"
    service.approve(runs[0], "production")
    assert [run.status for run in runs] == ["completed", "completed", "waiting"]
    service.approve(runs[2], "production", yes=False)
    assert [run.conclusion for run in runs] == ["success", "cancelled", "failure"]


def test_an_approval_before_the_group_holds_nothing(github):
    jobs = """
        ask: {runs-on: x, environment: production, steps: [{run: echo}]}
        j: {runs-on: x, needs: ask, concurrency: {group: g, queue: max}, steps: [{run: echo}]}
    """
    service = github(workflow(jobs) | workflow(one_job(", concurrency: {group: g, queue: max}"), name="v.yml"))
    service.environments["production"] = Environment(reviewers=True)
    runs = [service.run("w.yml", "push") for _ in range(2)]
    assert service.run("v.yml", "push").conclusion == "success"
    for run in reversed(runs):
        service.approve(run, "production")
    assert [run.conclusion for run in runs] == ["success", "success"]


def test_a_run_that_waits_can_be_cancelled_and_run_again(github):
    service = github(workflow(one_job(", environment: production")))
    service.environments["production"] = Environment(reviewers=True)
    run = service.run("w.yml", "push")
    service.cancel(run)
    assert run.conclusion == "cancelled"
    again = service.rerun_all(run)
    service.approve(again, "production")
    assert again.conclusion == "success"
    assert service.rerun_all(again).status == "waiting", "an approval is not kept for the next attempt"


def test_variables_of_an_environment_reach_its_job_alone(github):
    jobs = """
        j:
          runs-on: x
          environment: {name: e, url: "${{ steps.s.outputs.url }}"}
          env: {OF_JOB: "${{ vars.V }}"}
          steps: [{id: s, run: 'echo "url=https://$OF_JOB.$OF_ALL" >> $GITHUB_OUTPUT'}]
        quiet: {runs-on: x, environment: {name: e, deployment: false}, steps: [{run: echo}]}
    """
    service = github(workflow(jobs, on='on: push\nenv: {OF_ALL: "${{ vars.V }}"}'), variables={"V": "repository"})
    service.environments["e"] = Environment(variables={"V": "environment"}, branches=("main",))
    run = service.run("w.yml", "push")
    assert run.jobs["j"].url == "https://environment.repository"
    assert [one["environment"] for one in service.deployments] == ["e"]
    assert service.run("w.yml", "push", ref="refs/heads/other").conclusion == "failure"


def test_what_is_decided_before_a_machine_is_there_knows_no_variable_of_the_environment(github):
    jobs = """
        j:
          name: "n-${{ vars.V }}"
          runs-on: "x-${{ vars.V }}"
          if: vars.V == 'repository'
          concurrency: {group: "g-${{ vars.V }}", queue: max}
          environment: e
          outputs: {known: "${{ vars.V }}"}
          steps: [{run: echo}]
    """
    service = github(workflow(jobs), variables={"V": "repository"})
    service.environments["e"] = Environment(variables={"V": "environment"})
    done = service.run("w.yml", "push").jobs["j"]
    assert (done.name, done.machine, done.result) == ("n-repository", "x-repository", "success")
    assert "g-repository" in service.groups.lines
    assert done.outputs == {"known": "environment"}


FORK = {"pull_request": {"number": 1, "head": {"ref": "b", "repo": {"full_name": "else/project"}}}}
OWN = {"pull_request": {"number": 1, "head": {"ref": "b", "repo": {"full_name": "owner/project"}}}}
GONE = {"pull_request": {"number": 1, "head": {"ref": "b", "repo": None}}}


@pytest.mark.parametrize(
    ("payload", "actor", "trusted"),
    [(OWN, "someone", True), (FORK, "someone", False), (GONE, "someone", False), (OWN, "dependabot[bot]", False)],
)
def test_runs_of_strangers_get_no_variable_and_no_right_to_write(github, payload, actor, trusted):
    jobs = """
        j:
          runs-on: x
          permissions: {pull-requests: write, id-token: write}
          outputs: {token: "${{ steps.s.outputs.token }}"}
          steps:
            - {id: s, env: {V: "${{ vars.V }}"}, run: 'echo "token=$V$ACTIONS_ID_TOKEN_REQUEST_URL" >> $GITHUB_OUTPUT'}
            - uses: actions/github-script@0
              with: {script: "await github.rest.issues.createComment({issue_number: 1, body: 'x'})"}
    """
    service = github(workflow(jobs, on="on: pull_request"), variables={"V": "known"})
    run = service.run("w.yml", "pull_request", payload=payload, ref="refs/pull/1/merge", actor=actor)
    assert run.conclusion == ("success" if trusted else "failure")
    assert ("not accessible by integration" in run.log) is not trusted
    assert run.jobs["j"].outputs["token"].startswith("known" if trusted else "") is True
    assert bool(run.jobs["j"].outputs["token"]) is trusted


def test_the_run_of_a_new_contributor_waits_for_a_maintainer(github):
    service = github(workflow(one_job(), on="on: pull_request"))
    run = service.run("w.yml", "pull_request", payload=FORK, held_back=True)
    assert (run.status, run.conclusion, run.jobs) == ("completed", "action_required", {})
    service.let_run(run)
    assert run.conclusion == "success"


@pytest.mark.parametrize(
    ("filters", "changed", "starts"),
    [
        ("{branches: [main]}", ["a"], True),
        ("{branches: [other]}", ["a"], False),
        ("{paths: [docs/**]}", ["docs/a/b.md"], True),
        ("{paths: [docs/*]}", ["docs/a/b.md"], False),
        ("{paths: ['**', '!**.md']}", ["docs/a.md"], False),
        ("{paths-ignore: ['**.md']}", ["docs/a.md", "x.py"], True),
        ("{paths-ignore: ['**.md', docs/**]}", ["docs/a.md", "b.md", "docs/x.svg"], False),
    ],
)
def test_what_a_push_starts(github, filters, changed, starts):
    service = github(workflow(one_job(), on=f"on: {{push: {filters}}}"))
    assert bool(service.push(changed)) is starts
