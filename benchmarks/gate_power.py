"""Measure how often the shipped gate decides right: `python -m benchmarks.gate_power` writes the report."""

import argparse
import dataclasses
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from scipy.stats import norm
from threadpoolctl import threadpool_limits

from benchmarks.gate_population import REAL, ROOT, Population, default_data
from benchmarks.gate_scenarios import Row, Scenarios
from benchmarks.gate_simulation import simulate
from scripts.lib.gate.config import Gate, load_gate

GATE_FILE = ROOT / "endpoints" / "uci-classifier-train" / "gate.yml"
REPORT = ROOT / "docs" / "gate_power.md"
ROWS, DATASETS, SEED, RESAMPLES = 303, 300, 20240229, 1000
HEADER = (
    "kind of candidate | goal | ROC AUC, true difference (SD) | Brier, true difference (SD) "
    "| gate, out of fold | gate, hold-out | naive rule"
)


def rows_needed(row: Row, gate: Gate, rows: int) -> int:
    """Return how many rows let an identical candidate with such differences keep each margin 95 % of the time.

    The margin must hold the width of the bound and chance itself, in the harder of the metrics:
    n = rows · ((z_confidence + z_0.95) SD / margin)².
    """
    reach = norm.ppf(gate.confidence) + norm.ppf(0.95)
    spread = {"roc_auc": row.auc[1], "brier": row.brier[1]}
    margins = ((each.metric, each.margin) for each in gate.metrics if each.margin is not None)
    return int(np.ceil(max(rows * (reach * spread[metric] / margin) ** 2 for metric, margin in margins)))


def report(rows: Sequence[Row], gate: Gate, data: Path, arguments: argparse.Namespace) -> str:
    """Render docs/gate_power.md."""
    source = "the UCI Cleveland data" if data == REAL else f"{data.name} (not the UCI Cleveland data)"
    margins = ", ".join(f"{each.metric} {each.margin:g}" for each in gate.metrics if each.margin is not None)
    noise = 100 * np.sqrt(0.05 * 0.95 / arguments.datasets)
    lines = [
        "# How often the gate decides right",
        "",
        f"Command: `{command(arguments)}`",
        "",
        f"Gate: `{gate.digest}` (margins {margins}; confidence {gate.confidence:g})",
        "",
        f"{arguments.datasets} data sets of {arguments.rows} rows, simulated like {source}; the model is the train "
        f"component's own, 10 folds. Bootstrap: {RESAMPLES} resamples here, {gate.resamples} in the gate. A share "
        f"near 5 % or 95 % has a standard error of {noise:.1f} points. `docs/gate.md` explains the columns.",
        "",
        f"| {HEADER} |",
        "|---|---|---|---|---:|---:|---:|",
        *(
            f"| {row.name} | {row.goal} | {_difference(row.auc)} | {_difference(row.brier)} | {_share(row.gate)} "
            f"| {_share(row.held_out)} | {_share(row.naive)} |"
            for row in rows
        ),
        "",
        "Rows at which an identical candidate would keep each margin 95 % of the time, from the spread above:",
        "",
        "| kind of candidate | rows needed |",
        "|---|---:|",
        *(
            f"| {row.name} | {rows_needed(row, gate, arguments.rows)} |"
            for row in rows
            if row.name.startswith("identical skill")
        ),
    ]
    return "\n".join(lines) + "\n"


def command(arguments: argparse.Namespace) -> str:
    """Return the command that makes the same report again."""
    return f"python -m benchmarks.gate_power --seed {arguments.seed} --datasets {arguments.datasets}" + (
        f" --rows {arguments.rows}" if arguments.rows != ROWS else ""
    )


def _difference(pair: tuple[float, float]) -> str:
    return f"{pair[0]:+.4f} ({pair[1]:.4f})"


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"


def main() -> None:
    """Simulate, judge, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--datasets", type=int, default=DATASETS, help="simulated data sets")
    parser.add_argument("--rows", type=int, default=ROWS, help="rows of each data set")
    parser.add_argument("--data", type=Path, default=default_data(), help="patients to simulate from")
    parser.add_argument("--report", type=Path, default=REPORT, help="Markdown file to write")
    arguments = parser.parse_args()
    gate = load_gate(GATE_FILE)
    draw = partial(simulate, Population(arguments.data), arguments.rows, arguments.seed)
    # One BLAS thread a process: the processes fill the cores.
    with ProcessPoolExecutor(os.cpu_count(), initializer=partial(threadpool_limits, 1)) as workers:
        data = list(workers.map(draw, range(arguments.datasets), chunksize=2))
        rows = Scenarios(data, dataclasses.replace(gate, resamples=RESAMPLES), workers).rows()
    text = report(rows, gate, arguments.data, arguments)
    arguments.report.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
