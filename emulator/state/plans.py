"""What a job is to do, as submission plans it and its runner reads it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypedDict, final

if TYPE_CHECKING:
    from typing_extensions import NotRequired

# An input of the parent inside a text of a step.
PARENT_INPUT = re.compile(r"\$\{\{\s*parent\.inputs\.(\w+)\s*\}\}")


@final
class Literal(TypedDict):
    """A value, as commands get it."""

    value: str


@final
class Data(TypedDict):
    """Data on this machine: ``path`` is where, ``identity`` what tells whether it is the same data."""

    path: str
    identity: str
    kind: str


@final
class WebData(TypedDict):
    """Data on a web server, fetched when its step is about to start."""

    url: str
    identity: str
    kind: str


@final
class OfParent(TypedDict):
    """The parent's input of that name."""

    parent: str


@final
class OfStep(TypedDict):
    """An output of another step."""

    node: str
    output: str


@final
class Template(TypedDict):
    """A text with inputs of the parent in it: what stands around them, and their names."""

    template: tuple[list[str], list[str]]


Bound = Literal | Data | WebData
Binding = Literal | Data | WebData | OfParent | OfStep | Template


class OutputPort(TypedDict):
    """An output of a step: its type, where it goes, as what it is registered, and which of the parent's it is."""

    type: str
    path: NotRequired[str]
    asset_name: NotRequired[str]
    asset_version: NotRequired[str]
    parent: NotRequired[str]


class Node(TypedDict):
    """A step, of whatever kind."""

    kind: str
    display: str
    component_id: str
    component_name: str
    inputs: dict[str, Binding]
    outputs: dict[str, OutputPort]


class Program(TypedDict):
    """What a command step executes: ``code`` is a file or folder, ``code_hash`` tells whether it is the same code."""

    command: str
    code: str | None
    code_hash: str
    environment: str


@final
class CommandNode(Node, Program):
    """A step that is a process; ``timeout`` in seconds, or as a text with inputs of the parent in it."""

    deterministic: bool
    environment_variables: dict[str, str]
    timeout: float | str | None


@final
class PipelineNode(Node):
    """A step that is a pipeline."""

    plan: Graph


class Source(TypedDict):
    """The step, and its output, that an output of the pipeline is."""

    node: str
    output: str


class Graph(TypedDict):
    """The steps of a pipeline in an order in which they can run; ``needs`` are the steps that each waits for."""

    nodes: dict[str, CommandNode | PipelineNode]
    needs: dict[str, list[str]]
    outputs: dict[str, Source]
    continue_on_step_failure: bool
    force_rerun: bool


@final
class PipelinePlan(TypedDict):
    """A pipeline job."""

    graph: Graph
    inputs: dict[str, Bound]


@final
class CommandPlan(TypedDict):
    """A command job; its one step is bound to what the job is given."""

    command: CommandNode
    inputs: dict[str, Bound]


Plan = PipelinePlan | CommandPlan
