"""Parallel steps: the program and the settings with which a step runs a script on mini-batches of its input."""

import json
import re
from typing import Any

from emulator.jobs.bindings import require_inputs
from emulator.jobs.programs import command_of
from emulator.state.plans import Program
from emulator.state.workspace import Workspace
from emulator.wire.durations import duration_seconds
from emulator.wire.errors import bad_request, unsupported
from emulator.wire.http import JsonObject

# The variable that holds the settings of a parallel step; ``emulator/in_step/mini_batches.py`` reads it.
SETTINGS_VARIABLE = "AZUREML_EMULATOR_MINI_BATCHES"
COMMAND = 'python "$AZUREML_EMULATOR_IN_STEP/mini_batches.py"'
_PORT = re.compile(r"\$\{\{\s*(inputs|outputs)\.(\w+)\s*\}\}")
_OVERRIDES = (
    "mini_batch_size",
    "input_data",
    "max_concurrency_per_instance",
    "error_threshold",
    "mini_batch_error_threshold",
    "partition_keys",
)


def parallel_step(
    workspace: Workspace, spec: JsonObject, job: JsonObject, inputs: set[str], name: str
) -> tuple[Program, dict[str, str]]:
    """Return the program of the parallel step ``name``, and the variables that it needs.

    A field of ``job`` counts before the same field of its component, whose specification is ``spec``.

    Raises:
        ServiceError: a field is not valid, or asks for what this workspace does not have.
    """
    task = {**(spec.get("task") or {}), **{key: value for key, value in (job.get("task") or {}).items() if value}}
    if task.get("type", "run_function") not in ("run_function", "function"):
        raise unsupported(f"A parallel step with a task of type {task.get('type')} ({name})")
    fields = {key: job.get(key) if job.get(key) not in (None, "") else spec.get(key) for key in _OVERRIDES}
    resources = {**(spec.get("resources") or {}), **(job.get("resources") or {})}
    retries = {**(spec.get("retry_settings") or {}), **(job.get("retry_settings") or {})}
    settings: JsonObject = {
        "input": _port("inputs", fields["input_data"], name),
        "entry_script": task.get("entry_script"),
        # The SDK sends 0 for a step without a size.
        "size": _text(fields["mini_batch_size"] or None),
        "instances": _text(resources.get("instance_count")) or "1",
        "concurrency": _text(fields["max_concurrency_per_instance"]) or "1",
        "retries": _text(retries.get("max_retries")) or "3",
        "timeout": duration_seconds(retries.get("timeout") or 60),
        "error_threshold": _text(fields["error_threshold"]) or "-1",
        "mini_batch_error_threshold": _text(fields["mini_batch_error_threshold"]) or "-1",
        "keys": _keys(fields["partition_keys"]),
        "append_to": _port("outputs", task["append_row_to"], name) if task.get("append_row_to") else None,
    }
    if settings["append_to"] and (spec["outputs"][settings["append_to"]] or {}).get("type") == "uri_folder":
        settings["append_file"] = "parallel_run_step.txt"
    command = f"{COMMAND} {task.get('program_arguments') or ''}".strip()
    program = command_of(workspace, {"command": command, "code": task.get("code"), "environment": task["environment"]})
    return program, {SETTINGS_VARIABLE: require_inputs(json.dumps(settings), inputs)}


def _text(value: Any) -> str | None:
    return None if value in (None, "") else str(value)


def _port(kind: str, expression: Any, name: str) -> str:
    match = _PORT.fullmatch(str(expression))
    if match is None or match[1] != kind:
        raise bad_request(f"{expression} of the parallel step {name} does not name one of its {kind}.")
    return match[2]


def _keys(value: Any) -> list[str]:
    if isinstance(value, str) and value.startswith("["):
        value = json.loads(value)
    return [value] if isinstance(value, str) and value else list(value or ())
