"""Find and read the files of the repository: variants, endpoints, gates."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from scripts.lib.errors import BadConfiguration, NotFound

ROOT = Path(__file__).resolve().parents[3]
# What all problems share.
ENVIRONMENT_FILE = ROOT / "components" / "environment.yml"
VALIDATE_COMPONENT = ROOT / "components" / "validate" / "component.yml"
VALIDATE_JOB = ROOT / "pipelines" / "validate.yml"
WITHHOLD_COMPONENT = ROOT / "components" / "withhold" / "component.yml"
WITHHOLD_JOB = ROOT / "pipelines" / "withhold.yml"
LOCK_FILE = ROOT / "uv.lock"
REQUIREMENTS_FILE = ROOT / "requirements.txt"
ROLE_FILE = ROOT / "azure" / "release_role.json"
INPUTS_FILE = "inputs.yml"
# The safe one, in C where PyYAML has it: a command reads dozens of files, which takes tenths of a second in Python.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Variant:
    """One way to train: a pipeline, its test job, how what it delivers scores rows, and how an endpoint deploys it.

    ``problem`` names what it is trained for, and the endpoint that deploys it.
    """

    problem: str
    name: str
    pipeline: Path
    job: Path
    scoring: Path

    def deployment_file(self, endpoint: str) -> Path:
        """Return the YAML that deploys this variant to ``endpoint``.

        Raises:
            NotFound: the endpoint does not deploy it.
        """
        path = endpoint_folder(endpoint) / "deployments" / f"{self.name}.yml"
        if not path.is_file():
            raise NotFound(f"{_shown(path)} does not exist: variant {self.name} is not deployed to {endpoint}.")
        return path


def variant_names(problem: str) -> list[str]:
    """Return the names of a problem's variants, sorted."""
    return sorted(path.parent.name for path in (ROOT / "pipelines" / problem).glob("*/pipeline.yml"))


def find_variant(problem: str, name: str) -> Variant:
    """Return the variant ``name`` of a problem.

    Raises:
        NotFound: there is no such variant; the message lists the variants.
    """
    folder, names = ROOT / "pipelines" / problem / name, variant_names(problem)
    if name not in names:
        raise NotFound(f"There is no variant {name!r} of {problem}; its variants are: {', '.join(names) or 'none'}.")
    return Variant(problem, name, folder / "pipeline.yml", folder / "job.yml", folder / "score.yml")


def endpoint_folder(endpoint: str) -> Path:
    """Return the folder that describes ``endpoint``.

    Raises:
        NotFound: there is no such folder; the message lists the endpoints.
    """
    folder = ROOT / "endpoints" / endpoint
    if not (folder / "endpoint.yml").is_file():
        names = ", ".join(sorted(path.parent.name for path in (ROOT / "endpoints").glob("*/endpoint.yml")))
        raise NotFound(f"There is no endpoints/{endpoint}/endpoint.yml; the endpoints are: {names}.")
    return folder


def deployed_variants(endpoint: str) -> list[str]:
    """Return the names of the variants that ``endpoint`` deploys, sorted."""
    return sorted(path.stem for path in (endpoint_folder(endpoint) / "deployments").glob("*.yml"))


def serving_variant(endpoint: str) -> str:
    """Return the variant that is declared to be the default of ``endpoint``: the only one, or that of serving.yml.

    Raises:
        BadConfiguration: several variants are deployed and none is declared, or one that is not deployed.
    """
    path = endpoint_folder(endpoint) / "serving.yml"
    variants = deployed_variants(endpoint)
    if not path.is_file() and len(variants) == 1:
        return variants[0]
    declared = read_yaml(path).get("variant") if path.is_file() else None
    if declared not in variants:
        raise BadConfiguration(
            f"{_shown(path)} must declare the variant that serves, as `variant: NAME`; {endpoint} deploys "
            f"{', '.join(variants) or 'none'}, and the file says {declared!r}."
        )
    return str(declared)


def released_variants(endpoint: str) -> list[str]:
    """Return the variants that a release is about unless it names others: all but those on request in serving.yml.

    Raises:
        BadConfiguration: what is on request is no list of other variants that the endpoint deploys.
    """
    path, variants = endpoint_folder(endpoint) / "serving.yml", deployed_variants(endpoint)
    on_request = read_yaml(path).get("on_request") if path.is_file() else None
    if on_request is None:
        return variants
    others = set(variants) - {serving_variant(endpoint)}
    if not isinstance(on_request, list) or not others.issuperset(on_request):
        raise BadConfiguration(
            f"{_shown(path)}: `on_request` is {on_request!r}; it lists variants that {endpoint} deploys and that do "
            f"not serve: {', '.join(sorted(others)) or 'there is none'}."
        )
    return [name for name in variants if name not in on_request]


def gate_file(endpoint: str) -> Path:
    """Return the path of the endpoint's gate file."""
    return endpoint_folder(endpoint) / "gate.yml"


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML file that holds a mapping.

    Raises:
        BadConfiguration: it cannot be read, or holds something else.
    """
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)
    except (OSError, yaml.YAMLError) as error:
        raise BadConfiguration(f"{_shown(path)} cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise BadConfiguration(f"{_shown(path)} must hold a mapping, not {type(content).__name__}.")
    return content


def git_commit() -> str | None:
    """Return the commit that is checked out, with ``-dirty`` if tracked files differ from it; None outside git."""
    import subprocess

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(ROOT), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    try:
        changed = git("status", "--porcelain", "--untracked-files=no")
        return git("rev-parse", "HEAD") + ("-dirty" if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return None


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
