"""Check what a training component reports of itself, alone: for the author of a component, without a workspace."""

from pathlib import Path

import click

from scripts.lib.command import command
from scripts.lib.telling import results


@command()
@click.argument("folder", type=click.Path(path_type=Path))
def main(folder: Path) -> None:
    """Check FOLDER, the output `evaluation_results` of a training step; exit 4 when it breaks docs/contract.md.

    Example: python -m scripts.check_evaluation out/evaluation_results
    """
    from scripts.lib.gate.contract import check_evaluation

    report = check_evaluation(folder)
    results.tell(f"{folder} keeps the contract: {report.rows} rows, task {report.task}.")
    for name, value in report.metrics.items():
        results.tell(f"    {name} {value:.6g}, as its predictions give it")
    if report.left_out:
        results.tell(f"    Not reported, which is allowed: {', '.join(report.left_out)}.")
    results.emit({"task": report.task, "rows": report.rows, "metrics": report.metrics})


if __name__ == "__main__":
    main()
