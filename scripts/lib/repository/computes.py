"""The compute clusters that the repository describes: one that all share, and others that single steps name."""

from collections.abc import Iterable
from pathlib import Path

from scripts.lib.repository import files


def shared_compute() -> Path:
    """Return the description of the cluster that all jobs run on unless a step names another."""
    return files.ROOT / "pipelines" / "compute.yml"


def compute_name(description: Path) -> str:
    """Return the name of the cluster that ``description`` describes."""
    return str(files.read_yaml(description)["name"])


def computes_of(endpoint: str, variants: Iterable[str]) -> list[Path]:
    """Return the descriptions of the clusters that ``variants`` run on: the shared one, then those that steps name.

    Such a cluster is described beside the shared one, in pipelines/NAME.compute.yml. A step may also name one that
    others look after; the repository describes no such cluster and leaves it alone.
    """
    steps = (step for name in variants for step in _steps(files.find_variant(endpoint, name).pipeline))
    named = {str(step.get("compute", "")).removeprefix("azureml:") for step in steps}
    others = sorted(shared_compute().parent.glob("*.compute.yml"))
    return [shared_compute(), *(path for path in others if compute_name(path) in named)]


def _steps(pipeline: Path) -> Iterable[dict[str, object]]:
    return (step for step in files.read_yaml(pipeline).get("jobs", {}).values() if isinstance(step, dict))
