"""Deploy a variant beside the default, without touching the default."""

import click

from scripts.lib.command import command
from scripts.lib.options import problem_option, variant_option, workspace_options
from scripts.lib.telling import results
from scripts.lib.workspace.connection import Target, connect


@command()
@problem_option
@variant_option
@click.option("--as", "expected", help="Name that the content gave it elsewhere; another one is refused.")
@workspace_options
def main(endpoint: str, variant: str, expected: str | None, target: Target) -> None:
    """Create the deployment that the variant's content names; do nothing when it is there.

    Example: python -m scripts.deploy_candidate --variant onehot
    """
    from scripts.lib.errors import Conflict
    from scripts.lib.line.deployment import create_deployment
    from scripts.lib.repository.compilation import compile_variant
    from scripts.lib.repository.files import find_variant
    from scripts.lib.workspace.endpoint_names import endpoint_name
    from scripts.lib.workspace.links import linked_deployment

    compiled = compile_variant(find_variant(endpoint, variant), endpoint)
    if expected and compiled.deployment != expected:
        raise Conflict(f"{variant} is {compiled.deployment} here, not {expected}: it is not the content judged before.")
    client = connect(target).client
    created = create_deployment(client, compiled)
    result = {"deployment": compiled.deployment, "created": created, "content_digest": compiled.digest}
    state = "was deployed" if created else "was there already,"
    place = linked_deployment(compiled.deployment, endpoint_name(client, endpoint))
    results.emit(result, f"### Candidate {place}\n\nIt {state} beside the default of `{endpoint}`.\n")


if __name__ == "__main__":
    main()
