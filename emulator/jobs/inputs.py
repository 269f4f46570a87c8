"""Inputs of jobs and steps, checked against the declared inputs: data becomes a local path, literals become text."""

import operator
from collections.abc import Callable
from typing import Any

from emulator.state.addresses import is_on_the_web, local_path, long_data_uri
from emulator.state.lookup import resolve_asset
from emulator.state.plans import Bound, Data, WebData
from emulator.state.run_addresses import resolve_run_address
from emulator.state.workspace import Workspace
from emulator.wire.asset_ids import parse_asset_id
from emulator.wire.errors import bad_request
from emulator.wire.http import JsonObject
from emulator.wire.names import MODES, delivery_mode, snake

# The service accepts a file for an input of type folder, and the reverse; the step gets the data as it is.
_FILE_OR_FOLDER = {"uri_file", "uri_folder"}
DATA_TYPES = ("uri_folder", "uri_file", "mltable", "mlflow_model", "custom_model", "triton_model", "path")


def bind_inputs(workspace: Workspace, requested: JsonObject, declared: JsonObject | None) -> dict[str, Bound]:
    """Return the inputs of a job by name: data as a local path or web address, literals as text.

    ``requested`` are the inputs in the request; ``declared`` are those of the component. If that is None, there is no
    component, and the request may have any inputs.

    Raises:
        ServiceError: an input is unknown, missing, of the wrong type, or names an asset that does not exist.
    """
    bound: dict[str, Bound] = {}
    for name, given in requested.items():
        kind = snake(str(given.get("jobInputType") or given.get("job_input_type") or "literal"))
        if declared is not None:
            if name not in declared:
                names = ", ".join(sorted(declared)) or "none"
                raise bad_request(f"Unknown input {name}; the inputs are: {names}.", "ArgumentInvalid")
            _check_type(name, kind, declared[name])
        check_mode(name, given)
        if kind in DATA_TYPES:
            bound[name] = locate_data(workspace, str(given.get("uri") or ""), kind, name)
        else:
            bound[name] = {"value": literal(name, given.get("value"), (declared or {}).get(name))}
    for name, port in (declared or {}).items():
        if name not in bound:
            if "default" in port:
                bound[name] = {"value": literal(name, port["default"], port)}
            elif not is_true(port.get("optional")):
                raise bad_request(f"Required input {name} is missing.", "ArgumentBlankOrEmpty")
    return bound


def check_mode(name: str, given: JsonObject) -> None:
    """Check that the input or output ``name`` is delivered in one of the ways that the service knows.

    Raises:
        ServiceError: it is not; no client could read such a job any more.
    """
    mode = str(given.get("mode") or MODES[0])
    if delivery_mode(mode) not in MODES:
        raise bad_request(f"Mode {mode} of {name} is not one of {', '.join(MODES)}.", "ArgumentInvalid")


def is_true(value: Any) -> bool:
    """Return the truth value of ``value``, which requests send as a boolean or as text."""
    return str(value).lower() == "true"


def _check_type(name: str, kind: str, port: JsonObject) -> None:
    declared = snake(str(port.get("type")))
    is_data = kind in DATA_TYPES
    fits = _takes(declared, kind)
    if is_data != (declared in DATA_TYPES) or (is_data and not fits):
        raise bad_request(f"Input {name} is of type {kind}, and must be of type {declared}.", "ArgumentInvalid")


def _takes(wanted: str, kind: str) -> bool:
    """Return whether an input of the type ``wanted`` takes data of the type ``kind``.

    A table is a folder with a description; the service refuses a table for a folder (recorded), not the reverse.
    """
    return wanted in (kind, "path") or {wanted, kind} == _FILE_OR_FOLDER or (wanted, kind) == ("mltable", "uri_folder")


def literal(name: str, value: Any, port: JsonObject | None) -> str:
    """Return the literal ``value`` of the input ``name`` as text, checked against the declared input ``port``.

    A value that is not one of the choices (``enum``) is accepted: image_classification_with_densenet, a sample that the
    vendor runs each day, has one.

    Raises:
        ServiceError: the value has another type or is out of range.
    """
    text, port = "" if value is None else str(value), port or {}
    kind = str(port.get("type")).lower()
    if kind in _READERS:
        try:
            number = _READERS[kind](text)
        except ValueError:
            raise bad_request(f"Input {name} is {text!r}, and must be of type {kind}.", "ArgumentInvalid") from None
        for bound, is_outside in (("min", operator.lt), ("max", operator.gt)):
            if port.get(bound) not in (None, "") and is_outside(number, float(port[bound])):
                message = f"Input {name} is {text}, and its {bound}imum is {port[bound]}."
                raise bad_request(message, "ArgumentOutOfRange")
    return text


def _boolean(text: str) -> float:
    if text.lower() not in ("true", "false"):
        raise ValueError(text)
    return float(text.lower() == "true")


_READERS: dict[str, Callable[[str], float]] = {"integer": int, "number": float, "boolean": _boolean}


def locate_data(workspace: Workspace, uri: str, kind: str, name: str) -> Data | WebData:
    """Return where the data of the input ``name`` is: a local path or web address, and the address that identifies it.

    A web address is not requested here: the service accepts any, and a step that cannot read it fails (recorded in
    test_command_job_invalid_datastore, and for a folder in test_batch_invoke).

    Raises:
        ServiceError: the asset does not exist or has another type, or the workspace cannot reach the address.
    """
    if not uri:
        raise bad_request(f"Input {name} of type {kind} has no uri.", "ArgumentBlankOrEmpty")
    asset = resolve_asset(workspace, "models" if parse_asset_id(uri) and "/models/" in uri else "data", uri)
    if asset:
        properties = asset[2]["properties"]
        actual = properties.get("dataType")
        if actual and not _takes(snake(kind), actual):
            raise bad_request(
                f"Input {name} is of type {kind}, and data asset {asset[0]}:{asset[1]} of type {actual}.",
                "ArgumentInvalid",
            )
        uri, kind = properties.get("dataUri") or properties["modelUri"], actual or kind
    uri = resolve_run_address(workspace, uri)
    if is_on_the_web(workspace, uri):
        return {"url": uri, "identity": uri, "kind": snake(kind)}
    identity = long_data_uri(workspace.names, uri)
    return {"path": str(local_path(workspace, identity)), "identity": identity, "kind": kind}
