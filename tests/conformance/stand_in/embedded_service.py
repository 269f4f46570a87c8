"""pytest plugin for the vendor's tests: the embedded workspace in the cloud's place, and what became of each test."""

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import azure.identity
import pytest
from _pytest.skipping import evaluate_skip_marks

from emulator.client import Embedded, EmbeddedCredential, activate
from emulator.wire.http import Request, Response

pytest_plugins = ["devtools_testutils.proxy_fixtures"]

LONGEST_SLEEP_SECONDS = 0.1
TEST_SECONDS = 90
CLUSTERS = (
    "cpu-cluster", "gpu-cluster", "batch-cluster", "testCompute", "siloCompute1", "siloCompute2", "siloCompute3",
    "aggCompute",
)  # fmt: skip
DATASTORES = ("silo_datastore1", "silo_datastore2", "silo_datastore3", "agg_datastore")
ENVIRONMENTS = {"AzureML-sklearn-1.0-ubuntu20.04-py38-cpu": ("1", "33"), "my-env": ("1",)}
_sleep = time.sleep
_answers: list[tuple[str, int, str]] = []
_requests: list[str] = []


class EmbeddedSecretCredential(EmbeddedCredential):
    """Stands for the service principal of the vendor's test runs."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(_embedded.names)


def _note(request: Request, response: Response) -> None:
    _requests.append(f"{request.method} {request.path}")
    if response.status >= 400:
        _answers.append((_requests[-1], response.status, response.body.decode(errors="replace")))


def _activate() -> Embedded:
    embedded = activate(Path(os.environ["CONFORMANCE_STATE"]), recorder=_note)
    names = embedded.names
    os.environ.update(
        ML_SUBSCRIPTION_ID=names.subscription,
        ML_RESOURCE_GROUP=names.group,
        ML_WORKSPACE_NAME=names.workspace,
        ML_TENANT_ID=names.tenant,
        ML_CLIENT_ID="conformance",
        ML_CLIENT_SECRET="conformance",
        ML_TEST_STORAGE_ACCOUNT_NAME=names.account,
        ML_TEST_STORAGE_ACCOUNT_PRIMARY_KEY="cHJpbWFyeQ==",
        ML_TEST_STORAGE_ACCOUNT_SECONDARY_KEY="c2Vjb25kYXJ5",
    )
    return embedded


_embedded = _activate()
azure.identity.ClientSecretCredential = EmbeddedSecretCredential
time.sleep = lambda seconds: _sleep(min(seconds, LONGEST_SLEEP_SECONDS))


def _handle(method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    url = f"https://management.azure.com{_embedded.names.arm}{path}"
    separator = "&" if "?" in path else "?"
    request = Request(method, f"{url}{separator}api-version=2023-08-01-preview", {}, json.dumps(body or {}).encode())
    response = _embedded.service.handle(request)
    return json.loads(response.body or b"{}") if response.status < 300 else {}


def pytest_sessionstart() -> None:
    """Give the workspace the clusters, datastores and environments that the vendor's own has."""
    for name in CLUSTERS:
        scale = {"minNodeCount": 0, "maxNodeCount": 4}
        properties = {"vmSize": "Standard_DS3_v2", "scaleSettings": scale}
        body = {"location": "eastus", "properties": {"computeType": "AmlCompute", "properties": properties}}
        _handle("PUT", f"/computes/{name}", body)
    for name in DATASTORES:
        place = {"accountName": _embedded.names.account, "containerName": name.replace("_", "-")}
        _handle("PUT", f"/datastores/{name}", {"properties": {"datastoreType": "AzureBlob", **place}})
    for name, versions in ENVIRONMENTS.items():
        for version in versions:
            image = f"mcr.microsoft.com/azureml/{name.lower()}:{version}"
            _handle("PUT", f"/environments/{name}/versions/{version}", {"properties": {"image": image}})


def pytest_sessionfinish() -> None:
    """Leave no job behind that still runs."""
    for job in _handle("GET", "/jobs?listViewType=All").get("value", []):
        if job["properties"]["status"] not in ("Completed", "Failed", "Canceled"):
            _handle("POST", f"/jobs/{job['name']}/cancel")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run what the vendor skips, too: its reasons are about its cloud and its time. The reason goes on record."""
    skipped = [(item, skip) for item in items if (skip := evaluate_skip_marks(item))]
    for item, skip in skipped:
        item.user_properties.append(("skipped", skip.reason))
        for node in item.listchain():
            node.own_markers[:] = [mark for mark in node.own_markers if mark.name not in ("skip", "skipif")]


def _give_up(signal_number: int, frame: object) -> None:
    raise TimeoutError(f"the test took more than {TEST_SECONDS} s")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Forget the requests and answers of the test before."""
    _requests.clear()
    _answers.clear()
    signal.signal(signal.SIGALRM, _give_up)
    signal.alarm(TEST_SECONDS)
    yield
    signal.alarm(0)


def _write(record: dict[str, Any]) -> None:
    with Path(os.environ["CONFORMANCE_OUTCOMES"]).open("a") as file:
        file.write(json.dumps(record) + "\n")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Write one line for each test: at its call, or where it ended before or after that."""
    if report.when == "call" or not report.passed:
        skipped = report.longrepr[2] if report.skipped and isinstance(report.longrepr, tuple) else ""
        crash = getattr(report.longrepr, "reprcrash", None)
        record = {
            "test": report.nodeid,
            "when": report.when,
            "outcome": report.outcome,
            "seconds": round(report.duration, 2),
            "error": crash.message if crash else skipped or (str(report.longrepr) if report.failed else ""),
            "story": report.longreprtext[-6000:] if report.failed else "",
            "requests": len(_requests),
            "answers": list(_answers) if report.failed else [],
            **dict(report.user_properties),
        }
        _write(record)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """Write a line for each file that could not even be read."""
    if report.failed:
        text = report.longreprtext
        _write(
            {
                "test": report.nodeid,
                "when": "collect",
                "outcome": "failed",
                "seconds": 0,
                "error": text.strip().splitlines()[-1],
                "story": text[-6000:],
                "requests": 0,
                "answers": [],
            }
        )
