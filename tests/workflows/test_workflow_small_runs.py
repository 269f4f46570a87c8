"""The workflows that need no release: the set-up check, and the comment on whatever a pull request left."""

import json
import shutil

import pytest
from runner import JobResult, Run
from runner.files import artifact_id
from scenario import commit, open_pull, project, service_in

from tests.markdown_tricks import TRICKS, dangers


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("world")
    project(folder / "project")
    return service_in(folder / "github", folder / "project")


def test_the_set_up_of_a_fresh_fork_is_complete(world):
    run = world.run("check-setup.yml", "workflow_dispatch")
    assert run.conclusion == "success", run.log
    assert [job.environment for job in run.jobs.values()] == ["staging", "production", "azure-test"]
    assert "repo:owner@12/project@34:environment:azure-test" in run.summary, "as the job's token says"


def test_half_connected_is_not_complete(world):
    world.variables = {"AZURE_CLIENT_ID": "an-id"}
    run = world.run("check-setup.yml", "workflow_dispatch")
    world.variables = {}
    assert run.jobs["environment[staging]"].exit_codes["Examine the set-up"] == 8
    assert run.conclusion == "failure"


def comment(world, report, conclusion="success", sha=None, run_id=900, job="Tests", headline=""):
    """Run the comment's workflow after a run that left ``report``; returns the newest comment's text, or None."""
    kept = world.artifacts(run_id) / "report"
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(parents=True)
    (kept / "report.md").write_text(report, encoding="utf-8")
    if headline:
        (kept / "headline.md").write_text(headline, encoding="utf-8")
    world.runs[run_id] = Run(world, None, {}, {}, {}, {}, jobs={"j": JobResult(conclusion, job)})
    payload = {
        "id": run_id,
        "event": "pull_request",
        "head_sha": sha or world.git("rev-parse", "HEAD"),
        "conclusion": conclusion,
        "html_url": "https://github.com/owner/project/actions/runs/900",
    }
    done = world.run("pull-request-comment.yml", "workflow_run", payload={"workflow_run": payload})
    assert done.conclusion == "success", done.log
    comments = [one["body"] for one in json.loads(world.api.read_text())["comments"]]
    assert len(comments) < 2, "it is updated in place"
    return comments[-1] if comments else None


@pytest.fixture
def pulled(world):
    """A pull request whose head is the newest commit."""
    if not (world.repository / "note").exists():
        (world.repository / "note").write_text("a change\n")
        commit(world.repository, "A change")
    open_pull(world, world.git("rev-parse", "HEAD"))
    return world


def test_a_run_that_is_not_the_newest_says_nothing(pulled):
    before = pulled.api.read_text()
    comment(pulled, "", sha="0" * 40)
    assert pulled.api.read_text() == before


@pytest.mark.parametrize(
    ("conclusion", "headline", "words"),
    [
        ("success", "✅ `b-1` is the default, instead of `a-1`.", "## ✅ `b-1` is the default, instead of `a-1`."),
        ("success", "", "## All checks are green"),
        ("failure", "✅ Fine", "## ❌ Not ready to merge: a check failed"),
        ("action_required", "", "## ⏸️ Waits for a maintainer to let its workflows run"),
        ("cancelled", "", "## ⏹️ The checks were cancelled: nothing is decided"),
    ],
)
def test_the_first_line_says_what_was_decided(pulled, conclusion, headline, words):
    assert comment(pulled, "### Plan", conclusion, headline=headline).splitlines()[1] == words


def pages(world, *names, run_id=900):
    """Have a run leave these artifacts, beside its report; returns the comment's lines on reports."""
    for name in names:
        (world.artifacts(run_id) / name).mkdir(parents=True, exist_ok=True)
    lines = comment(world, "### Plan", run_id=run_id).splitlines()
    return [line for line in lines if line.startswith("Report with charts")]


def test_the_comment_links_the_pages_that_the_run_kept(pulled):
    assert pages(pulled, "rehearsal", run_id=901) == []
    tricks = ("report-](x).html", "report-<b>.html", "report-@x.html", "report-a.html.zip")
    link = f"https://github.com/owner/project/actions/runs/900/artifacts/{artifact_id('report-wine-rehearsal.html')}"
    assert pages(pulled, "report-wine-rehearsal.html", *tricks, run_id=902) == [
        f"Report with charts: [wine-rehearsal]({link})"
    ]


@pytest.mark.parametrize(("owner", "file"), [("stranger", "README.md"), ("owner", "scripts/lib/report/html.py")])
def test_the_comment_leads_to_no_page_that_is_not_of_mains_code(world, owner, file):
    (world.repository / file).write_text("changed\n")
    open_pull(world, commit(world.repository, "A change"), owner=owner)
    assert pages(world, "report-wine-rehearsal.html", run_id=903) == []


def own(body, report):
    """The comment without the line that the workflow itself links."""
    assert body.startswith("<!-- release-line -->\n## ")
    lines = [line for line in body.splitlines()[1:] if not line.startswith("Commit ")]
    return [
        line for line in lines if line not in ("<details><summary>Plan, data and rehearsal</summary>", "</details>")
    ]


def test_no_trick_works_in_the_comment(pulled):
    for trick in TRICKS:
        for given in ({"report": trick}, {"report": "", "headline": trick}, {"report": "", "job": trick}):
            body = comment(pulled, **given)
            lines = own(body, given["report"])
            assert not dangers("\n".join(lines)), (given, body)
            assert body.count("<!--") == 1
            assert body.count("<details>") == bool(given["report"])
            assert len(body) < 60_000
            if "job" in given:
                assert sum(line.startswith("| ✅ success |") for line in lines) == 1
    assert "characters more are on the run's page" in comment(pulled, "a line\n" * 20_000)
