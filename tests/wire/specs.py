"""Checks an HTTP exchange with Azure Resource Manager against the official specs of its api-version."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from jsonschema import Draft7Validator

from tests.wire.findings import Finding, check_body, formats, parse_body
from tests.wire.schemas import Direction, Node, Translator, dereference, load

ROOT = Path(__file__).resolve().parents[2] / ".." / "shared" / "azure_wire" / "specs"
SERVICE = "machinelearningservices/resource-manager/Microsoft.MachineLearningServices"
ARM = "management.azure.com"
# Where a long-running operation is polled: a convention of Azure Resource Manager that no spec lists.
ASYNC = re.compile(r"/locations/[^/]+/(mfe|compute)Operation(s?Status|Results)/", re.IGNORECASE)

# Api-versions that the SDK uses or used and for which no spec is at hand, with the nearest one that is.
SUBSTITUTES = {
    "2022-06-01-preview": "2022-10-01",
    "2022-10-01-preview": "2023-02-01-preview",
    "2022-12-01-preview": "2023-02-01-preview",
    "2025-01-01-preview": "2024-10-01-preview",
}


@dataclass(frozen=True)
class Report:
    """What the check of one exchange found; ``no_spec`` says why there was nothing to check it against."""

    findings: tuple[Finding, ...] = ()
    no_spec: str | None = None
    operation: str | None = None
    """The operationId in the spec."""


@dataclass
class Operation:
    """One verb of one path of one api-version, with its compiled validators."""

    node: Node
    parameters: list[Node]
    file: Path
    translators: dict[Direction, Translator]
    validators: dict[str, Draft7Validator | None] = field(default_factory=dict)

    def validator(self, part: str, direction: Direction, schema: Node | None) -> Draft7Validator | None:
        """The compiled validator of ``part``, or None where the spec documents no body."""
        if part not in self.validators:
            translator = self.translators[direction]
            root = translator.schema(schema, self.file) if schema else None
            self.validators[part] = root and Draft7Validator(
                {"allOf": [root], "definitions": translator.definitions}, format_checker=formats
            )
        return self.validators[part]


class ApiVersion:
    """The operations of one api-version, found by path."""

    def __init__(self, folder: Path) -> None:
        self.files = sorted(path.resolve() for path in folder.glob("*.json"))
        self.translators: dict[Direction, Translator] = {
            "request": Translator("request"),
            "response": Translator("response"),
        }
        self._operations: dict[tuple[str, str], Operation] = {}

    @cached_property
    def routes(self) -> list[tuple[re.Pattern[str], str, Path]]:
        """The pattern of every path; literal paths come before those with more parameters."""
        paths = [(path, file) for file in self.files for path in load(file)["paths"]]
        paths.sort(key=lambda item: item[0].count("{"))
        return [(_path_pattern(path), path, file) for path, file in paths]

    def find(self, url_path: str) -> tuple[str, Path, dict[str, str]] | None:
        """The path template that matches, its file and its parameters."""
        for pattern, path, file in self.routes:
            if match := pattern.fullmatch(url_path):
                names = re.findall(r"{(\w+)}", path)
                return path, file, dict(zip(names, map(unquote, match.groups()), strict=True))
        return None

    def operation(self, path: str, verb: str, file: Path) -> Operation | None:
        """The operation of a verb on a path template."""
        item = load(file)["paths"][path]
        if verb not in item:
            return None
        if (path, verb) not in self._operations:
            raw = [*item.get("parameters", ()), *item[verb].get("parameters", ())]
            parameters = [dereference(parameter, file)[0] for parameter in raw]
            self._operations[path, verb] = Operation(item[verb], parameters, file, self.translators)
        return self._operations[path, verb]


class Specs:
    """All api-versions under ``root``, each read when it is first asked for.

    ``substitutes`` names for an api-version without a spec the one to check against instead.
    """

    def __init__(self, root: Path = ROOT, substitutes: Mapping[str, str] = SUBSTITUTES) -> None:
        folders = (root / SERVICE).glob("*/*/")
        self.folders = {folder.name: folder for folder in folders}
        self.substitutes = substitutes
        self._versions: dict[str, ApiVersion] = {}

    def check(self, method: str, url: str, status: int, request: object, response: object) -> Report:
        """Holds one exchange to its spec; bodies are bytes, text or already parsed JSON, None when absent."""
        parts = urlsplit(url)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        version = query.get("api-version", "")
        version = self.substitutes.get(version, version)
        if parts.hostname != ARM:
            return Report(no_spec="host of the data plane")
        if ASYNC.search(parts.path):
            return Report(no_spec="status of a long-running operation")
        if "/providers/microsoft.machinelearningservices" not in parts.path.lower():
            return Report(no_spec="another resource provider")
        if version not in self.folders:
            return Report(no_spec=f"api-version {version or 'missing'}")
        api = self._versions.setdefault(version, ApiVersion(self.folders[version]))
        found = api.find(parts.path)
        if found is None:
            return Report((Finding("path", "", "unknown path", parts.path),))
        path, file, values = found
        operation = api.operation(path, method.lower(), file)
        if operation is None:
            return Report((Finding("verb", "", "unknown verb", method),))
        findings = {
            *_check_parameters(operation, values, query),
            *_check_request(operation, request),
            *_check_response(operation, status, response),
        }
        return Report(tuple(sorted(findings)), operation=operation.node["operationId"])


def _path_pattern(path: str) -> re.Pattern[str]:
    literal = re.split(r"{\w+}", path)
    return re.compile("([^/]+)".join(map(re.escape, literal)), re.IGNORECASE)


def _check_parameters(operation: Operation, values: Mapping[str, str], query: Mapping[str, str]) -> Iterator[Finding]:
    known = {p["name"].lower(): p for p in operation.parameters if p["in"] == "query"}
    for name, value in query.items():
        parameter = known.get(name.lower())
        if parameter is None:
            yield Finding("query", name, "unknown parameter", value)
        elif value not in parameter.get("enum", [value]):
            yield Finding("query", name, "enum", value)
    sent = {name.lower() for name in query}
    for name, parameter in known.items():
        if parameter.get("required") and name not in sent:
            yield Finding("query", parameter["name"], "required", "")
    for parameter in operation.parameters:
        value = values.get(parameter["name"], "")
        if parameter["in"] == "path" and not re.search(parameter.get("pattern", ""), value):
            yield Finding("path", parameter["name"], "pattern", value)


def _check_request(operation: Operation, body: object) -> Iterator[Finding]:
    parameter = next((p for p in operation.parameters if p["in"] == "body"), None)
    value = parse_body(body)
    if value is None:
        if parameter and parameter.get("required"):
            yield Finding("request", "", "required", "")
        return
    validator = operation.validator("request", "request", parameter and parameter["schema"])
    yield from check_body("request", validator, value)


def _check_response(operation: Operation, status: int, body: object) -> Iterator[Finding]:
    responses = operation.node["responses"]
    documented = responses.get(str(status))
    if documented is None and status >= 400:
        documented = responses.get("default")
    if documented is None:
        yield Finding("status", "", "undocumented status", str(status))
        return
    value = parse_body(body)
    validator = operation.validator(f"response {status}", "response", documented.get("schema"))
    if value is None:
        if validator and status != 202:
            yield Finding("response", "", "required", "")
        return
    yield from check_body("response", validator, value)
