"""Delete an endpoint with its deployments, and the compute on request."""

import click

from scripts.lib.command import command
from scripts.lib.options import problem_option, workspace_options
from scripts.lib.telling import results
from scripts.lib.workspace.connection import Target, connect


@command()
@problem_option
@click.option("--confirm", required=True, help="The endpoint's name once more, so that it is meant.")
@click.option("--compute", is_flag=True, help="Delete the compute cluster too, unless something else uses it.")
@click.option("--scoring", is_flag=True, help="Delete the endpoint that scores with its model too, after it.")
@workspace_options
def main(endpoint: str, confirm: str, compute: bool, scoring: bool, target: Target) -> None:
    """Delete the endpoint and its deployments; data, components, jobs, evidence and history stay.

    Example: python -m scripts.delete_endpoint --confirm NAME
    """
    from scripts.lib.errors import NotFound
    from scripts.lib.line.removal import remove_clusters, remove_endpoint, require_unused_clusters
    from scripts.lib.line.scoring_release import scoring_endpoint_of

    if confirm != endpoint:
        raise click.BadParameter(f"{confirm!r} is not the endpoint's name, {endpoint!r}.", param_hint="--confirm")
    connection = connect(target)
    follower = scoring_endpoint_of(endpoint) if scoring else None
    if compute:
        require_unused_clusters(connection.client, endpoint, follower)
    removed = remove_endpoint(connection, endpoint)
    # After it: a promotion that is under way makes none anew where the endpoint that trains is gone.
    followed = remove_endpoint(connection, follower) if follower else None
    if followed is not None:
        results.tell(f"Deleted endpoint {follower} and its deployments.")
    deleted = {"endpoint": endpoint, "deployments": removed or [], "compute": ""}
    if compute:
        deleted["compute"] = ", ".join(remove_clusters(connection, endpoint))
    if removed is None and followed is None and not deleted["compute"]:
        raise NotFound(f"The workspace has no endpoint {endpoint}, so there is nothing to delete.")
    deployments = removed or []
    names = ", ".join(f"`{name}`" for name in deployments) or "none"
    results.tell(f"Deleted endpoint {endpoint} and its deployments: {', '.join(deployments) or 'none'}.")
    results.emit(
        deleted, f"### Deleted `{endpoint}`\n\nDeployments: {names}. Compute: {deleted['compute'] or 'kept'}.\n"
    )


if __name__ == "__main__":
    main()
