"""A variant that runs in several processes takes its way through the workflows as any other does."""

import shutil

import pytest
from events import happened
from scenario import ROOT, commit, edit, line, merge
from test_events import summary_line
from worlds import default, released, shared, world  # noqa: F401

from scripts.lib.repository.files import variant_names

PROBLEM = "heart-disease"
PIPELINE = f"pipelines/{PROBLEM}/distributed/pipeline.yml"
KEPT = {"onehot", "distributed"}
pytestmark = [pytest.mark.slow, pytest.mark.long]


def add_heart_disease(repository):
    """Add the problem with the variants onehot, which serves, and distributed, which is on request."""
    for folder in (f"data/{PROBLEM}", f"pipelines/{PROBLEM}", f"endpoints/{PROBLEM}", f"endpoints/{PROBLEM}-score"):
        shutil.copytree(ROOT / folder, repository / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in set(variant_names(PROBLEM)) - KEPT:
        shutil.rmtree(repository / f"pipelines/{PROBLEM}/{name}")
        for endpoint in (PROBLEM, f"{PROBLEM}-score"):
            (repository / f"endpoints/{endpoint}/deployments/{name}.yml").unlink()
    serving(repository, "variant: onehot\non_request: [distributed]\n")
    return commit(repository, "Another problem")


def serving(repository, text):
    (repository / f"endpoints/{PROBLEM}/serving.yml").write_text(text, encoding="utf-8")


def approved(service, run):
    assert run.waiting == {line("approve", PROBLEM): "production-approval"}, run.log
    service.approve(run, "production-approval")
    assert run.conclusion == "success", run.log
    return default(service, PROBLEM)


def test_it_is_declared_to_serve_on_one_node_and_then_on_two(world):  # noqa: F811
    service, repository = world
    add_heart_disease(repository)
    champion = approved(service, merge(service))
    assert champion.startswith("onehot-")

    edit(repository, PIPELINE, "instance_count: 2", "instance_count: 1", "Two processes of one node")
    serving(repository, "variant: distributed\n")
    service.git("reset", "--soft", "HEAD^")
    commit(repository, "Let it serve")
    run = merge(service)
    two = approved(service, run)
    assert two.startswith("distributed-")
    happened("a variant of two processes is declared to serve, approved", "Release: Candidate, Approval, Promote",
             champion, two, summary_line(run, "### New default"))  # fmt: skip

    edit(repository, PIPELINE, "instance_count: 1", "instance_count: 2", "Four processes of two nodes")
    run = merge(service)
    four = approved(service, run)
    assert four.startswith("distributed-")
    assert four != two
    happened("its nodes are doubled, approved", "Release: Candidate, Approval, Promote", two, four,
             summary_line(run, "### New default"))  # fmt: skip
