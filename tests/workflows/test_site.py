"""The endpoints' pages on GitHub Pages: switched on by a variable, replaced by every run that changes an endpoint."""

import pytest
from scenario import add_problem, commit, edit
from worlds import default, released, shared, world  # noqa: F401

from tests.small_problem import PROBLEM

pytestmark = pytest.mark.slow


def clean_up(service):
    """A run that can change what the pages show."""
    return service.run("cleanup.yml", "workflow_dispatch", inputs={"action": "report", "problem": ""})


def test_the_site_is_published_where_it_is_switched_on(world):  # noqa: F811
    service, repository = world
    add_problem(repository, "other")
    commit(repository, "Another problem")
    run = clean_up(service)
    assert (run.conclusion, run.jobs["site"].result) == ("success", "skipped"), run.log
    assert not service.site.exists()

    service.variables = {"PUBLISH_SITE": "true"}
    run = clean_up(service)
    assert run.conclusion == "success", run.log
    page = (service.site / "small/index.html").read_text()
    assert f"{default(service)} serves since" in page
    index = (service.site / "index.html").read_text()
    assert 'href="small/index.html"' in index
    assert "It was not released to this workspace." in index, "the repository has other problems"
    published = service.deployments[-1]
    assert (published["environment"], published["url"]) == ("github-pages", "https://owner.github.io/project/")

    (service.site / "old.html").write_text("of an endpoint that is gone")
    again = service.rerun_all(run)
    assert again.conclusion == "success", again.log
    assert sorted(path.name for path in service.site.iterdir()) == ["index.html", "small"]


def test_a_release_and_a_retraining_link_their_reports_and_the_retraining_publishes(released, world):  # noqa: F811
    service, _ = world
    link = "[Report with charts](https://github.com/owner/project/actions/runs/{}/artifacts/"
    assert link.format(1) in (released / "summary.md").read_text()
    service.variables = {"PUBLISH_SITE": "true"}
    run = service.run("retrain.yml", "schedule")
    assert run.conclusion == "success", run.log
    assert link.format(run.github["run_id"]) in run.summary
    (page,) = service.artifacts(int(run.github["run_id"])).glob("report-*/*.html")
    assert page.name == page.parent.name == f"report-{PROBLEM}-evaluation-{default(service)}.html"
    assert "The gate says yes" in page.read_text()
    assert (service.site / PROBLEM / "index.html").exists()


def test_only_who_may_publishes(world):  # noqa: F811
    service, repository = world
    service.variables = {"PUBLISH_SITE": "true"}
    right = "      pages: write # put the site in the place of the one before\n"
    edit(repository, ".github/workflows/publish-site.yml", right, "", "Without the right")
    run = service.run("publish-site.yml", "workflow_dispatch")
    assert run.jobs["write"].result == "success", run.log
    assert run.jobs["deploy"].result == "failure"
    assert not service.site.exists()
