"""Worlds from which scenarios go on: built once for all test processes, copied for each scenario."""

import json
import os

import pytest
from runner import Environment
from scenario import built_once, copy_of, endpoint, project, service_in

from tests.small_problem import PROBLEM


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """Folder that the test processes of this session share."""
    own = tmp_path_factory.getbasetemp()
    return (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "scenarios"


@pytest.fixture(scope="module")
def released(shared):
    """A world in which ``ordinal`` was released by the first push to main."""

    def build(folder):
        project(folder / "project")
        run = service_in(folder / "github", folder / "project").run("release.yml", "push")
        assert run.conclusion == "success", run.log
        (folder / "results.json").write_text(json.dumps({path: job.result for path, job in run.jobs.items()}))
        (folder / "summary.md").write_text(run.summary)

    return built_once(shared, "released", build)


@pytest.fixture
def world(released, tmp_path):
    """The GitHub and the repository after the first release; reviewers approve what is to be promoted."""
    service, repository = copy_of(released, tmp_path / "world")
    service.environments["production-approval"] = Environment(reviewers=True)
    return service, repository


def default(service, problem=PROBLEM):
    """A problem's default deployment now."""
    return endpoint(service, problem=problem)["default"]
