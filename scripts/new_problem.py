"""Draft a problem of one's own from a table: data, pipelines, endpoint and gate."""

from pathlib import Path

import click

from scripts.lib.command import command
from scripts.lib.telling import results


@command()
@click.argument("name")
@click.option(
    "--data",
    required=True,
    type=click.Path(exists=True, path_type=Path),
    help="Table in any common form of CSV, Parquet file, or folder of such files with the same columns.",
)
@click.option("--target", required=True, help="Column to predict.")
@click.option(
    "--task", type=click.Choice(["binary", "multiclass", "regression"]), help="What to predict; inferred unless given."
)
@click.option("--group", help="Column whose rows belong together, such as one patient's; inferred unless given.")
@click.option("--dry-run", is_flag=True, help="Show what would be written, and write nothing.")
def main(name: str, data: Path, target: str, task: str | None, group: str | None, dry_run: bool) -> None:
    """Infer what the table holds, and write folders NAME that a release takes as they are; nothing is overwritten.

    Example: python -m scripts.new_problem churn --data customers.csv --target churned
    """
    from scripts.lib.drafting.draft import draft_problem
    from scripts.lib.drafting.writing import write_problem

    draft = draft_problem(name, data, target, task, group)
    goal = draft.target
    classes = f" with the classes {', '.join(goal.classes)}" if goal.classes else ""
    results.tell(f"{len(draft.table):,} rows; a {goal.task} problem: predict {draft.resource['target']}{classes}.")
    if goal.task == "binary":
        results.tell(f"The positive class is {goal.classes[-1]}.")
    written = write_problem(draft, dry_run)
    results.tell("\nAssumed; look at it in the data package:")
    for note in draft.notes or ("Nothing beside the types of the columns.",):
        results.tell(f"  {note}")
    results.tell("\nA baseline, trained on the spot, from which the gate's limits follow:")
    for metric, given in written.measured.items():
        weak = "" if given.advantage > 5 * given.error else "  hardly better than a constant score: look at the target"
        results.tell(f"  {metric} {given.value:.4g}, a constant score {given.constant:.4g}{weak}")
    results.tell(f"\n{'Would write' if dry_run else 'Written'}:")
    for path in written.paths:
        results.tell(f"  {path}")
    command_line = f"make release PROBLEM={name}"
    results.tell("\nNothing was written." if dry_run else f"\nRun: {command_line}")
    metrics = {metric: round(float(given.value), 6) for metric, given in written.measured.items()}
    results.emit(
        {
            "problem": name,
            "task": goal.task,
            "classes": list(goal.classes),
            "rows": len(draft.table),
            "assumed": list(draft.notes),
            "baseline": metrics,
            "files": list(written.paths),
            "written": not dry_run,
        }
    )


if __name__ == "__main__":
    main()
