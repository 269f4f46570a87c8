"""How many processes a step has: from ``distribution`` and ``resources`` of its component and of its job."""

import re
from typing import Any

from emulator.jobs.bindings import require_inputs
from emulator.state.plans import PARENT_INPUT, Spread
from emulator.wire.errors import bad_request, unsupported
from emulator.wire.http import JsonObject
from emulator.wire.names import snake

_KINDS = ("pytorch", "mpi", "tensorflow", "ray")
_COUNTS = ("process_count_per_instance", "worker_count", "parameter_server_count")

_RAY = ("port", "include_dashboard", "dashboard_port", "head_node_additional_args", "worker_node_additional_args")


def spread_of(component: JsonObject, job: JsonObject, inputs: set[str], what: str) -> Spread | None:
    """Return how the processes of a step are spread, or None for one process on one node.

    A field of ``job`` counts before the same field of ``component``; the SDK sends what a component has again in the
    job of its step. ``inputs`` are the inputs of the pipeline, which a number may name; ``what`` names the step.

    Raises:
        ServiceError: a number is not valid, or this machine does not have what is asked for.
    """
    resources = {**_fields(component.get("resources")), **_fields(job.get("resources"))}
    instances = _count(resources.get("instance_count"), 1, 1, inputs, f"resources.instance_count of {what}")
    distribution = _fields(job.get("distribution")) or _fields(component.get("distribution"))
    kind = str(distribution.pop("distribution_type", None) or distribution.pop("type", "")).lower()
    if not kind:
        return None if instances == "1" else {"kind": "", "instances": instances, "counts": {}, "ray": {}}
    if kind not in _KINDS:
        raise bad_request(f"The distribution {kind} of {what} is none of {', '.join(_KINDS)}.", "ArgumentInvalid")
    if distribution.get("address"):
        raise unsupported(f"distribution.address of {what} (a Ray cluster outside of the step)")
    counts = {
        name: _count(distribution[name], None, int(name != _COUNTS[2]), inputs, f"distribution.{name} of {what}")
        for name in _COUNTS
        if distribution.get(name) is not None
    }
    ray = {name: str(distribution[name]) for name in _RAY if distribution.get(name) is not None}
    return {"kind": kind, "instances": instances, "counts": counts, "ray": ray}


def _fields(given: Any) -> JsonObject:
    """Return the fields with a value, under the names that YAML has; bodies of jobs have them in camel case."""
    return {snake(name): value for name, value in (given or {}).items() if value not in (None, "")}


def _count(value: Any, default: int | None, least: int, inputs: set[str], what: str) -> str:
    """Return a number as text, or a text that names an input of the pipeline.

    Raises:
        ServiceError: it is neither.
    """
    text = str(default if value is None else value)
    if PARENT_INPUT.fullmatch(text):
        return require_inputs(text, inputs)
    if not re.fullmatch(r"\d+", text) or int(text) < least:
        raise bad_request(f"{what} is {text}, and must be a number of at least {least}.", "ArgumentInvalid")
    return text
