"""Inputs of jobs and steps, checked against what takes them: data is found on disk, literals become text."""

import operator
from collections.abc import Callable
from typing import Any

from emulator.state.addresses import is_on_the_web, local_path, long_data_uri
from emulator.state.lookup import resolve_asset
from emulator.state.plans import Bound, Data, WebData
from emulator.state.workspace import Workspace
from emulator.wire.asset_ids import parse_asset_id
from emulator.wire.errors import bad_request
from emulator.wire.http import JsonObject
from emulator.wire.names import snake

# The service takes a file where a folder is requested for, and the reverse; the step gets what is there.
_FILE_OR_FOLDER = {"uri_file", "uri_folder"}
DATA_TYPES = ("uri_folder", "uri_file", "mltable", "mlflow_model", "custom_model", "triton_model", "path")


def bind_inputs(workspace: Workspace, requested: JsonObject, declared: JsonObject | None) -> dict[str, Bound]:
    """Resolve the inputs given from outside: data to a place on disk, literals to text.

    ``declared`` are the inputs of the component that is run; None takes whatever is given.

    Raises:
        ServiceError: an input is unknown, missing, of the wrong type, or names an asset that does not exist.
    """
    bound: dict[str, Bound] = {}
    for name, given in requested.items():
        kind = snake(str(given.get("jobInputType") or given.get("job_input_type") or "literal"))
        if declared is not None:
            if name not in declared:
                known = ", ".join(sorted(declared)) or "none"
                raise bad_request(f"Unknown input {name}; the inputs are: {known}.", "ArgumentInvalid")
            _check_type(name, kind, declared[name])
        if kind in DATA_TYPES:
            bound[name] = data_place(workspace, str(given.get("uri") or ""), kind, name)
        else:
            bound[name] = {"value": literal(name, given.get("value"), (declared or {}).get(name))}
    for name, port in (declared or {}).items():
        if name not in bound:
            if "default" in port:
                bound[name] = {"value": literal(name, port["default"], port)}
            elif not is_true(port.get("optional")):
                raise bad_request(f"Required input {name} is missing.", "ArgumentBlankOrEmpty")
    return bound


def is_true(value: Any) -> bool:
    """Read a truth value, which travels as a boolean or as text."""
    return str(value).lower() == "true"


def _check_type(name: str, given: str, port: JsonObject) -> None:
    wanted = snake(str(port.get("type")))
    is_data = given in DATA_TYPES
    alike = given == wanted or wanted == "path" or {given, wanted} == _FILE_OR_FOLDER
    if is_data != (wanted in DATA_TYPES) or (is_data and not alike):
        raise bad_request(f"Input {name} is of type {given}, and must be of type {wanted}.", "ArgumentInvalid")


def literal(name: str, value: Any, port: JsonObject | None) -> str:
    """Return the text of a literal as commands get it, checked against the ``port`` that takes it.

    Raises:
        ServiceError: it is not of the port's type, range or choice.
    """
    text, port = "" if value is None else str(value), port or {}
    kind = str(port.get("type")).lower()
    if kind in _READERS:
        try:
            number = _READERS[kind](text)
        except ValueError:
            raise bad_request(f"Input {name} is {text!r}, and must be of type {kind}.", "ArgumentInvalid") from None
        for bound, wrong in (("min", operator.lt), ("max", operator.gt)):
            if port.get(bound) not in (None, "") and wrong(number, float(port[bound])):
                message = f"Input {name} is {text}, and its {bound}imum is {port[bound]}."
                raise bad_request(message, "ArgumentOutOfRange")
    if port.get("enum") and text not in map(str, port["enum"]):
        allowed = ", ".join(map(str, port["enum"]))
        raise bad_request(f"Input {name} is {text!r}, and must be one of {allowed}.", "ArgumentInvalid")
    return text


def _boolean(text: str) -> float:
    if text.lower() not in ("true", "false"):
        raise ValueError(text)
    return float(text.lower() == "true")


_READERS: dict[str, Callable[[str], float]] = {"integer": int, "number": float, "boolean": _boolean}


def data_place(workspace: Workspace, uri: str, kind: str, name: str) -> Data | WebData:
    """Find the data of the input ``name``: its place on disk, or on the web, and the address that identifies it.

    What lies on the web is neither fetched nor requested for: the service accepts any such address, and the step fails
    that cannot read it (recorded in test_command_job_invalid_datastore, and for a folder in test_batch_invoke).

    Raises:
        ServiceError: there is no such asset, it is of another type, or it cannot be reached from here.
    """
    if not uri:
        raise bad_request(f"Input {name} of type {kind} has no uri.", "ArgumentBlankOrEmpty")
    asset = resolve_asset(workspace, "models" if parse_asset_id(uri) and "/models/" in uri else "data", uri)
    if asset:
        properties = asset[2]["properties"]
        actual = properties.get("dataType")
        if actual and snake(kind) not in (actual, "path") and {actual, snake(kind)} != _FILE_OR_FOLDER:
            raise bad_request(
                f"Input {name} is of type {kind}, and data asset {asset[0]}:{asset[1]} of type {actual}.",
                "ArgumentInvalid",
            )
        uri, kind = properties.get("dataUri") or properties["modelUri"], actual or kind
    if is_on_the_web(workspace, uri):
        return {"url": uri, "identity": uri, "kind": snake(kind)}
    identity = long_data_uri(workspace.names, uri)
    return {"path": str(local_path(workspace, identity)), "identity": identity, "kind": kind}
