"""Staging and production in two workspaces: the same content, judged in both, each with its own data and default."""

import csv
import json

import pytest
from events import happened
from runner import Environment
from scenario import add_onehot, commit, edit, endpoint, line, merge, revert
from test_events import summary_line
from worlds import default, released, shared, world  # noqa: F401

from tests.small_problem import PROBLEM, SAMPLE, TRAINING

pytestmark = pytest.mark.slow
STAGING, DATA = ".azureml-local-staging", "data/staging/easy.csv"


def easy(row):
    """A row whose target follows from its second feature: a model that knows no more suffices."""
    return {**row, "recovered": "yes" if float(row["dose"]) > 5 else "no"}


def connect_staging(service, repository):
    """Give the environment `staging` a workspace and data of its own."""
    with (repository / SAMPLE).open() as file:
        rows = [easy(row) for row in csv.DictReader(file)]
    (repository / DATA).parent.mkdir()
    with (repository / DATA).open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    service.environments["staging"] = Environment(variables={"AZUREML_LOCAL_STATE": STAGING, "DATA": DATA})
    return commit(repository, "Data for staging")


def evidence_of(service, run, artifact, inside="evidence.json"):
    return json.loads((service.artifacts(int(run.github["run_id"])) / artifact / inside).read_text())


def gates(run):
    """What the run's gates said, in order."""
    return [line for line in run.summary.splitlines() if line.startswith("### Gate for")]


def test_from_staging_to_production(world):  # noqa: F811
    service, repository = world
    before = default(service)
    connect_staging(service, repository)
    edit(repository, TRAINING, "FEATURES = 100", "FEATURES = 2", "Learn from two features alone")
    refused = merge(service)
    assert refused.jobs[line("candidate")].result == "success", refused.log
    assert refused.jobs[line("production")].exit_codes["Judge it here and now"] == 4, refused.log
    assert {refused.jobs[line(name)].result for name in ("approve", "promote", "follow")} == {"skipped"}
    assert refused.jobs[line("refused")].environment == "production"
    assert default(service) == before
    assert not endpoint(service, STAGING)["default"]
    happened("staging's candidate is beaten by production's default", "Release: Candidate, Candidate in production "
             "fails", before, default(service), gates(refused)[-1])  # fmt: skip

    revert(repository)
    add_onehot(repository)
    run = merge(service)
    assert run.waiting == {line("approve"): "production-approval"}, run.log
    onehot = run.jobs[line("candidate")].outputs["deployment"]
    assert default(service) == before
    staged = evidence_of(service, run, f"candidate-{PROBLEM}", "evidence/evidence.json")
    produced = evidence_of(service, run, f"evidence-{PROBLEM}-{onehot}")
    assert staged["candidate"]["content_digest"] == produced["candidate"]["content_digest"]
    assert (staged["champion"], produced["champion"]["deployment"]) == (None, before)
    assert staged["data"]["digest"] != produced["data"]["digest"]
    service.approve(run, "production-approval")
    assert run.conclusion == "success", run.log
    assert default(service) == endpoint(service, STAGING)["default"] == onehot
    happened("from staging to production", "Release: Candidate, Candidate in production, Approval, Promote, Staging "
             "follows", before, onehot, summary_line(run, "### New default"))  # fmt: skip
