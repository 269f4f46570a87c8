"""Texts of a step in which inputs of its parent stand: variables, where outputs go, the time limit."""

from collections.abc import Callable
from typing import cast

from emulator.state.plans import PARENT_INPUT, CommandNode, OutputPort
from emulator.wire.durations import duration_seconds


def filled(node: CommandNode, value: Callable[[str], str]) -> CommandNode:
    """Return ``node`` with ``value`` of each such input in its place.

    Raises:
        ServiceError: what comes out is no time limit.
    """

    def text(asked: str) -> str:
        return PARENT_INPUT.sub(lambda match: value(match[1]), asked)

    ports = {name: cast(OutputPort, {**port, **_path(port, text)}) for name, port in node["outputs"].items()}
    limit = node["timeout"]
    return {
        **node,
        "environment_variables": {name: text(str(asked)) for name, asked in node["environment_variables"].items()},
        "outputs": ports,
        "timeout": duration_seconds(text(limit)) if isinstance(limit, str) else limit,
    }


def _path(port: OutputPort, text: Callable[[str], str]) -> dict[str, str]:
    return {"path": text(port["path"])} if "path" in port else {}
