"""The plan of a job: submission writes it and the runner reads it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypedDict, final

if TYPE_CHECKING:
    from typing import Any

    from typing_extensions import NotRequired

    from emulator.wire.http import JsonObject

# A reference to an input of the parent, inside a text of a step.
# What an expression calls the name of the parent; no input has such a name.
PARENT_NAME = "parent.name"
PARENT_OUTPUT = re.compile(r"\$\{\{\s*parent\.outputs\.(\w+)\s*\}\}")
# An input of a group has a point in its name.
PARENT_INPUT = re.compile(r"\$\{\{\s*parent\.inputs\.([\w.]+)\s*\}\}")

# The input of a scoring step that is its model; the step sees it in a folder of its own, under its own name.
MODEL_INPUT = "azureml_model"


@final
class Literal(TypedDict):
    """A literal value, as text."""

    value: str


@final
class Data(TypedDict):
    """Data on this machine: ``path`` is its local path; two inputs with the same ``identity`` are the same data."""

    path: str
    identity: str
    kind: str


@final
class WebData(TypedDict):
    """Data on a web server; it is downloaded just before its step starts."""

    url: str
    identity: str
    kind: str


@final
class OfParent(TypedDict):
    """The input of the parent with the name ``parent``."""

    parent: str


@final
class OfStep(TypedDict):
    """The output ``output`` of the step ``node``."""

    node: str
    output: str


@final
class Template(TypedDict):
    """A text that contains inputs of the parent: the pieces of text around them, and their names."""

    template: tuple[list[str], list[str]]


@final
class Inside(TypedDict):
    """A path inside data: the data ``inside``, then a text that contains inputs of the parent."""

    inside: OfParent | OfStep
    path: tuple[list[str], list[str]]


Bound = Literal | Data | WebData
Binding = Literal | Data | WebData | OfParent | OfStep | Template | Inside


class OutputPort(TypedDict):
    """An output of a step: its type, its address, the asset to register it as, and the output of the parent it is."""

    type: str
    path: NotRequired[str]
    asset_name: NotRequired[str]
    asset_version: NotRequired[str]
    parent: NotRequired[str]


class Node(TypedDict):
    """A step: the fields that all kinds of steps have."""

    kind: str
    display: str
    component_id: str
    component_name: str
    inputs: dict[str, Binding]
    outputs: dict[str, OutputPort]


class Program(TypedDict):
    """What a command step executes; ``code`` is a local file or folder, ``code_hash`` the hash of its content."""

    command: str
    code: str | None
    code_hash: str
    environment: str


class Spread(TypedDict):
    """How a step's processes are spread over nodes, as the job says; each number is a text or names a parent's input.

    ``kind`` is empty for more than one node without a distribution; ``ray`` has the settings of a Ray cluster.
    """

    kind: str
    instances: str
    counts: dict[str, str]
    ray: dict[str, str]


@final
class CommandNode(Node, Program):
    """A step that is a command; ``timeout`` is in seconds, or a text that contains inputs of the parent.

    ``spread`` is None for one process. A step that is ``parallel`` runs a script on mini-batches of its input.
    """

    deterministic: bool
    environment_variables: dict[str, str]
    timeout: float | str | None
    spread: Spread | None
    parallel: bool


class Sweep(TypedDict):
    """How the trials of a sweep differ, how many there are, and when they end.

    ``space`` has the kind and the numbers of each parameter's distribution; ``policy`` stops trials early.
    """

    space: dict[str, tuple[str, list[Any]]]
    algorithm: str
    seed: int | None
    log_base: float | None
    goal: str
    metric: str
    trials: int
    concurrent: int
    timeout: float | None
    policy: JsonObject | None


@final
class SweepNode(Node):
    """A step that runs its ``trial`` with many values of the parameters in the search space."""

    trial: CommandNode
    sweep: Sweep


@final
class PipelineNode(Node):
    """A step that is a pipeline."""

    plan: Graph


class Source(TypedDict):
    """The step and its output that an output of the pipeline comes from."""

    node: str
    output: str


class Graph(TypedDict):
    """The steps of a pipeline in an order in which they can run; ``needs`` lists the steps that each step waits for."""

    nodes: dict[str, CommandNode | PipelineNode | SweepNode]
    needs: dict[str, list[str]]
    outputs: dict[str, Source]
    continue_on_step_failure: bool
    force_rerun: bool


class LaunchRequest(TypedDict):
    """What the host process gets to start a runner: state folder, job, names of the workspace (JSON), variables."""

    state: str
    job: str
    names: str
    environment: dict[str, str]


@final
class PipelinePlan(TypedDict):
    """The plan of a pipeline job."""

    graph: Graph
    inputs: dict[str, Bound]


@final
class CommandPlan(TypedDict):
    """The plan of a command job: one step, whose inputs are those of the job."""

    command: CommandNode
    inputs: dict[str, Bound]


@final
class SweepPlan(TypedDict):
    """The plan of a sweep job: one step, whose inputs are those of the job."""

    sweep: SweepNode
    inputs: dict[str, Bound]


Plan = PipelinePlan | CommandPlan | SweepPlan
