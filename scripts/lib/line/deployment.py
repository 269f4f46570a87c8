"""Create the deployment of a compiled variant; the endpoint's default stays as it is."""

from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.lib.errors import Conflict
from scripts.lib.repository.compiled import CompiledVariant
from scripts.lib.repository.data_types import SCORED, TRAINED_ON, declared_type
from scripts.lib.repository.files import git_commit
from scripts.lib.workspace.assets import ensure_component
from scripts.lib.workspace.endpoint_names import endpoint_name
from scripts.lib.workspace.endpoints import Endpoint, read_endpoint
from scripts.lib.workspace.writing import written

if TYPE_CHECKING:
    from azure.ai.ml import MLClient


def create_deployment(client: "MLClient", compiled: CompiledVariant) -> bool:
    """Create the deployment of a compiled variant; return whether it was created.

    The deployment's name holds a digest of its content. So a deployment of this name that exists already has the same
    content, and is kept unless its creation failed. Its training and its scoring
    pipeline are registered first.

    Raises:
        Conflict: a deployment of this name has other content, or the new deployment became the default.
    """
    before = read_endpoint(client, compiled.endpoint)
    for present in before.deployments:
        if present.name == compiled.deployment:
            if present.content_digest not in (None, compiled.digest):
                raise Conflict(f"Deployment {present.name} holds {present.content_digest}, not {compiled.digest}.")
            if not present.failed:
                return False
    for pipeline in (compiled.pipeline, compiled.scoring):
        ensure_component(client, pipeline)
    path = compiled.variant.deployment_file(compiled.endpoint)
    tags = {
        "variant": compiled.variant.name,
        "content_digest": compiled.digest,
        "code_digest": compiled.code_digest,
        "training_step": compiled.training_step,
        "scoring": compiled.scoring.reference,
        "data_type": declared_type(compiled.variant.pipeline, TRAINED_ON),
        "scored_type": declared_type(compiled.variant.scoring, SCORED),
        "git_commit": git_commit() or "unknown",
        "created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }
    put_deployment(client, path, compiled.deployment, compiled.endpoint, compiled.pipeline.reference, tags)
    after = read_endpoint(client, compiled.endpoint)
    if after.default == compiled.deployment != before.default:
        raise Conflict(
            f"{compiled.deployment} became the default of {compiled.endpoint} by being deployed, "
            f"before anything judged it; before it was {before.default or 'none'}."
        )
    return True


def put_deployment(
    client: "MLClient", path: Path, name: str, endpoint: str, component: str, tags: dict[str, str]
) -> None:
    """Create the deployment that the YAML at ``path`` describes, under a name, with a registered component and tags."""
    from azure.ai.ml.entities._load_functions import load_pipeline_component_batch_deployment

    wanted = load_pipeline_component_batch_deployment(
        path,
        params_override=[
            {"name": name},
            {"endpoint_name": endpoint_name(client, endpoint)},
            {"component": component},
            {"tags": tags},
        ],
    )
    wanted.settings = {key: str(value) for key, value in (wanted.settings or {}).items()}

    def deployed() -> Endpoint | None:
        now = read_endpoint(client, endpoint)
        made = [present for present in now.deployments if present.name == name]
        return now if made and made[0].content_digest == tags["content_digest"] and not made[0].failed else None

    written(
        lambda: client.batch_deployments.begin_create_or_update(wanted).result(),
        deployed,
        lambda: f"The workspace said yes to deployment {name}, but does not have it. Try again.",
    )
