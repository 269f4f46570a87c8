"""The spec checker agrees with recorded traffic, and says no to broken bodies."""

import copy
import json
from collections import Counter
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wire import sessions, specs
from tests.wire.deviations import load_deviations, unexplained
from tests.wire.specs import Report, Specs

pytestmark = pytest.mark.skipif(not specs.ROOT.is_dir(), reason="needs ../shared/azure_wire")

WORKSPACE = (
    "https://management.azure.com/subscriptions/s/resourceGroups/g"
    "/providers/Microsoft.MachineLearningServices/workspaces/wks"
)


@cache
def oracle() -> Specs:
    return Specs()


@cache
def reports() -> dict[str, Report]:
    return {
        f"{session.name}#{exchange.number}": oracle().check(
            exchange.method, exchange.url, exchange.status, exchange.request.body, exchange.response.body
        )
        for session, exchange in sessions.exchanges()
    }


def test_recorded_traffic_is_clean_or_deviates_in_known_ways():
    kinds = Counter(report.no_spec or ("deviates" if report.findings else "clean") for report in reports().values())
    assert kinds == {
        "clean": 926,
        "deviates": 245,
        "host of the data plane": 374,
        "status of a long-running operation": 140,
        "api-version 2022-01-01-preview": 2,
        "another resource provider": 1,
    }
    left = {name: unexplained(report) for name, report in reports().items()}
    assert {name: findings for name, findings in left.items() if findings} == {}


def test_an_api_version_without_a_spec_is_said_so():
    report = Specs(substitutes={}).check("GET", f"{WORKSPACE}?api-version=2025-01-01-preview", 200, None, {})
    assert report.no_spec == "api-version 2025-01-01-preview"
    assert report.findings == ()


RECORDED = [deviation for deviation in load_deviations() if "#" in deviation.shown_by]


@pytest.mark.parametrize("deviation", RECORDED, ids=lambda d: f"{d.operation} {d.rule} {d.pointer}")
def test_each_known_deviation_occurs(deviation):
    shown = reports()[deviation.shown_by]
    entries = [d for d in load_deviations() if d.shown_by == deviation.shown_by]
    assert any(entry.explains(shown.operation, finding) for entry in entries for finding in shown.findings)
    assert any(
        deviation.explains(report.operation, finding) for report in reports().values() for finding in report.findings
    )


@pytest.mark.parametrize(
    ("method", "path", "status", "expected"),
    [
        ("GET", "/batchEndpoint/e?api-version=2023-10-01", 200, ("path", "unknown path")),
        ("POST", "/batchEndpoints/e1?api-version=2023-10-01", 200, ("verb", "unknown verb")),
        ("GET", "/batchEndpoints?api-version=2023-10-01&top=1", 200, ("query", "unknown parameter")),
        ("GET", "/jobs?api-version=2023-10-01&listViewType=Some", 200, ("query", "enum")),
        ("DELETE", "/computes/cc1?api-version=2023-10-01", 202, ("query", "required")),
        ("GET", "/computes/cc1?api-version=2023-10-01", 207, ("status", "undocumented status")),
        ("PUT", "/jobs/-bad?api-version=2023-10-01", 404, ("path", "pattern")),
        ("PUT", "/jobs/job1?api-version=2023-10-01", 404, ("request", "required")),
    ],
)
def test_what_is_not_in_the_spec_is_found(method, path, status, expected):
    report = oracle().check(method, WORKSPACE + path, status, None, None)
    assert expected in {(finding.part, finding.rule) for finding in report.findings}


def test_the_body_of_a_pipeline_component_deployment_is_checked():
    url = f"{WORKSPACE}/batchEndpoints/e1/deployments/d1?api-version=2023-02-01-preview"
    configuration = {
        "deploymentConfigurationType": "PipelineComponent",
        "componentId": {"referenceType": "Id", "assetId": "azureml:/c/1"},
        "settings": {"continue_on_step_failure": "False"},
    }
    body = {"location": "local", "properties": {"deploymentConfiguration": configuration}}
    error = {"error": {"code": "NotFound", "message": "no such endpoint"}}
    assert oracle().check("PUT", url, 404, body, error).findings == ()
    configuration["componentId"]["referenceType"] = "Identity"
    configuration["setings"] = configuration.pop("settings")
    found = {(f.pointer, f.rule) for f in oracle().check("PUT", url, 404, body, error).findings}
    at = "/properties/deploymentConfiguration"
    assert {(f"{at}/setings", "undocumented"), (f"{at}/componentId/referenceType", "enum")} <= found


