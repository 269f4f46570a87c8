"""Sweeps: the search space, the sampling, the limits and the early termination of a sweep job or step, checked."""

import re
from typing import Any

from emulator.state.plans import Sweep
from emulator.wire.durations import duration_seconds
from emulator.wire.errors import bad_request, unsupported
from emulator.wire.http import JsonObject
from emulator.wire.names import snake

# The fields of each distribution, in the order in which the body of a job has them.
_DISTRIBUTIONS = {
    "choice": ("values",),
    "randint": ("upper",),
    "uniform": ("min_value", "max_value"),
    "quniform": ("min_value", "max_value", "q"),
    "loguniform": ("min_value", "max_value"),
    "qloguniform": ("min_value", "max_value", "q"),
    "normal": ("mu", "sigma"),
    "qnormal": ("mu", "sigma", "q"),
    "lognormal": ("mu", "sigma"),
    "qlognormal": ("mu", "sigma", "q"),
}
_POLICIES = ("bandit", "median_stopping", "truncation_selection")
_NUMBERS = ("slack_factor", "slack_amount", "truncation_percentage", "evaluation_interval", "delay_evaluation")
# Those of the service: https://learn.microsoft.com/azure/machine-learning/reference-yaml-job-sweep
_TRIALS = 1000
_SPACE = re.compile(r"\$\{\{\s*search_space\.(\w+)\s*\}\}")


def sweep_of(requested: JsonObject, what: str) -> Sweep:
    """Return the sweep that a job or step asks for; ``what`` names it.

    Raises:
        ServiceError: a field is not valid, or asks for what this workspace does not have.
    """
    algorithm = _fields(requested, "sampling_algorithm")
    kind = str(algorithm.get("sampling_algorithm_type") or algorithm.get("type") or "random").lower()
    if kind not in ("random", "grid"):
        raise unsupported(f"The sampling algorithm {kind} of {what}")
    if str(algorithm.get("rule") or "random").lower() != "random":
        raise unsupported(f"The rule {algorithm['rule']} of the sampling algorithm of {what}")
    objective = _fields(requested, "objective")
    goal, metric = str(objective.get("goal")).lower(), str(objective.get("primary_metric") or "")
    if goal not in ("maximize", "minimize") or not metric:
        raise bad_request(f"The objective of {what} needs a goal, maximize or minimize, and a primary metric.")
    limits = _fields(requested, "limits")
    trials = int(limits.get("max_total_trials") or _TRIALS)
    space = {name: _distribution(name, given, what) for name, given in _space(requested).items()}
    if not space:
        raise bad_request(f"The search space of {what} is empty.", "ArgumentBlankOrEmpty")
    if kind == "grid" and (other := [name for name, (form, _) in space.items() if form != "choice"]):
        raise bad_request(f"Grid sampling takes choices only, and {other[0]} of {what} is a {space[other[0]][0]}.")
    return {
        "space": space,
        "algorithm": kind,
        "seed": None if algorithm.get("seed") is None else int(algorithm["seed"]),
        "log_base": None if algorithm.get("logbase") in (None, "e") else float(algorithm["logbase"]),
        "goal": goal,
        "metric": metric,
        "trials": trials,
        "concurrent": int(limits.get("max_concurrent_trials") or trials),
        "timeout": duration_seconds(limits.get("timeout")),
        "policy": _policy(_fields(requested, "early_termination"), what),
    }


def trial_timeout(requested: JsonObject) -> float | None:
    """Return the time limit of each trial, in seconds."""
    return duration_seconds(_fields(requested, "limits").get("trial_timeout"))


def with_inputs(command: str) -> str:
    """Return the command of a trial with inputs in place of the references to the search space."""
    return _SPACE.sub(r"${{inputs.\1}}", command)


def _fields(requested: JsonObject, name: str) -> JsonObject:
    """Return the fields of a part of the request, which has another case in jobs than in steps."""
    camel = re.sub(r"_(\w)", lambda match: match[1].upper(), name)
    given = requested.get(name) or requested.get(camel) or {}
    if isinstance(given, str):
        return {"type": given}
    return {snake(key): value for key, value in given.items() if value is not None}


def _space(requested: JsonObject) -> JsonObject:
    return requested.get("search_space") or requested.get("searchSpace") or {}


def _distribution(name: str, given: Any, what: str) -> tuple[str, list[Any]]:
    """Return the kind of a distribution and its numbers, from the form of steps or that of jobs."""
    if isinstance(given, list):
        kind, values = str(given[0]).lower(), list(given[1])
    else:
        kind = str(given.get("type")).lower()
        values = [given.get(field) for field in _DISTRIBUTIONS.get(kind, ())]
    if len(values) != len(_DISTRIBUTIONS.get(kind, ())) or None in values or kind not in _DISTRIBUTIONS:
        raise bad_request(f"{name} in the search space of {what} is not a valid distribution.", "ArgumentInvalid")
    if kind == "choice":
        if any(isinstance(each, dict) for each in values[0]):
            raise unsupported(f"A choice of further search spaces ({name} of {what})")
        if not values[0]:
            raise bad_request(f"{name} in the search space of {what} has no values.", "ArgumentBlankOrEmpty")
    return kind, values


def _policy(given: JsonObject, what: str) -> JsonObject | None:
    kind = snake(str(given.get("policy_type") or given.get("type") or ""))
    if not kind:
        return None
    if kind not in _POLICIES:
        raise bad_request(f"The early termination {kind} of {what} is none of {', '.join(_POLICIES)}.")
    return {"kind": kind, **{name: float(given[name]) for name in _NUMBERS if given.get(name)}}
