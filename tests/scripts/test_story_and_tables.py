"""The story, the tables of status and history, the reading of an endpoint and of an inputs file."""

import signal
from datetime import datetime, timezone

import pytest

from scripts.lib.errors import BadConfiguration, Interrupted, NotFound
from scripts.lib.line import status
from scripts.lib.line.default_history import DefaultChange, unrecorded
from scripts.lib.telling import tables
from scripts.lib.telling.story import Story
from scripts.lib.workspace.endpoints import Deployment, Endpoint, default_of
from scripts.lib.workspace.invocation import file_inputs


def test_the_story_counts_and_times_its_stages(capsys):
    story = Story()
    with story.stage("First") as outcome:
        outcome += ["one", "two"]
    with pytest.raises(NotFound), story.stage("Second"):
        raise NotFound("gone")
    with pytest.raises(Interrupted), story.stage("Third"):
        raise Interrupted(signal.SIGTERM)
    assert [(title, outcome) for title, _, outcome in story.stages] == [
        ("First", "one, two"),
        ("Second", "stopped: failed"),
        ("Third", "stopped: interrupted"),
    ]
    assert " 1. First" in capsys.readouterr().err


ROW = {
    **{"deployment": "a-1", "role": "default", "age_hours": None, "verdict": None},
    **{"metrics": None, "limited": ["roc_auc"], "last_job": None},
}


def test_tables_say_what_is_not_known():
    head, row = status.status_table({"deployments": [ROW]})
    assert row == ["a-1", "default", "?", "not judged", "", "none"]
    assert tables.as_text([head, row]).splitlines()[0].startswith("deployment  role")
    assert tables.as_markdown("T", [head, row]).startswith("### T\n\n| deployment | role |")
    entries = [
        DefaultChange("promoted", "a-1", "t1").entry(),
        DefaultChange("promoted", "b", "t2", "a-1", forced="x").entry(),
    ]
    _, newest, oldest = status.history_table(entries)
    assert newest[:4] == ["t2", "promoted by force: x", "b", "a-1"]
    assert oldest[:5] == ["t1", "promoted", "a-1", "none", "none"]


def test_a_change_of_default_that_the_history_lacks_is_seen_in_the_tags():
    change = DefaultChange("promoted", "b", "t2", "a", evidence="sha256:1", forced="r" * 400)
    tags = {key: value for key, value in change.tags().items() if value}
    assert max(map(len, tags.values())) == 256
    missing = unrecorded([], Endpoint("e", "b", tags, ()))
    assert missing == {**change.entry(), "forced": "r" * 256}
    assert unrecorded([change.entry()], Endpoint("e", "b", tags, ())) is None
    assert unrecorded([], Endpoint("e", "somebody else's", tags, ())) is None
    assert unrecorded([], Endpoint("e", "b", {}, ())) is None


class Shaped:
    def __init__(self, **values):
        self.__dict__.update(values)


@pytest.mark.parametrize(
    ("defaults", "name"),
    [
        (None, None),
        ({}, None),
        ({"deployment_name": "a"}, "a"),
        ({"deploymentName": "a"}, "a"),
        (Shaped(deployment_name="a"), "a"),
        (Shaped(deployment_name=None), None),
    ],
)
def test_the_default_is_read_from_a_dict_or_an_object(defaults, name):
    assert default_of(Shaped(defaults=defaults)) == name


def test_an_endpoint_names_its_deployments_when_asked_for_another():
    known = Deployment("a-1", "a", None, None, None, None, None, datetime.now(timezone.utc))
    assert Endpoint("e", None, {}, (known,)).deployment("a-1") is known
    with pytest.raises(NotFound, match="Endpoint e has no deployment b; its deployments are: a-1"):
        Endpoint("e", None, {}, (known,)).deployment("b")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("inputs:\n", "`inputs` must name at least one input"),
        ("inputs: [a]\n", "`inputs` must name at least one input"),
        ("inputs: {data: {type: uri_folder}}\n", "input data must have `type` and `path`"),
        ("inputs: {data: {path: x, mode: mount}}\n", "input data must have `type` and `path`"),
        ("other: 1\n", "`inputs` must name at least one input"),
    ],
)
def test_an_inputs_file_that_is_not_understood(tmp_path, text, words):
    path = tmp_path / "inputs.yml"
    path.write_text(text)
    with pytest.raises(BadConfiguration, match=words):
        file_inputs(path, "uri_folder", "heart-disease")


def test_an_inputs_file_may_hold_folders_and_values(tmp_path):
    path = tmp_path / "inputs.yml"
    path.write_text("inputs:\n  data: {path: 'azureml:heart:1'}\n  rows: 3\n")
    inputs = file_inputs(path, "uri_folder", "heart-disease")
    assert (inputs["data"].type, inputs["data"].path) == ("uri_folder", "azureml:heart:1")
    assert inputs["rows"].default == "3"


@pytest.mark.parametrize(
    ("given", "kind", "taken"),
    [
        (
            "{type: uri_folder, path: 'azureml:heart-disease-train@latest'}",
            "mltable",
            "heart-disease-train-table@latest",
        ),
        ("{type: mltable, path: 'azureml:heart-disease-train-table:7'}", "uri_folder", "heart-disease-train:7"),
        ("{type: mltable, path: 'azureml:others:7'}", "mltable", "others:7"),
    ],
)
def test_the_endpoints_own_data_is_given_as_the_type_that_a_deployment_takes(tmp_path, given, kind, taken):
    path = tmp_path / "inputs.yml"
    path.write_text(f"inputs:\n  input_data: {given}\n")
    data = file_inputs(path, kind, "heart-disease")["input_data"]
    assert (data.type, data.path) == (kind, f"azureml:{taken}")


@pytest.mark.parametrize("address", ["azureml:others:7", "azureml://datastores/lake/paths/rows", "rows"])
def test_other_data_of_another_type_is_refused_by_name(tmp_path, address):
    path = tmp_path / "inputs.yml"
    path.write_text(f"inputs:\n  input_data: {{type: uri_folder, path: '{address}'}}\n")
    with pytest.raises(BadConfiguration, match=f"{address} is given as uri_folder, and the deployment takes mltable"):
        file_inputs(path, "mltable", "heart-disease")