@cache
def clean_responses() -> list[sessions.Exchange]:
    """Answers without a finding, one of each operation and session."""
    chosen = {}
    for session, exchange in sessions.exchanges():
        report = reports()[f"{session.name}#{exchange.number}"]
        if report.operation and not report.findings and isinstance(exchange.response.body, dict):
            chosen[report.operation, session.name] = exchange
    return list(chosen.values())


def places(value: object, path: tuple = ()) -> list[tuple]:
    """Paths to every key of ``value`` outside free-form objects such as tags."""
    if isinstance(value, list):
        return [p for i, item in enumerate(value) for p in places(item, (*path, i))]
    if not isinstance(value, dict) or (path and path[-1] in FREE):
        return []
    return [p for key, item in value.items() for p in [(*path, key), *places(item, (*path, key))]]


FREE = {"tags", "jobs", "settings", "componentSpec", "services", "environmentVariables", "info", "flavors"}
MAPS = {"properties", "inputs", "outputs"}  # below the resource's own properties: keys are the user's names


def holder(body: object, path: tuple):
    for step in path[:-1]:
        body = body[step]
    return body


def check_with(exchange: sessions.Exchange, body: object) -> set[tuple[str, str]]:
    report = oracle().check(exchange.method, exchange.url, exchange.status, exchange.request.body, body)
    return {(finding.pointer, finding.rule) for finding in report.findings if finding.part == "response"}


@given(st.data())
@settings(deadline=None, max_examples=40)
def test_an_added_key_is_found_anywhere(data):
    exchange = data.draw(st.sampled_from(clean_responses()))
    body = copy.deepcopy(exchange.response.body)
    path = data.draw(st.sampled_from([p for p in places(body) if not MAPS & set(p[1:-1])]))
    holder(body, path)["notInTheSpec"] = data.draw(st.none() | st.booleans() | st.integers() | st.text())
    at = "".join(f"/{step}" for step in path[:-1])
    assert (f"{at}/notInTheSpec", "undocumented") in check_with(exchange, body)


@given(st.data())
@settings(deadline=None, max_examples=40)
def test_a_wrong_type_is_found_anywhere(data):
    exchange = data.draw(st.sampled_from(clean_responses()))
    body = copy.deepcopy(exchange.response.body)
    filled = [p for p in places(body) if p[-1] not in FREE and holder(body, p)[p[-1]] is not None]
    path = data.draw(st.sampled_from(filled))
    target = holder(body, path)
    target[path[-1]] = [] if isinstance(target[path[-1]], dict) else {"an": "object"}
    assert check_with(exchange, body), json.dumps(path)


REQUIRED = {
    "Datastores_ListSecrets": ["secretsType"],
    "BatchEndpoints_Get": ["location", "properties", "properties/authMode"],
    "BatchDeployments_Get": ["location", "properties"],
    "CodeVersions_Get": ["properties"],
    "DataVersions_Get": ["properties", "properties/dataUri", "properties/dataType"],
    "Jobs_CreateOrUpdate": ["properties", "properties/jobType"],
}
ENUMS = {
    "Datastores_ListSecrets": ["secretsType"],
    "BatchEndpoints_Get": ["properties/authMode", "properties/provisioningState"],
    "BatchDeployments_Get": ["properties/loggingLevel", "properties/outputAction"],
    "DataVersions_Get": ["properties/dataType"],
    "Jobs_CreateOrUpdate": ["properties/jobType", "properties/status"],
    "EnvironmentVersions_CreateOrUpdate": ["properties/osType", "properties/environmentType"],
}


def clean_response_of(operation: str) -> sessions.Exchange:
    return next(e for e in clean_responses() if operation_of(e) == operation and e.status < 300)


def operation_of(exchange: sessions.Exchange) -> str | None:
    return oracle().check(exchange.method, exchange.url, exchange.status, None, None).operation


@pytest.mark.parametrize(("operation", "place"), [(o, p) for o, ps in REQUIRED.items() for p in ps])
def test_a_missing_required_key_is_found(operation, place):
    exchange = clean_response_of(operation)
    body = copy.deepcopy(exchange.response.body)
    path = tuple(place.split("/"))
    del holder(body, path)[path[-1]]
    assert (f"/{place}", "required") in check_with(exchange, body)


@pytest.mark.parametrize(("operation", "place"), [(o, p) for o, ps in ENUMS.items() for p in ps])
@given(value=st.text(min_size=1).filter(lambda text: not text.isalnum()))
@settings(deadline=None, max_examples=5)
def test_an_unknown_value_of_an_enum_is_found(operation, place, value):
    exchange = clean_response_of(operation)
    body = copy.deepcopy(exchange.response.body)
    path = tuple(place.split("/"))
    holder(body, path)[path[-1]] = value
    assert (f"/{place}", "enum") in check_with(exchange, body)
