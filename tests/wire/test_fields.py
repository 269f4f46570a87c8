"""The table of fields is complete, and true of what the workspace does."""

import json
import re
import uuid
from pathlib import Path

import pytest
import yaml
from azure.ai.ml import MLClient, load_job
from azure.ai.ml.entities import AmlCompute, Environment
from azure.core.exceptions import HttpResponseError

import emulator
from emulator.client import activate, deactivate
from emulator.jobs.graph import RUNNABLE
from emulator.state import keys
from emulator.wire.http import Request
from tests.wire import sessions
from tests.wire.fields import table
from tests.wire.fields.sdk import kinds_of_steps, sdk_fields

pytestmark = pytest.mark.skipif(not sessions.ROOT.is_dir(), reason="needs ../shared/azure_wire")
ROWS = [
    (group, field, row) for group, content in table.load_table().items() for field, row in content["fields"].items()
]
TRIED = [row for row in ROWS if "try" in row[2] and "component" not in row[0]]
SOURCE = "".join(path.read_text(encoding="utf-8") for path in Path(emulator.__file__).parent.rglob("*.py"))


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    embedded = activate(tmp_path_factory.mktemp("fields") / "state")
    names = embedded.names
    client = MLClient(embedded.credential, names.subscription, names.group, names.workspace)
    client.compute.begin_create_or_update(AmlCompute(name="cluster", size="Standard_DS3_v2")).result()
    client.environments.create_or_update(Environment(name="plain", version="1", image="ubuntu"))
    yield embedded, client
    deactivate()


def test_every_field_of_the_sdk_is_in_the_table_and_no_other():
    assert {group: set(content["fields"]) for group, content in table.load_table().items()} == sdk_fields()


def test_the_document_has_the_table():
    assert table.written() == table.render()


def test_every_row_says_one_of_the_things_that_can_happen():
    assert {row["does"] for _, _, row in ROWS} == set(table.DOES)


@pytest.mark.parametrize(
    ("group", "field", "row"), [r for r in ROWS if r[2]["does"] == "run" and r[2]["at"]], ids=lambda x: str(x)[:30]
)
def test_the_code_reads_a_field_that_runs(group, field, row):
    assert f'"{row["at"].rpartition("/")[2]}"' in SOURCE


def job_with(group, field, value, folder):
    """A job that has ``field`` with ``value`` at the place that ``group`` describes."""
    component = {"type": "command", "name": "c", "version": "1", "environment": "azureml:plain:1", "command": "true"}
    step = {"type": "command", "component": component}
    command = {"type": "command", "command": "true", "environment": "azureml:plain:1", "compute": "azureml:cluster"}
    pipeline = {"type": "pipeline", "compute": "azureml:cluster", "jobs": {"a": step}}
    more = {field: value}
    if group == "pipeline step":
        nested = {"type": "pipeline", "name": "p", "version": "1", "jobs": {"inner": {**step}}}
        (folder / "p.yml").write_text(yaml.safe_dump(nested))
        pipeline["jobs"]["a"] = {"type": "pipeline", "component": "./p.yml", **more}
    if group == "command step":
        step.update(more)
    if group == "resources of a step":
        step["resources"] = more
    kind, place = {
        "data input": ("uri_folder", "inputs"),
        "model input": ("custom_model", "inputs"),
        "table input": ("mltable", "inputs"),
        "output": ("uri_folder", "outputs"),
    }.get(group, ("", ""))
    if kind:
        path = "azureml://datastores/workspaceblobstore/paths/p"
        return {**command, place: {"x": {"type": kind, "path": path, **more}}}
    return {**(command if group == "command job" else pipeline), **(more if group.endswith(" job") else {})}


@pytest.mark.parametrize(("group", "field", "row"), TRIED, ids=[f"{group}: {field}" for group, field, _ in TRIED])
def test_what_is_kept_is_shown_and_told_and_what_is_refused_is_named(workspace, group, field, row, tmp_path):
    embedded, client = workspace
    (tmp_path / "job.yml").write_text(yaml.safe_dump(job_with(group, field, row["try"], tmp_path)))
    job = load_job(tmp_path / "job.yml")
    job.name = f"tried-{uuid.uuid4().hex[:8]}"
    last = row["at"].rpartition("/")[2]
    if row["does"] == "refused":
        with pytest.raises(HttpResponseError, match=last):
            client.jobs.create_or_update(job)
        return
    client.jobs.create_or_update(job)
    kept = embedded.workspace.store.get(keys.job(job.name))
    assert re.search(rf'"(?:{field}|{last})": ', json.dumps(kept["requested"])), "the SDK sends it"
    arm = f"https://management.azure.com{embedded.names.arm}/jobs/{job.name}?api-version=2024-01-01-preview"
    shown = json.loads(embedded.service.handle(Request("GET", arm)).body)["properties"]
    assert re.search(rf'"(?:{field}|{last})": (?!null|{{}})', json.dumps(shown)), "the workspace shows it"
    assert any(re.search(rf"\b{last}\b|\b{field}\b", note) for note in kept["notes"]) == ("told" in row["does"])


@pytest.mark.parametrize("kind", sorted(kinds_of_steps() - set(RUNNABLE)))
def test_a_step_of_another_kind_is_refused_by_its_name(workspace, kind):
    embedded, _ = workspace
    body = {"properties": {"jobType": "Pipeline", "jobs": {"a": {"type": kind, "componentId": "azureml:c:1"}}}}
    url = f"https://management.azure.com{embedded.names.arm}/jobs/kind?api-version=2024-01-01-preview"
    answer = embedded.service.handle(Request("PUT", url, {}, json.dumps(body).encode()))
    error = json.loads(answer.body)["error"]
    assert (answer.status, error["code"]) == (400, "NotSupported")
    assert kind in error["message"]
