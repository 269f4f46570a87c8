"""Which interpreter steps run in, and whether it holds what their environment pins."""

import json
import platform
import re
import sys
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from emulator.state.workspace import Workspace
from emulator.wire.asset_ids import parse_asset_id

_PIN = re.compile(r"\s*([A-Za-z0-9._-]+)\s*(?:\[[^\]]*\])?\s*==\s*([^\s;,]+)")
_PYTHON = re.compile(r"python\s*={1,2}\s*([0-9.]+)")


def notes(workspace: Workspace, plan: dict[str, Any]) -> list[str]:
    """Say, once for each environment that a planned job names, how this interpreter compares with it."""
    return [interpreter_note(workspace, environment) for environment in sorted(_environments(plan))]


def _environments(plan: dict[str, Any]) -> set[str]:
    if "command" in plan:
        return {plan["command"]["environment"]}
    nodes = plan["nodes"].values()
    return set().union(*(_environments(node.get("plan", {"command": node})) for node in nodes))


def interpreter_note(workspace: Workspace, environment_id: str) -> str:
    """Compare this interpreter's packages with the pins of an environment's conda file, in one sentence."""
    parsed = parse_asset_id(environment_id)
    stored = workspace.store.get(f"environments/{parsed[1]}/versions/{parsed[2]}") if parsed else None
    name = f"{parsed[1]}:{parsed[2]}" if parsed else environment_id.partition("/environments/")[2] or environment_id
    start = (
        f"Steps of environment {name} run in the interpreter that is here, Python {platform.python_version()} at"
        f" {sys.executable}, not in an image."
    )
    if stored is None:
        return f"{start} What that environment pins is not known here."
    pins = _pins(stored["properties"].get("condaFile") or "{}")
    if not pins:
        return f"{start} That environment pins no package."
    wrong = _differences(pins)
    if not wrong:
        return f"{start} All {len(pins)} pins of that environment agree with it."
    return f"{start} {len(wrong)} of the {len(pins)} pins of that environment differ: {'; '.join(wrong)}."


def _pins(conda_file: str) -> tuple[tuple[str, str], ...]:
    """Return (name, version) of what a conda file, as JSON, pins exactly; Python itself among them."""
    pins = []
    for entry in json.loads(conda_file).get("dependencies") or []:
        if isinstance(entry, dict):
            pins += [(match[1], match[2]) for line in entry.get("pip") or [] if (match := _PIN.match(line))]
        elif match := _PYTHON.fullmatch(entry.strip()):
            pins.append(("python", match[1]))
    return tuple(pins)


@lru_cache
def _differences(pins: tuple[tuple[str, str], ...]) -> list[str]:
    wrong = []
    for name, wanted in pins:
        if name == "python":
            here = platform.python_version()
            agrees = (here + ".").startswith(wanted.rstrip(".") + ".")
        else:
            here = _installed(name)
            agrees = here == wanted
        if not agrees:
            wrong.append(f"{name} is {here} here and {wanted} there")
    return wrong


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "absent"
