"""Compile a variant: read its pipeline, components and environment, and name them by their content."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scripts.lib.digests import content_digest
from scripts.lib.errors import BadConfiguration
from scripts.lib.repository.code import code_of, file_digest, included_code
from scripts.lib.repository.compiled import SHORT, CompiledComponent, CompiledEnvironment, CompiledVariant
from scripts.lib.repository.data_types import require_types
from scripts.lib.repository.files import ENVIRONMENT_FILE, Variant, read_yaml
from scripts.lib.repository.image import require_pinned
from scripts.lib.repository.problem import find_problem

# The service takes 3 to 32 letters, digits and hyphens, a letter first; a hyphen and the digest follow the variant.
_VARIANT_NAME = re.compile(rf"[A-Za-z][A-Za-z0-9-]{{0,{32 - 1 - SHORT - 1}}}")
_LOCAL_ONLY = ("$schema", "name", "display_name", "description", "version", "tags")


def compile_variant(variant: Variant, endpoint: str) -> CompiledVariant:
    """Compile ``variant`` as ``endpoint`` deploys it.

    The digest covers the graphs and values of the training and the scoring pipeline, every component's definition and
    code, the environment and the deployment's settings; names, descriptions and tags of the YAML do not change it.

    Raises:
        BadConfiguration: a file is missing, a step names a component that is not in the repository, or the variant's
            name cannot be part of a deployment's.
    """
    if not _VARIANT_NAME.fullmatch(variant.name):
        raise BadConfiguration(
            f"pipelines/{variant.name}: a variant's name becomes part of a deployment's, so it must be at most "
            f"{32 - 1 - SHORT} letters, digits and hyphens, a letter first."
        )
    pipeline = compile_pipeline(variant)
    deployment = read_yaml(variant.deployment_file(endpoint))
    named = (variant.deployment_file(endpoint).parent / str(deployment.get("component"))).resolve()
    if named != variant.pipeline.resolve():
        raise BadConfiguration(
            f"{variant.deployment_file(endpoint).name} deploys {deployment.get('component')}, not the pipeline of"
            f" variant {variant.name}: correct its line `component`."
        )
    settings = {key: str(value) for key, value in (deployment.get("settings") or {}).items()}
    description = find_problem(variant.problem).description_file
    scoring = compile_component(variant.scoring, _suffix(variant), description)
    content = {"pipeline": pipeline.reference, "scoring": scoring.reference, "settings": settings}
    return CompiledVariant(variant, endpoint, pipeline, scoring, content_digest(content))


def compile_pipeline(variant: Variant) -> CompiledComponent:
    """Compile the training pipeline of ``variant`` for its problem."""
    return compile_component(variant.pipeline, _suffix(variant), find_problem(variant.problem).description_file)


def _suffix(variant: Variant) -> str:
    """Return what tells a variant's components from another's; their names take no hyphens and no capitals."""
    return "_" + variant.name.replace("-", "_").lower()


def compile_environment(path: Path = ENVIRONMENT_FILE) -> CompiledEnvironment:
    """Compile the environment definition at ``path``."""
    definition = read_yaml(path)
    _require_name(definition, path)
    require_pinned(str(definition.get("image", "")), path)
    conda = read_yaml(path.parent / definition["conda_file"]) if "conda_file" in definition else None
    content = {key: value for key, value in definition.items() if key not in (*_LOCAL_ONLY, "conda_file")}
    return CompiledEnvironment(path, definition["name"], _short_digest({"definition": content, "conda": conda}))


def compile_component(
    path: Path, name_suffix: str = "", description: Path | None = None, beside: Sequence[Path] = ()
) -> CompiledComponent:
    """Compile the command or pipeline component at ``path``.

    A command that may be given a ``description``, and is not, gets the problem's: the file is uploaded beside its code,
    and so counts in its version. A deployment keeps the columns that it was made with. The files ``beside`` are
    uploaded in the same way, whatever inputs there are.

    Raises:
        BadConfiguration: it is of another kind, or it names a file or an environment that does not exist.
    """
    definition = read_yaml(path)
    kind = definition.get("type")
    content = {key: value for key, value in definition.items() if key not in _LOCAL_ONLY}
    _require_name(definition, path)
    name = definition["name"] + name_suffix
    if kind == "pipeline":
        return _compile_pipeline(path, name, content, description)
    if kind != "command":
        raise BadConfiguration(f"{path}: type {kind!r} is not one of command, pipeline.")
    own = path.with_name(ENVIRONMENT_FILE.name)
    environment = compile_environment(own if own.is_file() else ENVIRONMENT_FILE)
    if not str(definition.get("environment")).startswith(f"azureml:{environment.name}@"):
        raise BadConfiguration(
            f"{path}: `environment` is {definition.get('environment')!r}; a step runs in that of the "
            f"{ENVIRONMENT_FILE.name} in its folder, else in the shared one: write azureml:{environment.name}@latest."
        )
    content["environment"] = environment.reference
    folder = path.parent / str(definition.get("code", "."))
    if not folder.is_dir():
        raise BadConfiguration(f"{path}: `code` is {definition.get('code')!r}, which is no folder of the repository.")
    included = definition.get("additional_includes", [])
    code = {file.as_posix(): digest for file, digest in (*code_of(folder, path), *included_code(included, path))}
    for file in (*([description] if description and _takes_description(definition) else []), *beside):
        included = [*included, str(file)]
        code[file.name] = file_digest(file)
    version = _short_digest({"definition": content, "code": code})
    return CompiledComponent(path, name, version, kind, tuple(included), environment)


def _takes_description(definition: dict[str, Any]) -> bool:
    given = (definition.get("inputs") or {}).get("description") or {}
    return given.get("type") == "uri_file" and bool(given.get("optional"))


def _compile_pipeline(path: Path, name: str, content: dict[str, Any], description: Path | None) -> CompiledComponent:
    uses: dict[str, CompiledComponent] = {}
    jobs: dict[str, Any] = {}
    for step, job in (content.get("jobs") or {}).items():
        if not isinstance(job, dict):
            raise BadConfiguration(f"{path}: step {step} must hold a mapping, not {job!r}.")
        source = path.parent / str(job.get("component", ""))
        if not source.is_file():
            raise BadConfiguration(f"{path}: step {step} names component {job.get('component')!r}, which is no file.")
        require_types(path, step, content.get("inputs") or {}, job.get("inputs") or {}, source)
        given = "description" in (job.get("inputs") or {})
        uses[step] = compile_component(source.resolve(), description=None if given else description)
        jobs[step] = {**job, "component": uses[step].reference}
    if not uses:
        raise BadConfiguration(f"{path}: the pipeline has no steps.")
    return CompiledComponent(path, name, _short_digest({**content, "jobs": jobs}), "pipeline", uses=uses)


def _require_name(definition: dict[str, Any], path: Path) -> None:
    if not isinstance(definition.get("name"), str):
        raise BadConfiguration(f"{path}: `name` is missing.")


def _short_digest(content: object) -> str:
    return content_digest(content).removeprefix("sha256:")[:SHORT]
