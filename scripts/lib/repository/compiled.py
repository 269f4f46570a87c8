"""What a variant is compiled to: components, environment and deployment, named by their content."""

from dataclasses import dataclass, field
from pathlib import Path

from scripts.lib.digests import content_digest
from scripts.lib.errors import BadConfiguration
from scripts.lib.repository.files import Variant, read_yaml

SHORT = 10


@dataclass(frozen=True)
class _CompiledAsset:
    path: Path
    name: str
    version: str

    @property
    def reference(self) -> str:
        """The reference by which YAML names this version of the asset."""
        return asset_reference(self.name, self.version)


class CompiledEnvironment(_CompiledAsset):
    """An environment whose version is a digest of its image and packages."""


@dataclass(frozen=True)
class CompiledComponent(_CompiledAsset):
    """A component whose version is a digest of its content; ``uses`` holds the component of each step of a pipeline.

    ``includes`` are the files and folders that are uploaded with its own code.
    """

    kind: str
    includes: tuple[str, ...] = ()
    environment: CompiledEnvironment | None = None
    uses: dict[str, "CompiledComponent"] = field(default_factory=dict)


@dataclass(frozen=True)
class CompiledVariant:
    """A variant with the digest of its content, which names its deployment."""

    variant: Variant
    endpoint: str
    pipeline: CompiledComponent
    scoring: CompiledComponent
    digest: str

    @property
    def deployment(self) -> str:
        """Name of the deployment: the variant and a short digest of its content."""
        return f"{self.variant.name}-{self.digest.removeprefix('sha256:')[:SHORT]}"

    @property
    def training_step(self) -> str:
        """Name of the step that writes the output ``evaluation_results``.

        Raises:
            BadConfiguration: no step writes it.
        """
        for name, job in read_yaml(self.variant.pipeline)["jobs"].items():
            if any("outputs.evaluation_results" in str(target) for target in (job.get("outputs") or {}).values()):
                return str(name)
        raise BadConfiguration(f"{self.variant.pipeline}: no step writes the output evaluation_results.")

    @property
    def code_digest(self) -> str:
        """Digest of the training step's component, without the values that the pipeline gives it."""
        step = self.pipeline.uses[self.training_step]
        return component_digest(step.name, step.version)


def component_digest(name: str, version: str) -> str:
    """Return a digest for a component whose version is a digest of its content."""
    return content_digest(asset_reference(name, version))


def asset_reference(name: str, version: str) -> str:
    """Return the reference by which YAML names a version of an asset."""
    return f"azureml:{name}:{version}"
