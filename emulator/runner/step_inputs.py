"""The inputs of a pipeline's step, with values in place of references to its pipeline and to other steps."""

from collections.abc import Callable, Mapping
from typing import cast

from emulator.runner.steps import StepFailed
from emulator.state.addresses import datastore_path
from emulator.state.plans import PARENT_INPUT, Bound, CommandNode, Node, OutputPort, Spread
from emulator.state.records import Output
from emulator.state.workspace import Workspace
from emulator.wire.durations import duration_seconds
from emulator.wire.errors import ServiceError


def resolve_inputs(
    workspace: Workspace, node: Node, inputs: Mapping[str, Bound], outputs: Mapping[str, Mapping[str, Output]]
) -> dict[str, Bound]:
    """Return the inputs of the step ``node`` by name.

    ``inputs`` are those of the pipeline; ``outputs`` are those of the steps that have completed, by step and name.

    Raises:
        StepFailed: a step that has completed lacks an output that ``node`` needs.
    """
    resolved: dict[str, Bound] = {}
    for port, binding in node["inputs"].items():
        if "parent" in binding:
            if binding["parent"] in inputs:
                resolved[port] = inputs[binding["parent"]]
        elif "node" in binding:
            produced = outputs[binding["node"]].get(binding["output"])
            if produced is None:
                message = f"Step {binding['node']} has no output {binding['output']}."
                raise StepFailed({"code": "UserError", "message": message}, {})
            path = str(datastore_path(workspace, produced["uri"]))
            resolved[port] = {"path": path, "identity": produced["uri"], "kind": produced["type"]}
        elif "template" in binding:
            resolved[port] = {"value": _text(inputs, *binding["template"])}
        elif "inside" in binding:
            found = resolve_inputs(workspace, {**node, "inputs": {port: binding["inside"]}}, inputs, outputs)
            if port in found:
                resolved[port] = _inside(port, found[port], _text(inputs, *binding["path"]))
        else:
            resolved[port] = binding
    return resolved


def _text(inputs: Mapping[str, Bound], texts: list[str], names: list[str]) -> str:
    values = [_literal(inputs, name) for name in names]
    return texts[0] + "".join(value + rest for value, rest in zip(values, texts[1:], strict=True))


def _inside(port: str, data: Bound, path: str) -> Bound:
    """Return the data at ``path`` below ``data``; a path that leads out of it is refused."""
    inner = path.strip("/")
    if "value" in data or ".." in inner.split("/"):
        raise StepFailed({"code": "UserError", "message": f"Input {port}: there is no data at {path!r} inside it."}, {})
    identity = f"{data['identity'].rstrip('/')}/{inner}"
    if "url" in data:
        return {"url": identity, "identity": identity, "kind": "uri_file"}
    return {"path": f"{data['path'].rstrip('/')}/{inner}", "identity": identity, "kind": data["kind"]}


def fill_texts(node: CommandNode, inputs: Mapping[str, Bound]) -> CommandNode:
    """Return ``node`` with the values of ``inputs`` in its variables, output paths, time limit and distribution.

    Raises:
        StepFailed: the result is not a valid time limit or number.
    """

    def fill(text: str) -> str:
        return PARENT_INPUT.sub(lambda match: _literal(inputs, match[1]), text)

    ports = {name: cast(OutputPort, {**port, **_path(port, fill)}) for name, port in node["outputs"].items()}
    limit, spread = node["timeout"], node["spread"]
    try:
        return {
            **node,
            "environment_variables": {name: fill(str(text)) for name, text in node["environment_variables"].items()},
            "outputs": ports,
            "timeout": duration_seconds(fill(limit)) if isinstance(limit, str) else limit,
            "spread": _filled_spread(spread, fill) if spread else None,
        }
    except ServiceError as error:
        raise StepFailed({"code": "UserError", "message": str(error)}) from None


def _filled_spread(spread: Spread, fill: Callable[[str], str]) -> Spread:
    """Return ``spread`` with numbers in it.

    Raises:
        StepFailed: a value is not a number of at least 1.
    """
    filled = {name: fill(text) for name, text in {"instances": spread["instances"], **spread["counts"]}.items()}
    for name, text in filled.items():
        if not text.isdigit() or (text == "0" and name != "parameter_server_count"):
            message = f"{name} of the distribution is {text!r}, and must be a number of at least 1."
            raise StepFailed({"code": "UserError", "message": message})
    return {**spread, "instances": filled.pop("instances"), "counts": filled}


def _path(port: OutputPort, fill: Callable[[str], str]) -> dict[str, str]:
    return {"path": fill(port["path"])} if "path" in port else {}


def _literal(inputs: Mapping[str, Bound], name: str) -> str:
    """Return the value of the literal input ``name``; an empty text if there is no such literal."""
    given = inputs.get(name)
    return given["value"] if given and "value" in given else ""
