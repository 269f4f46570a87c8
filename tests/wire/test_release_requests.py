"""Every request of a release by the unmodified SDK, and every answer of the emulator, meets the official specs."""

import time
from collections import Counter
from pathlib import Path

import pytest

from tests.wire import specs
from tests.wire.deviations import load_deviations, unexplained
from tests.wire.specs import Report, Specs

pytestmark = pytest.mark.skipif(not specs.ROOT.is_dir(), reason="needs ../shared/azure_wire")

SHOWN_BY_SDK = [deviation for deviation in load_deviations() if "#" not in deviation.shown_by]
ENDPOINT = "wire-check"
COMPONENT = """
$schema: https://azuremlschemas.azureedge.net/latest/commandComponent.schema.json
type: command
name: copy_rows
version: "1"
inputs: {data: {type: uri_folder}, rows: {type: integer, default: 3}}
outputs: {copied: {type: uri_folder}}
code: ./src
environment: azureml:steps:1
command: python copy_rows.py ${{inputs.data}} ${{inputs.rows}} ${{outputs.copied}}
"""
CODE = """
import pathlib, sys
for path in pathlib.Path(sys.argv[1]).iterdir():
    text = "".join(path.read_text().splitlines(True)[: int(sys.argv[2])])
    (pathlib.Path(sys.argv[3]) / path.name).write_text(text)
"""
PIPELINE = """
$schema: https://azuremlschemas.azureedge.net/latest/pipelineComponent.schema.json
type: pipeline
name: copy_twice
version: "1"
inputs: {data: {type: uri_folder}}
outputs: {copied: {type: uri_folder}}
jobs:
  first:
    type: command
    component: ./component.yml
    inputs: {data: "${{parent.inputs.data}}"}
  second:
    type: command
    component: ./component.yml
    inputs: {data: "${{parent.jobs.first.outputs.copied}}", rows: 2}
    outputs: {copied: "${{parent.outputs.copied}}"}
"""


@pytest.fixture(scope="module")
def exchanges(tmp_path_factory) -> list[tuple]:
    """The traffic of a small release: workspace, pipeline job, endpoint, deployment, invocation, deletion."""
    from azure.ai.ml import MLClient

    from emulator import client as embedded

    folder = tmp_path_factory.mktemp("release")
    seen: list[tuple] = []
    reached = embedded.activate(folder / "state", recorder=lambda request, response: seen.append((request, response)))
    try:
        names = reached.names
        client = MLClient(reached.credential, names.subscription, names.group, names.workspace, polling_interval=0.05)
        release(client, folder)
    finally:
        embedded.deactivate()
    return seen


def release(client, folder: Path) -> None:
    from azure.ai.ml import Input, load_component
    from azure.ai.ml.constants import AssetTypes
    from azure.ai.ml.entities import (
        AmlCompute,
        BatchEndpoint,
        Data,
        Environment,
        PipelineComponentBatchDeployment,
    )

    write(folder)
    client.compute.begin_create_or_update(AmlCompute(name="batch-cluster", size="Standard_DS3_v2")).result()
    client.environments.create_or_update(
        Environment(name="steps", version="1", image="mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04")
    )
    client.data.create_or_update(Data(name="rows", version="1", type=AssetTypes.URI_FOLDER, path=str(folder / "data")))
    pipeline = load_component(folder / "pipeline.yml")
    job = pipeline(data=Input(type=AssetTypes.URI_FOLDER, path="azureml:rows:1"))
    job.settings.default_compute = "batch-cluster"
    submitted = client.jobs.create_or_update(job, experiment_name="wire")
    assert finished(client, submitted.name) == "Completed"
    assert len(list(client.jobs.list(parent_job_name=submitted.name))) == 2
    endpoint = BatchEndpoint(name=ENDPOINT, description="checks the wire")
    client.batch_endpoints.begin_create_or_update(endpoint).result()
    deployment = PipelineComponentBatchDeployment(
        name="first",
        endpoint_name=ENDPOINT,
        component=load_component(folder / "pipeline.yml"),
        settings={"default_compute": "batch-cluster", "continue_on_step_failure": "False"},
    )
    client.batch_deployments.begin_create_or_update(deployment).result()
    endpoint = client.batch_endpoints.get(ENDPOINT)
    endpoint.defaults = {"deployment_name": "first"}
    client.batch_endpoints.begin_create_or_update(endpoint).result()
    invoked = client.batch_endpoints.invoke(
        endpoint_name=ENDPOINT,
        deployment_name="first",
        inputs={"data": Input(type=AssetTypes.URI_FOLDER, path="azureml:rows:1")},
    )
    assert finished(client, invoked.name) == "Completed"
    list(client.batch_endpoints.list())
    list(client.batch_deployments.list(ENDPOINT))
    list(client.batch_endpoints.list_jobs(endpoint_name=ENDPOINT))
    client.batch_deployments.begin_delete(name="first", endpoint_name=ENDPOINT).result()
    client.batch_endpoints.begin_delete(name=ENDPOINT).result()
    client.compute.begin_delete("batch-cluster").result()


def finished(client, name: str) -> str:
    deadline = time.monotonic() + 300
    while (status := client.jobs.get(name).status) not in ("Completed", "Failed", "Canceled"):
        assert time.monotonic() < deadline, status
        time.sleep(0.1)
    return status


def write(folder: Path) -> None:
    files = {
        "component.yml": COMPONENT,
        "pipeline.yml": PIPELINE,
        "src/copy_rows.py": CODE,
        "data/rows.csv": "a\n1\n2\n3\n4\n",
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)


@pytest.fixture(scope="module")
def reports(exchanges) -> list[tuple[str, Report]]:
    oracle = Specs()
    return [
        (
            f"{request.method} {request.url.split('?')[0]}",
            oracle.check(request.method, request.url, response.status, body(request), body(response)),
        )
        for request, response in exchanges
    ]


def body(message) -> bytes | None:
    headers = {name.lower(): value for name, value in message.headers.items()}
    return message.body if "json" in str(headers.get("content-type", "")) else None


@pytest.mark.slow
def test_every_exchange_meets_the_spec_of_its_api_version(reports):
    left = {(name, finding) for name, report in reports for finding in unexplained(report)}
    assert left == set()


@pytest.mark.slow
@pytest.mark.parametrize("deviation", SHOWN_BY_SDK, ids=lambda deviation: deviation.pointer)
def test_each_deviation_of_the_sdk_occurs(reports, deviation):
    assert any(deviation.explains(report.operation, finding) for _, report in reports for finding in report.findings)


@pytest.mark.slow
def test_the_release_is_what_was_checked(reports):
    operations = Counter(report.operation for _, report in reports if report.operation)
    expected = {
        "Workspaces_Get",
        "Compute_CreateOrUpdate",
        "EnvironmentVersions_CreateOrUpdate",
        "DataVersions_CreateOrUpdate",
        "CodeVersions_CreateOrUpdate",
        "ComponentVersions_CreateOrUpdate",
        "Jobs_CreateOrUpdate",
        "Jobs_Get",
        "BatchEndpoints_CreateOrUpdate",
        "BatchDeployments_CreateOrUpdate",
        "BatchDeployments_Delete",
        "BatchEndpoints_Delete",
        "Compute_Delete",
    }
    assert expected <= set(operations)
    unchecked = Counter(report.no_spec for _, report in reports if report.no_spec)
    assert set(unchecked) <= {"host of the data plane", "status of a long-running operation"}
