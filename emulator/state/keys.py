"""The keys of all documents in the store, and the collections that list them."""

from emulator.state.documents import Collection, Key
from emulator.state.plans import Plan
from emulator.state.records import (
    AssetContainer,
    AssetVersion,
    Code,
    CodeReference,
    Compute,
    Count,
    Datastore,
    Deployment,
    Endpoint,
    Experiment,
    Job,
    Lease,
    Metric,
    MlflowRun,
    Operation,
    Reuse,
    Run,
    Schedule,
)

COMPUTES = Collection[Compute]("computes")
DATASTORES = Collection[Datastore]("datastores")
ENDPOINTS = Collection[Endpoint]("batchEndpoints")
EXPERIMENTS = Collection[Experiment]("experiments")
JOBS = Collection[Job]("jobs")
SCHEDULES = Collection[Schedule]("schedules")


def assets(kind: str) -> Collection[AssetContainer]:
    """Return the collection of the assets of a kind (``components``, ``data``, ``environments``, ``models``)."""
    return Collection(kind)


def asset(kind: str, name: str) -> Key[AssetContainer]:
    """Return the key of an asset, the container of its versions."""
    return Key(f"{kind}/{name}")


def asset_versions(kind: str, name: str) -> Collection[AssetVersion]:
    """Return the collection of the versions of an asset."""
    return Collection(f"{kind}/{name}/versions")


def asset_version(kind: str, name: str, version: str | None) -> Key[AssetVersion]:
    """Return the key of one version of an asset; no document has the key for the version None."""
    return Key(f"{kind}/{name}/versions/{version}")


def codes(name: str) -> Collection[Code]:
    """Return the collection of the versions of uploaded code."""
    return Collection(f"codes/{name}/versions")


def code(name: str, version: str | None) -> Key[Code]:
    """Return the key of one version of uploaded code."""
    return Key(f"codes/{name}/versions/{version}")


def code_hash(digest: str) -> Key[CodeReference]:
    """Return the key of the reference to the code whose content has the hash ``digest``."""
    return Key(f"code-hashes/{digest}")


def compute(name: str) -> Key[Compute]:
    """Return the key of a cluster."""
    return Key(f"computes/{name}")


def datastore(name: str) -> Key[Datastore]:
    """Return the key of a datastore that a user added."""
    return Key(f"datastores/{name}")


def endpoint(name: str) -> Key[Endpoint]:
    """Return the key of a batch endpoint; deleting it also deletes its deployments."""
    return Key(f"batchEndpoints/{name}")


def deployments(endpoint: str) -> Collection[Deployment]:
    """Return the collection of the deployments of an endpoint."""
    return Collection(f"batchEndpoints/{endpoint}/deployments")


def deployment(endpoint: str, name: str) -> Key[Deployment]:
    """Return the key of a deployment of an endpoint."""
    return Key(f"batchEndpoints/{endpoint}/deployments/{name}")


def schedule(name: str) -> Key[Schedule]:
    """Return the key of a schedule."""
    return Key(f"schedules/{name}")


def operation(name: str) -> Key[Operation]:
    """Return the key of a long-running operation."""
    return Key(f"operations/{name}")


def job(name: str) -> Key[Job]:
    """Return the key of a job, or a step of one."""
    return Key(f"jobs/{name}")


def steps(job: str) -> Collection[Job]:
    """Return the collection of the steps of a job."""
    return Collection(f"children/{job}")


def plan(job: str) -> Key[Plan]:
    """Return the key of the plan of a job."""
    return Key(f"plans/{job}")


def endpoint_jobs(endpoint: str) -> Collection[Job]:
    """Return the collection of the jobs that invocations of an endpoint started."""
    return Collection(f"endpoint-jobs/{endpoint}")


def deployment_jobs(endpoint: str, deployment: str) -> Collection[Job]:
    """Return the collection of the jobs that invocations of a deployment started."""
    return Collection(f"deployment-jobs/{endpoint}/{deployment}")


def reuse(digest: str) -> Key[Reuse]:
    """Return the key of the record of the step whose outputs are reused by all steps with the same digest."""
    return Key(f"reuse/{digest}")


def experiment(identity: str) -> Key[Experiment]:
    """Return the key of an experiment, by its MLflow id."""
    return Key(f"experiments/{identity}")


def experiment_runs(identity: str) -> Collection[Run]:
    """Return the collection of the jobs and MLflow runs of an experiment."""
    return Collection(f"experiment-runs/{identity}")


def mlflow_run(name: str) -> Key[MlflowRun]:
    """Return the key of a run that an MLflow client started, which is not a job."""
    return Key(f"mlflow-runs/{name}")


def parameters(run: str) -> Key[dict[str, str]]:
    """Return the key of the parameters of a run."""
    return Key(f"parameters/{run}")


def metrics(run: str) -> Collection[Metric]:
    """Return the collection of the latest value of each metric of a run."""
    return Collection(f"metrics/{run}")


def metric(run: str, name: str) -> Key[Metric]:
    """Return the key of the latest value of a metric."""
    return Key(f"metrics/{run}/{_segment(name)}")


def points(run: str, metric: str) -> Collection[Metric]:
    """Return the collection of all values of a metric."""
    return Collection(f"points/{run}/{_segment(metric)}")


def point(run: str, metric: str, step: int, timestamp: int, value: float) -> Key[Metric]:
    """Return the key of one value of a metric; the same value, logged twice, is stored once."""
    return Key(f"points/{run}/{_segment(metric)}/{step}:{timestamp}:{value!r}")


def lease(container: str, blob: str) -> Key[Lease]:
    """Return the key of the lease of a blob."""
    return Key(f"leases/{container}|{blob.replace('/', '|')}")


def fault(identity: str) -> Key[Count]:
    """Return the key of the number of requests that matched a fault rule."""
    return Key(f"faults/{identity}")


def _segment(name: str) -> str:
    """Turn any name into one segment of a key; names that differ in case alone get different keys."""
    return name.encode().hex()
