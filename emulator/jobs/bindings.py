"""Bindings of step inputs: to values, data, inputs of the pipeline, or outputs of other steps."""

import re
from typing import Any

from emulator.jobs.inputs import DATA_TYPES, literal, locate_data
from emulator.state.plans import PARENT_INPUT, PARENT_NAME, Binding, OfParent, OfStep
from emulator.state.workspace import Workspace
from emulator.wire.errors import invalid_pipeline, unsupported
from emulator.wire.http import JsonObject
from emulator.wire.names import snake

_EXPRESSION = re.compile(r"\$\{\{\s*(.+?)\s*\}\}")
_FROM_JOB = re.compile(r"parent\.jobs\.([^.]+)\.outputs\.(\w+)")


def step_binding(
    workspace: Workspace, port: str, given: Any, declared: JsonObject, inputs: set[str], jobs: JsonObject
) -> Binding:
    """Return the binding of the input ``port`` of a step.

    ``given`` is the value in the job, ``declared`` the input of the component; ``inputs`` are the names of the
    pipeline's inputs, ``jobs`` its steps by name.

    Raises:
        ServiceError: the value does not fit the declared input, or names an input or step that does not exist.
    """
    if not isinstance(given, dict):
        given = {"value": given}
    kind = snake(str(given.get("job_input_type") or given.get("jobInputType") or "literal"))
    if kind in DATA_TYPES and "uri" in given:
        return locate_data(workspace, str(given["uri"]), kind, port)
    text = str(given.get("value"))
    found = _EXPRESSION.findall(text)
    if not found:
        return {"value": literal(port, text, declared)}
    parsed = [_expression(expression, inputs, jobs) for expression in found]
    if len(found) == 1 and _EXPRESSION.fullmatch(text):
        return parsed[0]
    texts = _EXPRESSION.split(text)[::2]
    names = [binding["parent"] for binding in parsed if "parent" in binding]
    if snake(str(declared.get("type"))) in DATA_TYPES and not texts[0] and len(names) >= len(parsed) - 1:
        # The tests of today's SDK expect that the service accepts it, where recordings of 2023 refuse it.
        rest = [binding["parent"] for binding in parsed[1:] if "parent" in binding]
        if len(rest) == len(parsed) - 1:
            return {"inside": parsed[0], "path": (texts[1:], rest)}
    if len(names) < len(parsed):
        raise unsupported(f"An output of a step inside a longer text ({text})")
    return {"template": (texts, names)}


def _expression(expression: str, inputs: set[str], jobs: JsonObject) -> OfParent | OfStep:
    if expression == PARENT_NAME:
        return {"parent": PARENT_NAME}
    if expression.startswith("parent.inputs."):
        name = expression.removeprefix("parent.inputs.").removesuffix(".path")
        if name in inputs:
            return {"parent": name}
        raise invalid_pipeline(f"Failed to find referenced input {name} of the parent job.", "InvalidExpressionInJob")
    if match := _FROM_JOB.fullmatch(expression.removesuffix(".path")):
        if match[1] not in jobs:
            raise invalid_pipeline(f"Failed to find referenced source job {match[1]}.", "InvalidExpressionInJob")
        return {"node": match[1], "output": match[2]}
    raise invalid_pipeline(
        f"Invalid expression {expression}. Only parent.inputs, parent.jobs.[source_job_name].outputs or"
        " parent.outputs can be used for binding.",
        "InvalidExpressionInJob",
    )


def require_inputs(text: str, inputs: set[str]) -> str:
    """Return ``text`` unchanged after a check of the parent inputs that it refers to.

    Raises:
        ServiceError: it refers to an input that is not among ``inputs``.
    """
    for name in PARENT_INPUT.findall(text):
        if name not in inputs:
            raise invalid_pipeline(
                f"Failed to find referenced input {name} of the parent job.", "InvalidExpressionInJob"
            )
    return text
