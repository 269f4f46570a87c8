"""The types of all documents in the store; ``emulator.state.keys`` holds their keys.

Times are seconds since the epoch. ``requested`` holds the properties of the request that created the resource, and
``properties`` those that the responses show.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from emulator.wire.http import JsonObject

if TYPE_CHECKING:
    from typing_extensions import NotRequired


# The final states of a job.
TERMINAL = ("Completed", "Failed", "Canceled")
# The program that a step of a deployed model runs; a tag of the step names it.
SCORING_SCRIPT = "driver/amlbi_main.py"


class Resource(TypedDict):
    """What every resource of the control plane has: the times of its creation and of its last change."""

    created: float
    modified: float


class AssetVersion(Resource):
    """One version of an environment, a component, data or a model."""

    properties: JsonObject
    requested: JsonObject


class AssetContainer(Resource):
    """An asset: what is common to all of its versions."""

    properties: JsonObject
    archived: bool
    latest: NotRequired[str | None]
    highest: NotRequired[int]
    data_type: NotRequired[str | None]


class Code(Resource):
    """One version of uploaded code."""

    properties: JsonObject


class CodeReference(TypedDict):
    """The name and version of uploaded code, found by its hash."""

    name: str
    version: str


class Compute(Resource):
    """A cluster; ``properties`` are those of the request, without the password."""

    location: str
    tags: JsonObject | None
    description: str | None
    identity: JsonObject | None
    properties: JsonObject


class Datastore(Resource):
    """A datastore that a user added; responses show its ``properties`` and never its ``secrets``."""

    properties: JsonObject
    secrets: JsonObject | None


class Deployable(Resource):
    """What endpoints and deployments have in common."""

    requested: JsonObject
    tags: dict[str, str]
    location: str


class Endpoint(Deployable):
    """A batch endpoint; ``api_version`` is that of the request which created it."""

    api_version: str


class Deployment(Deployable):
    """A deployment of a pipeline component: the id of the component, and the settings of its jobs.

    A deployment of a model has an empty id and no settings; what was requested has it all.
    """

    component: str
    settings: JsonObject


class Schedule(Resource):
    """A schedule of a job; jobs that were due until ``checked`` have been started."""

    requested: JsonObject
    checked: float


class Operation(TypedDict):
    """A long-running operation.

    ``job`` names the job that it cancels; ``busy`` is its status until it is complete, and ``error`` why it fails.
    """

    started: float
    job: NotRequired[str]
    busy: NotRequired[str]
    error: NotRequired[str]


class Experiment(TypedDict):
    """A name that groups jobs, and its MLflow id."""

    name: str
    id: str
    created: float
    tags: dict[str, str]
    deleted: bool


class Output(TypedDict):
    """The address and the type of an output, and name and version of the asset that it is registered as."""

    uri: str
    type: str
    asset: NotRequired[tuple[str, str]]


class JobError(TypedDict):
    """Why a job failed, as responses show it."""

    code: str
    message: str


class _RunFields(TypedDict):
    """What jobs and MLflow runs have in common; ``parent`` and ``root`` are names of runs."""

    name: str
    display: str
    experiment: str
    tags: dict[str, str]
    status: str
    created: float
    started: float | None
    ended: float | None
    parent: str | None
    root: str
    deleted: NotRequired[bool]


class MlflowRun(_RunFields):
    """A run that an MLflow client started, such as a notebook; it is not a job."""

    properties: NotRequired[dict[str, str]]


class Job(_RunFields):
    """A job, or a step of a job; ``notes`` are the first lines of its log, ``node`` is the name of the step."""

    kind: str
    properties: dict[str, str]
    target: str | None
    error: JobError | None
    outputs: dict[str, Output]
    requested: JsonObject
    notes: NotRequired[list[str]]
    component: NotRequired[str]
    node: NotRequired[str]


# What MLflow calls a run.
Run = Job | MlflowRun


class Metric(TypedDict):
    """One logged value of a metric; a value that is not finite is text, because JSON has no such number."""

    key: str
    value: float | str
    timestamp: int
    step: int


class Lease(TypedDict):
    """The lease of a blob; ``until`` is the time at which it ends."""

    id: str
    until: float
    seconds: int
    broken: NotRequired[bool]


class Reuse(TypedDict):
    """The name of the step whose outputs are reused."""

    job: str


class Count(TypedDict):
    """The number of requests that matched a fault rule."""

    seen: int
