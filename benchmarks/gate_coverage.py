"""Measure how often each kind of bound misses the truth: `python -m benchmarks.gate_coverage` writes the table.

A bound at 97.5 % should miss in 2.5 % of samples. Samples and truths are made without the gate's own code.
"""

import argparse
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.gate_coverage_samples import of_groups, of_repeats, of_rows
from scripts.lib.gate.config import load_gate

ROOT = Path(__file__).resolve().parents[1]
GATE = load_gate(ROOT / "endpoints" / "heart-disease" / "gate.yml")
REPORT = ROOT / "docs" / "gate_coverage.md"
SEED, DATASETS = 20240229, 2000
ROWS, POSITIVES = (100, 303, 10_000, 100_000), (0.46, 0.05)
TOLERATED = (1.5, 4.0)
# Beyond so many rows, a share of the samples, and the bounds that take no others beside them.
MANY_ROWS, SHARE_OF_MANY = 20_000, 0.15


def missed(rows: int, positives: float, seed: int, number: int) -> dict[str, tuple[int, bool, bool]]:
    """Draw data set ``number``: for each bound, the rarer class' size and whether each side misses the truth."""
    generator = np.random.default_rng([seed, rows, round(100 * positives), number])
    found = {}
    kinds = {"": of_rows}
    if rows <= MANY_ROWS:
        kinds |= {" of groups": of_groups, " of repeated training": of_repeats}
    for kind, of_kind in kinds.items():
        for rarer, (name, bounds, truth) in of_kind(rows, positives, generator):
            if bounds is not None:
                found[name + kind] = rarer, truth < bounds.lower, truth > bounds.upper
    return found


class Cell:
    """The misses of every bound at one number of rows and share of positives."""

    def __init__(self, datasets: Sequence[dict[str, tuple[int, bool, bool]]]) -> None:
        names = dict.fromkeys(name for found in datasets for name in found)
        self.found = {name: np.array([found[name] for found in datasets if name in found]) for name in names}

    def misses(self, name: str, least: int) -> tuple[float, float, float] | None:
        """Return how often, in percent, a rule that needs ``least`` of each class is judged, and misses."""
        if name not in self.found:
            return None
        rarer, below, above = self.found[name].T
        judged = rarer >= least
        share = 100 * judged.mean()
        return (share, 100 * below[judged].mean(), 100 * above[judged].mean()) if share else (0.0, 0.0, 0.0)


def measure(rows: int, positives: float, seed: int, datasets: int, workers: ProcessPoolExecutor) -> Cell:
    """Draw the data sets of one cell."""
    draw = partial(missed, rows, positives, seed)
    number = datasets if rows <= MANY_ROWS else round(datasets * SHARE_OF_MANY)
    return Cell(list(workers.map(draw, range(number), chunksize=25)))


def table(cells: dict[tuple[int, float], Cell], least: int, names: Sequence[str]) -> list[str]:
    """Render the misses below and above, in percent, where a rule that needs ``least`` of each class is judged."""
    head = " | ".join(f"{rows:,} rows, {positives:.0%}" for rows, positives in cells)
    lines = [f"| bound | {head} |", f"|---|{'---:|' * len(cells)}"]
    for name in names:
        shown = (_cell(cell.misses(name, least)) for cell in cells.values())
        lines.append(f"| {name} | {' | '.join(shown)} |")
    return lines


def _cell(found: tuple[float, float, float] | None) -> str:
    if found is None:
        return "-"
    judged, below, above = found
    if judged < 50:
        return "undecided" if judged < 0.5 else f"undecided in {100 - judged:.0f} %"
    return f"{below:.1f} / {above:.1f}" + (f" ({100 - judged:.0f} % undecided)" if judged < 99.5 else "")


def report(cells: dict[tuple[int, float], Cell], arguments: argparse.Namespace) -> str:
    """Render docs/gate_coverage.md."""
    names = list(dict.fromkeys(name for cell in cells.values() for name in cell.found))
    of_slices = [name for name in names if "roc_auc" in name or name == "limit average_precision"]
    noise = 100 * np.sqrt(0.025 * 0.975 / arguments.datasets)
    of_many = noise / SHARE_OF_MANY**0.5
    least, least_of_slice = GATE.minimum_per_class, GATE.slices.minimum_per_class
    return "\n".join(
        [
            "# How often each bound misses the truth",
            "",
            f"Command: `python -m benchmarks.gate_coverage --seed {arguments.seed} --datasets {arguments.datasets}"
            f"{''.join(f' --rows {rows}' for rows in arguments.rows or ())}`",
            "",
            f"A bound at 97.5 % should miss in 2.5 % of samples; {TOLERATED[0]:g} to {TOLERATED[1]:g} % is held to be "
            f"right. A cell shows how often, in percent, the truth lay below the lower and above the upper bound, in "
            f"{arguments.datasets} samples ({round(SHARE_OF_MANY * arguments.datasets)} of more than {MANY_ROWS:,} "
            f"rows); near 2.5 % that has a standard error of {noise:.1f} points ({of_many:.1f}). "
            "`docs/gate.md` says which bounds these are, and `benchmarks/gate_coverage.py` how the samples are made.",
            "",
            f"## On all rows: at least {least} of each class",
            "",
            *table(cells, least, names),
            "",
            f"## In a slice: at least {least_of_slice} of each class",
            "",
            *table(cells, least_of_slice, of_slices),
            "",
        ]
    )


def main() -> None:
    """Measure every cell and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--datasets", type=int, default=DATASETS, help="samples of each kind")
    parser.add_argument("--rows", type=int, action="append", help="rows of a sample; all of the table's when left out")
    parser.add_argument("--report", type=Path, default=REPORT, help="Markdown file to write")
    arguments = parser.parse_args()
    with ProcessPoolExecutor(os.cpu_count(), initializer=partial(threadpool_limits, 1)) as workers:
        cells = {
            (rows, positives): measure(rows, positives, arguments.seed, arguments.datasets, workers)
            for rows in arguments.rows or ROWS
            for positives in POSITIVES
        }
    text = report(cells, arguments)
    arguments.report.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
