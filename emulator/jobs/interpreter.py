"""Which interpreter steps run in, and whether it holds what their environment pins."""

import json
import platform
import re
import sys
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version

from emulator.state import keys
from emulator.state.plans import CommandNode, Graph, PipelineNode, Plan
from emulator.state.workspace import Workspace
from emulator.wire.asset_ids import parse_asset_id

_PYTHON = re.compile(r"python\s*={1,2}\s*([0-9.]+)")


def notes(workspace: Workspace, plan: Plan) -> list[str]:
    """Say, once for each environment that a planned job names, how this interpreter compares with it."""
    return [interpreter_note(workspace, environment) for environment in sorted(_environments(plan))]


def _environments(plan: Plan) -> set[str]:
    return {plan["command"]["environment"]} if "command" in plan else _environments_of(plan["graph"])


def _environments_of(graph: Graph) -> set[str]:
    return {environment for node in graph["nodes"].values() for environment in _environments_of_node(node)}


def _environments_of_node(node: CommandNode | PipelineNode) -> set[str]:
    return _environments_of(node["plan"]) if "plan" in node else {node["environment"]}


def interpreter_note(workspace: Workspace, environment_id: str) -> str:
    """Compare this interpreter's packages with the pins of an environment's conda file, in one sentence."""
    parsed = parse_asset_id(environment_id)
    stored = workspace.store.get(keys.asset_version("environments", parsed[1], parsed[2])) if parsed else None
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
    """Return (name, versions that fit) of what a conda file, as JSON, pins; Python itself among them."""
    pins: list[tuple[str, str]] = []
    for entry in json.loads(conda_file).get("dependencies") or []:
        if isinstance(entry, dict):
            pins += filter(None, map(_pin, entry.get("pip") or []))
        elif match := _PYTHON.fullmatch(entry.strip()):
            pins.append(("python", f"=={match[1].rstrip('.')}.*"))
    return tuple(pins)


def _pin(line: str) -> tuple[str, str] | None:
    """Read a line for pip; return None where it pins nothing, or nothing for this interpreter."""
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        requirement = Requirement(line.partition(" #")[0])
    except InvalidRequirement:
        return None
    applies = requirement.marker is None or requirement.marker.evaluate()
    pinned = any(specifier.operator in ("==", "===") for specifier in requirement.specifier)
    return (requirement.name, str(requirement.specifier)) if applies and pinned else None


@lru_cache
def _differences(pins: tuple[tuple[str, str], ...]) -> list[str]:
    from packaging.specifiers import SpecifierSet

    wrong = []
    for name, wanted in pins:
        here = platform.python_version() if name == "python" else _installed(name)
        if here is None or not SpecifierSet(wanted).contains(here, prereleases=True):
            wrong.append(f"{name} is {here or 'absent'} here and {wanted.removeprefix('==').removesuffix('.*')} there")
    return wrong


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
