"""Create the deployment of a compiled variant; the endpoint's default stays as it is."""

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from scripts.lib.errors import Conflict
from scripts.lib.repository.compilation import CompiledVariant
from scripts.lib.repository.files import git_commit
from scripts.lib.workspace.endpoints import read_endpoint

if TYPE_CHECKING:
    from azure.ai.ml import MLClient


def create_deployment(client: "MLClient", compiled: CompiledVariant) -> bool:
    """Create the deployment of a compiled variant; return whether it was created.

    The deployment's name holds a digest of its content. So a deployment of this name that exists already has the same
    content, and is kept unless its creation failed. The pipeline component must be registered.

    Raises:
        Conflict: a deployment of this name has other content, or the new deployment became the default.
    """
    from azure.ai.ml.entities._load_functions import load_pipeline_component_batch_deployment

    before = read_endpoint(client, compiled.endpoint)
    for present in before.deployments:
        if present.name == compiled.deployment:
            if present.content_digest not in (None, compiled.digest):
                raise Conflict(f"Deployment {present.name} holds {present.content_digest}, not {compiled.digest}.")
            if not present.failed:
                return False
    path = compiled.variant.deployment_file(compiled.endpoint)
    tags = {
        "variant": compiled.variant.name,
        "content_digest": compiled.digest,
        "code_digest": compiled.code_digest,
        "training_step": compiled.training_step,
        "git_commit": git_commit() or "unknown",
        "created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }
    wanted = load_pipeline_component_batch_deployment(
        path,
        params_override=[
            {"name": compiled.deployment},
            {"endpoint_name": compiled.endpoint},
            {"component": compiled.pipeline.reference},
            {"tags": tags},
        ],
    )
    wanted.settings = {key: str(value) for key, value in (wanted.settings or {}).items()}
    client.batch_deployments.begin_create_or_update(wanted).result()
    after = read_endpoint(client, compiled.endpoint)
    after.deployment(compiled.deployment)
    if after.default == compiled.deployment != before.default:
        raise Conflict(
            f"{compiled.deployment} became the default of {compiled.endpoint} by being deployed, "
            f"before anything judged it; before it was {before.default or 'none'}."
        )
    return True
