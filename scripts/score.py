"""Score new rows with the promoted model."""

from pathlib import Path

import click

from scripts.lib.command import command
from scripts.lib.data.address import DataAddress
from scripts.lib.options import data_given, output_option, problem_option, stream_option, workspace_options
from scripts.lib.telling import results
from scripts.lib.workspace.connection import Target, connect


@command()
@problem_option
@click.option(
    "--data",
    required=True,
    callback=data_given,
    type=click.Path(),
    help="CSV or Parquet file, folder of them, or data of the workspace, as for release_variants, which stays there. "
    "The column to predict is not needed.",
)
@output_option(
    "scores", help="Folder for predictions.csv, one line a row; predictions.parquet for more than a million."
)
@stream_option
@workspace_options
def main(endpoint: str, data: Path | DataAddress, output: Path, stream: bool, target: Target) -> None:
    """Score rows by the endpoint that serves the model which the problem's default delivered.

    Example: python -m scripts.score --data new.csv
    """
    from scripts.lib.line.new_rows import score_rows

    scores = score_rows(connect(target), endpoint, data, output, stream)
    result = {
        "predictions": str(scores.file),
        "rows": scores.rows,
        "job": scores.job,
        "deployment": scores.deployment,
        "model": scores.model,
    }
    results.emit(result, f"### Scores\n\n`{scores.model}` scored {scores.rows:,} rows in job `{scores.job}`.\n")


if __name__ == "__main__":
    main()
