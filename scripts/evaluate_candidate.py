"""Invoke a candidate and the default side by side, and let the gate decide."""

from pathlib import Path

import click

from scripts.lib.command import command
from scripts.lib.options import (
    data_asset_option,
    output_option,
    problem_option,
    stream_option,
    wait_option,
    workspace_options,
)
from scripts.lib.telling import results
from scripts.lib.workspace.connection import Target, connect


@command()
@problem_option
@click.option("--deployment", required=True, help="Candidate to judge, as deploy_candidate names it.")
@data_asset_option
@output_option("evidence", help="Folder for evidence.json and both sides' evaluation results.")
@click.option(
    "--retrained", is_flag=True, help="Judge the default itself, on data it was retrained on: by floors alone."
)
@click.option("--challenger", is_flag=True, help="It is not to be promoted: a no of the gate is told and no failure.")
@stream_option
@wait_option
@workspace_options
def main(
    endpoint: str,
    deployment: str,
    data_asset: tuple[str, str],
    output: Path,
    retrained: bool,
    challenger: bool,
    stream: bool,
    target: Target,
) -> None:
    """Judge by endpoints/PROBLEM/gate.yml; exit 4 when the gate says no. The default is not touched.

    Example: python -m scripts.evaluate_candidate --deployment onehot-0123456789
    --data-asset PROBLEM-train:0123456789ab
    """
    from scripts.lib.errors import GateSaidNo
    from scripts.lib.gate.render import verdict_markdown, verdict_table
    from scripts.lib.line.evaluation import evaluate_candidate, result_of

    evaluated = evaluate_candidate(connect(target), endpoint, deployment, data_asset, output, stream, retrained)
    results.tell(verdict_table(evaluated.verdict))
    results.emit(result_of(evaluated), verdict_markdown(evaluated.verdict, f"Gate for `{deployment}`"))
    if not evaluated.verdict.promote and not challenger:
        raise GateSaidNo(f"The gate said no to {deployment}: {evaluated.verdict.sentence}")


if __name__ == "__main__":
    main()
