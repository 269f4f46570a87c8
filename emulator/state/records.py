"""The documents that a workspace keeps, each described once; ``keys`` says under which id each lies.

Times are seconds since the epoch. ``JsonObject`` is what a client sent or is answered, kept as it came.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from emulator.wire.http import JsonObject

if TYPE_CHECKING:
    from typing_extensions import NotRequired


# The states in which a job stays.
TERMINAL = ("Completed", "Failed", "Canceled")


class Resource(TypedDict):
    """What every resource of the control plane has: when it was made, and when it was changed last."""

    created: float
    modified: float


class AssetVersion(Resource):
    """One version of an environment, a component, data or a model: as it is answered, and as it was sent."""

    properties: JsonObject
    asked: JsonObject


class AssetContainer(Resource):
    """What is common to all versions of an asset."""

    properties: JsonObject
    archived: bool
    latest: NotRequired[str | None]
    data_type: NotRequired[str | None]


class Code(Resource):
    """One version of uploaded code."""

    properties: JsonObject


class CodeReference(TypedDict):
    """The code that has a certain hash."""

    name: str
    version: str


class Compute(Resource):
    """A cluster, as it was sent, without its password; ``identity`` is what its nodes are in Azure."""

    location: str
    tags: JsonObject | None
    description: str | None
    identity: JsonObject | None
    properties: JsonObject


class Datastore(Resource):
    """A datastore that a user added; its secrets are kept apart from what is answered."""

    properties: JsonObject
    secrets: JsonObject | None


class Deployable(Resource):
    """What endpoints and deployments have in common."""

    asked: JsonObject
    tags: dict[str, str]
    location: str


class Endpoint(Deployable):
    """A batch endpoint; ``api_version`` is the one it was created with."""

    api_version: str


class Deployment(Deployable):
    """A deployment of a pipeline component: the component's id, and the settings that its jobs get."""

    component: str
    settings: JsonObject


class Operation(TypedDict):
    """A long-running operation; ``job`` is the job that it cancels."""

    started: float
    job: NotRequired[str]


class Experiment(TypedDict):
    """The name under which jobs are grouped, with the id that MLflow has for it."""

    name: str
    id: str
    created: float
    tags: dict[str, str]
    deleted: bool


class Output(TypedDict):
    """Where an output lies, and of which type it is."""

    uri: str
    type: str


class JobError(TypedDict):
    """Why a job failed, as it is answered."""

    code: str
    message: str


class _AnyRun(TypedDict):
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


class OtherRun(_AnyRun):
    """A run that MLflow started and that is no job, such as one of a notebook."""

    properties: NotRequired[dict[str, str]]


class Job(_AnyRun):
    """A job or a step of one; ``notes`` is what its log says first, ``node`` the step's name in its pipeline."""

    kind: str
    properties: dict[str, str]
    target: str | None
    error: JobError | None
    outputs: dict[str, Output]
    asked: JsonObject
    notes: NotRequired[list[str]]
    component: NotRequired[str]
    node: NotRequired[str]


Run = Job | OtherRun


class Metric(TypedDict):
    """One logged value; text where it is not finite, because JSON has no such numbers."""

    key: str
    value: float | str
    timestamp: int
    step: int


class Lease(TypedDict):
    """Who may write a blob, and until when."""

    id: str
    until: float
    seconds: int
    broken: NotRequired[bool]


class Reuse(TypedDict):
    """The step whose outputs serve again."""

    job: str


class Count(TypedDict):
    """How often a fault has met a request that fits it."""

    seen: int
