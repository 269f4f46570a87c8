"""Under which id each document lies, and in which collection it is listed: the one place that knows."""

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
    Operation,
    OtherRun,
    Reuse,
    Run,
)

COMPUTES = Collection[Compute]("computes")
DATASTORES = Collection[Datastore]("datastores")
ENDPOINTS = Collection[Endpoint]("batchEndpoints")
EXPERIMENTS = Collection[Experiment]("experiments")
JOBS = Collection[Job]("jobs")


def assets(kind: str) -> Collection[AssetContainer]:
    """Assets of a kind (``components``, ``data``, ``environments``, ``models``)."""
    return Collection(kind)


def asset(kind: str, name: str) -> Key[AssetContainer]:
    """Key of what is common to all versions of an asset."""
    return Key(f"{kind}/{name}")


def asset_versions(kind: str, name: str) -> Collection[AssetVersion]:
    """Versions of an asset."""
    return Collection(f"{kind}/{name}/versions")


def asset_version(kind: str, name: str, version: str | None) -> Key[AssetVersion]:
    """Key of one version of an asset; there is none for None."""
    return Key(f"{kind}/{name}/versions/{version}")


def codes(name: str) -> Collection[Code]:
    """Versions of uploaded code."""
    return Collection(f"codes/{name}/versions")


def code(name: str, version: str | None) -> Key[Code]:
    """Key of one version of uploaded code."""
    return Key(f"codes/{name}/versions/{version}")


def code_hash(digest: str) -> Key[CodeReference]:
    """Key of the code that has the hash ``digest``."""
    return Key(f"code-hashes/{digest}")


def compute(name: str) -> Key[Compute]:
    """Key of a cluster."""
    return Key(f"computes/{name}")


def datastore(name: str) -> Key[Datastore]:
    """Key of a datastore that a user added."""
    return Key(f"datastores/{name}")


def endpoint(name: str) -> Key[Endpoint]:
    """Key of a batch endpoint; to delete it deletes its deployments."""
    return Key(f"batchEndpoints/{name}")


def deployments(endpoint: str) -> Collection[Deployment]:
    """Deployments of an endpoint."""
    return Collection(f"batchEndpoints/{endpoint}/deployments")


def deployment(endpoint: str, name: str) -> Key[Deployment]:
    """Key of a deployment of an endpoint."""
    return Key(f"batchEndpoints/{endpoint}/deployments/{name}")


def operation(name: str) -> Key[Operation]:
    """Key of a long-running operation."""
    return Key(f"operations/{name}")


def job(name: str) -> Key[Job]:
    """Key of a job, or a step of one."""
    return Key(f"jobs/{name}")


def steps(job: str) -> Collection[Job]:
    """List of the steps of a job."""
    return Collection(f"children/{job}")


def plan(job: str) -> Key[Plan]:
    """Key of what a job is to do."""
    return Key(f"plans/{job}")


def endpoint_jobs(endpoint: str) -> Collection[Job]:
    """Jobs that invocations of an endpoint made."""
    return Collection(f"endpoint-jobs/{endpoint}")


def deployment_jobs(endpoint: str, deployment: str) -> Collection[Job]:
    """Jobs that invocations of a deployment made."""
    return Collection(f"deployment-jobs/{endpoint}/{deployment}")


def reuse(digest: str) -> Key[Reuse]:
    """Key of the step whose outputs serve for all steps of the same digest."""
    return Key(f"reuse/{digest}")


def experiment(identity: str) -> Key[Experiment]:
    """Key of an experiment, by the id that MLflow has for it."""
    return Key(f"experiments/{identity}")


def experiment_runs(identity: str) -> Collection[Run]:
    """Jobs and runs of an experiment."""
    return Collection(f"experiment-runs/{identity}")


def other_run(name: str) -> Key[OtherRun]:
    """Key of a run that MLflow started and that is no job."""
    return Key(f"mlflow-runs/{name}")


def parameters(run: str) -> Key[dict[str, str]]:
    """Key of the parameters of a run."""
    return Key(f"parameters/{run}")


def metrics(run: str) -> Collection[Metric]:
    """Latest value of each metric of a run."""
    return Collection(f"metrics/{run}")


def metric(run: str, name: str) -> Key[Metric]:
    """Key of the latest value of a metric."""
    return Key(f"metrics/{run}/{_segment(name)}")


def points(run: str, metric: str) -> Collection[Metric]:
    """All values of a metric."""
    return Collection(f"points/{run}/{_segment(metric)}")


def point(run: str, metric: str, step: int, timestamp: int, value: float) -> Key[Metric]:
    """Key of one value of a metric; the same value, logged twice, is one."""
    return Key(f"points/{run}/{_segment(metric)}/{step}:{timestamp}:{value!r}")


def lease(container: str, blob: str) -> Key[Lease]:
    """Key of the lease of a blob."""
    return Key(f"leases/{container}|{blob.replace('/', '|')}")


def fault(identity: str) -> Key[Count]:
    """Key of how often a fault was met."""
    return Key(f"faults/{identity}")


def _segment(name: str) -> str:
    """Turn any name into one segment of an id; upper and lower case stay apart."""
    return name.encode().hex()
