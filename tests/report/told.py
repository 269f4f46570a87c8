"""A command of the release line that tells a made-up release; the test of the terminal runs it."""

import time

import click

from scripts.lib.command import command
from scripts.lib.report.closing import closing_text
from scripts.lib.report.text import judgement_text, report_markdown
from scripts.lib.telling import results
from scripts.lib.telling.story import Story
from tests.report.outcomes import every_report


@command()
@click.option("--wait", default=0.0, help="Seconds for which the last stage runs.")
def main(wait: float) -> None:
    """Tell a release."""
    report = every_report()["no"]
    story = Story()
    results.tell("Workspace: embedded, its state in .azureml-local")
    with story.stage("Validate the data") as outcome:
        results.tell("    data/sample: 1 file, 303 rows (synthetic, of no real patient)")
        outcome.append("303 rows accepted")
    with story.stage("Invoke and judge onehot") as outcome:
        for second in range(8):
            results.tell(f"    {second:5.1f} s  candidate without fold {second}: completed")
            print(".", end="", flush=True)  # as the SDK does while it waits
        print()
        time.sleep(wait)
        results.tell(judgement_text(report.judgements[0], results.terminal_width()))
        outcome.append("gate: fail")
    results.tell(f"\n{closing_text(report, results.terminal_width())}")
    results.emit({"default": report.default}, report_markdown(report))


if __name__ == "__main__":
    main()
