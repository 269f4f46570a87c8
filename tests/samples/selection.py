"""Which samples a checkout of azureml-examples has, and what each needs before it runs."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

VARIABLE = "AZUREML_EXAMPLES"
PREPARATIONS = Path(__file__).with_name("preparations.yml")
PIPELINES = ("cli/jobs", "cli/endpoints/batch", "cli/schedules")
NOTEBOOKS = "sdk/python/jobs/pipelines"
_JOB = re.compile(r"schemas/latest/pipelineJob|/pipelineJob\.schema\.json")


class NoCheckout(Exception):
    """There is no checkout of azureml-examples."""


@dataclass(frozen=True)
class Sample:
    """A pipeline or a notebook by its path in the checkout, with what it needs: assets, paths of inputs, packages."""

    path: str
    assets: list[dict[str, str]] = field(default_factory=list)
    inputs: dict[str, str] = field(default_factory=dict)
    packages: list[str] = field(default_factory=list)
    computes: dict[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """What it is: ``pipeline`` or ``notebook``."""
        return "notebook" if self.path.endswith(".ipynb") else "pipeline"


def find_checkout() -> Path:
    """Return the checkout that the variable names.

    Raises:
        NoCheckout: it names none.
    """
    place = Path(os.environ.get(VARIABLE, "")).expanduser()
    if not os.environ.get(VARIABLE) or not (place / "cli" / "jobs").is_dir() or not (place / NOTEBOOKS).is_dir():
        raise NoCheckout(f"{VARIABLE} must name a checkout of azureml-examples with cli/jobs and {NOTEBOOKS}.")
    return place.resolve()


def preparations() -> dict[str, Any]:
    """Read what samples need before they run."""
    read: dict[str, Any] = yaml.safe_load(PREPARATIONS.read_text())
    return read


def samples_of(checkout: Path) -> list[Sample]:
    """Return all pipeline jobs below ``PIPELINES`` and all notebooks about pipelines, by path."""
    before = preparations()
    files = [path for place in PIPELINES for path in checkout.glob(f"{place}/**/*.y*ml") if _is_job(path)]
    files += [path for path in checkout.glob(f"{NOTEBOOKS}/**/*.ipynb") if ".ipynb_checkpoints" not in path.parts]
    paths = sorted(str(path.relative_to(checkout)) for path in files)
    return [_sample(path, before) for path in paths]


def _is_job(path: Path) -> bool:
    text = path.read_text(encoding="utf-8", errors="replace")
    return bool(_JOB.search(text)) or ("$schema" not in text and re.search(r"(?m)^type: pipeline", text) is not None)


def _sample(path: str, before: dict[str, Any]) -> Sample:
    packages = before["notebook_packages"] if path.endswith(".ipynb") else []
    inputs = before["inputs"].get(path, {})
    return Sample(path, before["assets"].get(path, []), inputs, packages, before["computes"])
