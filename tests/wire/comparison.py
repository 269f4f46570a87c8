"""Compares a live answer with the recorded one: exact where the service is, by shape where values vary."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.wire.translation import INVENTED, Translation

EXACT_HEADERS = {
    "x-ms-async-operation-timeout", "x-ms-error-code", "x-ms-blob-type", "content-range", "content-type",
}  # fmt: skip
PRESENT_HEADERS = {
    "location", "azure-asyncoperation", "retry-after", "etag", "last-modified", "content-md5",
    "accept-ranges",
}  # fmt: skip
# Shapes of values that differ from call to call; a live value must have the shape of the recorded one.
SHAPES = {
    "time": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"),
    "version of a time": re.compile(r"\d{4}(-\d\d){5}-\d+"),
    "date": re.compile(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT"),
    "ETag": re.compile(r"0x[0-9A-F]{15}"),
    "data of a job": re.compile(
        r"azureml://locations/\w+/workspaces/[\w-]+/data/azureml_[\w-]+_input_data_\w+/versions/1"
    ),
    "time of a zone": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"),
    "made-up name": re.compile(r"[a-z]+_[a-z]+_[a-z0-9]{8,10}"),
    "span": re.compile(r"(\d+\.)?\d\d:\d\d:\d\d(\.\d+)?"),
    "id": re.compile(rf"{INVENTED.pattern}|0[0-]{{12,}}\d*|[0-9a-f]{{16}}", re.IGNORECASE),
}
# Leaves that say where and for whom the service ran; only their type is compared.
LOCAL = {
    "createdBy", "lastModifiedBy", "location", "computeLocation", "tenantId", "principalId", "clientId",
    "nextLink", "userObjectId", "userTenantId", "userName", "userPuId", "userId", "userIss", "key", "fqdn", "revision",
    "statusRevision", "runNumber", "percentComplete", "operation", "request", "accountName", "containerName",
    "sasUri", "blobUri", "storageAccountArmId", "resourceId", "sdkTelemetryAppInsightsKey",
    "endpoint", "keyVault", "applicationInsights", "containerRegistry", "storageAccount", "workspaceId",
    "discoveryUrl", "mlFlowTrackingUri", "scoringUri", "swaggerUri", "azureml.nodeid", "azureml.reusednodeid",
}  # fmt: skip


@dataclass(frozen=True)
class Difference:
    """One way in which an answer is not as recorded; ``rule`` names it, ``pointer`` the place."""

    session: str
    request: int
    api: str
    """The api-version that was asked for; empty on the data plane."""
    operation: str
    pointer: str
    rule: str
    recorded: str
    ours: str
    month: str = field(default="", repr=False)
    """When it was recorded, such as ``2023-02``."""
    recorded_body: object = field(default=None, repr=False, compare=False)
    our_body: object = field(default=None, repr=False, compare=False)
    sent_body: object = field(default=None, repr=False, compare=False)


Found = tuple[str, str, object, object]


def compare_headers(recorded: dict[str, str], ours: dict[str, str]) -> Iterator[Found]:
    """Differences in the headers that the SDK reads."""
    for name in sorted(recorded.keys() | ours.keys()):
        then, now = recorded.get(name), ours.get(name)
        at = f"header {name}"
        if name in PRESENT_HEADERS:
            if (then is None) != (now is None):
                yield at, "missing" if now is None else "extra", then, now
        elif name in EXACT_HEADERS or name.startswith("x-ms-meta-"):
            if then is None and name == "content-type":
                continue  # the recorder kept it only where there was a body
            if _media(then) != _media(now):
                yield at, "missing" if now is None else "extra" if then is None else "value", then, now


def _media(value: str | None) -> str | None:
    return value and value.replace(" ", "").lower()


def compare_bodies(recorded: object, ours: object, translation: Translation, pointer: str = "") -> Iterator[Found]:
    """Differences in keys, JSON types and values; ids, times and the like count by their shape."""
    if isinstance(recorded, dict) and isinstance(ours, dict):
        expected = {translation.text(key): value for key, value in recorded.items()}
        for key, other in _other_case(expected, ours):
            yield f"{pointer}/{key}", "case", key, other
            expected[other] = expected.pop(key)
        for key in sorted(expected.keys() | ours.keys()):
            at = f"{pointer}/{key}"
            if key not in ours:
                yield at, "missing", expected[key], None
            elif key not in expected:
                yield at, "extra", None, ours[key]
            else:
                yield from compare_bodies(expected[key], ours[key], translation, at)
    elif isinstance(recorded, list) and isinstance(ours, list):
        for index, then, now in translation.pairs(recorded, ours):
            at = f"{pointer}/{index}"
            if now is None:
                yield at, "missing", then, None
            elif then is None:
                yield at, "extra", None, now
            else:
                yield from compare_bodies(then, now, translation, at)
    elif _kind(recorded) != _kind(ours):
        yield pointer, "type", recorded, ours
    elif not _same(recorded, ours, translation, pointer.rpartition("/")[2]):
        yield pointer, "value", recorded, ours


def _other_case(expected: dict, ours: dict) -> list[tuple[str, str]]:
    """Keys that differ only in the case of their letters."""
    extra = {key.lower(): key for key in ours if key not in expected}
    return [(key, extra[key.lower()]) for key in expected if key not in ours and key.lower() in extra]


def _kind(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return type(value).__name__
    return "number" if isinstance(value, int | float) else type(value).__name__


def _same(recorded: object, ours: object, translation: Translation, leaf: str) -> bool:
    if leaf in LOCAL or recorded == ours:
        return True
    if not (isinstance(recorded, str) and isinstance(ours, str)):
        return False
    if re.fullmatch(r"0{13,}", recorded):
        return True  # masked by the recorder
    expected = translation.text(recorded)
    if expected == ours or any(s.fullmatch(expected) and s.fullmatch(ours) for s in SHAPES.values()):
        return True
    return _blurred(expected) == _blurred(ours)


def _blurred(text: str) -> str:
    text = SHAPES["time"].sub("{time}", INVENTED.sub("{id}", text))
    text = re.sub(r"(?<=:)[\w-]{43}(?![\w-])", "{id}", text)
    text = re.sub(r"\?[^\"\s]*\bsig=[^\"\s]*", "?{signature}", text)
    text = re.sub(r"(?<=/locations/)\w+", "{region}", text)
    text = re.sub(r"(?<![\w-])0[0-]{12,}\d*(?![\w-])", "{id}", text)
    return re.sub(r"https?://[^/\s\"]+|azureml://[^/\s\"]+\.[^/\s\"]+", "{host}", text)


def shortened(value: object) -> str:
    """``value`` as one line of JSON for a table."""
    text = json.dumps(value)
    return text if len(text) <= 300 else text[:297] + "..."
