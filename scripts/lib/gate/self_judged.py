"""Judge by what both sides wrote about themselves, where the line does not withhold rows itself."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scripts.lib.gate.config import Gate
from scripts.lib.gate.evaluate import evaluate
from scripts.lib.gate.judged import JudgedRows, Scored
from scripts.lib.gate.reading import read_json, read_table, read_target
from scripts.lib.gate.refusals import EvaluationRefused
from scripts.lib.gate.runs import Run, check_training_ran
from scripts.lib.gate.self_report import read_self_report
from scripts.lib.gate.verdict import Verdict


@dataclass(frozen=True)
class Evaluation:
    """One side's own report, as rows to judge, sorted by its row ids."""

    run: Run
    rows: JudgedRows
    row_ids: tuple[str, ...]
    scored: Scored


def read_evaluation(folder: Path, run: Run, gate: Gate) -> Evaluation:
    """Read the `evaluation_results` of ``run``. Raises EvaluationRefused."""
    read_self_report(folder)
    columns = gate.slice_columns
    table = read_table(folder / "predictions.csv", ("row_id", "target", "score", *columns), text=("row_id",))
    table = table.sort_values("row_id", ignore_index=True)
    rows = JudgedRows(
        row=np.arange(len(table)),
        target=read_target(table, folder / "predictions.csv"),
        protocol="hold_out" if read_json(folder / "metrics.json")["protocol"] == "hold_out" else "cross_fitted",
        columns={name: table[name].to_numpy() for name in columns},
    )
    scored = Scored(run.deployment, table["score"].to_numpy(dtype=np.float64))
    return Evaluation(run, rows, tuple(table["row_id"].astype(str)), scored)


def judge(candidate: Evaluation, champion: Evaluation | None, gate: Gate) -> Verdict:
    """Judge two reports about the same rows. Raises EvaluationRefused when they are not about the same."""
    check_training_ran(candidate.run, champion.run if champion else None)
    if champion is not None and (
        candidate.row_ids != champion.row_ids or (candidate.rows.target != champion.rows.target).any()
    ):
        raise EvaluationRefused("different-rows", "Candidate and champion were judged on different rows.")
    return evaluate(candidate.rows, candidate.scored, champion.scored if champion else None, gate)
