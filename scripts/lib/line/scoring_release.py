"""Keep the endpoint that scores new rows in step with the default of the endpoint that trains."""

from scripts.lib.digests import content_digest
from scripts.lib.line.deployment import put_deployment
from scripts.lib.repository import files
from scripts.lib.repository.compiled import SHORT
from scripts.lib.repository.files import endpoint_folder, read_yaml
from scripts.lib.telling import results
from scripts.lib.workspace.connection import Connection
from scripts.lib.workspace.endpoint_writing import write_endpoint
from scripts.lib.workspace.endpoints import Deployment, endpoint_exists, ensure_endpoint, read_endpoint
from scripts.lib.workspace.locks import endpoint_lock
from scripts.lib.workspace.release_store import ReleaseStore

TRAINED_BY_TAG = "trained_by"


def scoring_endpoint_of(endpoint: str) -> str | None:
    """Return the endpoint of the repository that scores with what ``endpoint`` trains, or None."""
    for path in sorted((files.ROOT / "endpoints").glob("*/endpoint.yml")):
        if (read_yaml(path).get("tags") or {}).get(TRAINED_BY_TAG) == endpoint:
            return path.parent.name
    return None


def release_scoring(connection: Connection, endpoint: str, default: Deployment) -> str | None:
    """Make the scoring pipeline of a training deployment the default of the endpoint that scores; return its name.

    Repeating it changes nothing. None where the repository describes no such endpoint, or the training one was deleted
    meanwhile.

    Raises:
        NotFound: the scoring endpoint does not deploy the variant.
        Conflict: a write did not take.
    """
    scoring = scoring_endpoint_of(endpoint)
    if scoring is None or not default.scoring or not default.variant:
        return None
    client = connection.client
    path = endpoint_folder(scoring) / "deployments" / f"{default.variant}.yml"
    digest = content_digest({"component": default.scoring, "settings": read_yaml(path).get("settings")})
    name = f"{default.variant}-{digest.removeprefix('sha256:')[:SHORT]}"
    with endpoint_lock(ReleaseStore(connection, scoring)):
        # Whoever deletes both takes the one that trains first.
        if not endpoint_exists(client, endpoint):
            return None
        ensure_endpoint(client, scoring)
        state = read_endpoint(client, scoring)
        if state.default == name:
            return name
        if name not in [deployment.name for deployment in state.deployments]:
            tags = {"variant": default.variant, "content_digest": digest}
            put_deployment(client, path, name, scoring, default.scoring, tags)
        write_endpoint(client, scoring, {}, default=name, replacing=state.default)
    results.tell(f"    {scoring} now scores with {name}")
    return name
