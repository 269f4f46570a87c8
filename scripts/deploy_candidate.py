"""Deploy a variant beside the default, without touching the default."""

from scripts.lib.command import command
from scripts.lib.options import problem_option, variant_option, workspace_options
from scripts.lib.telling import results
from scripts.lib.workspace.connection import Target, connect


@command()
@problem_option
@variant_option
@workspace_options
def main(endpoint: str, variant: str, target: Target) -> None:
    """Create the deployment that the variant's content names; do nothing when it is there.

    Example: python -m scripts.deploy_candidate --variant onehot
    """
    from scripts.lib.line.deployment import create_deployment
    from scripts.lib.repository.compilation import compile_variant
    from scripts.lib.repository.files import find_variant

    compiled = compile_variant(find_variant(endpoint, variant), endpoint)
    client = connect(target).client
    created = create_deployment(client, compiled)
    result = {"deployment": compiled.deployment, "created": created, "content_digest": compiled.digest}
    state = "was deployed" if created else "was there already,"
    results.emit(result, f"### Candidate `{compiled.deployment}`\n\nIt {state} beside the default of `{endpoint}`.\n")


if __name__ == "__main__":
    main()
