"""Time the report of an evaluation on many rows, and weigh its page: `python -m benchmarks.report_page`.

In the time are the spread of each column, the curves of both sides, the document and the page, with their imports; the
judgement before them is timed by `benchmarks.gate_statistics`, the validation by `benchmarks.validation`.
"""

import argparse
import dataclasses
import os
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.gate_statistics import scores_of

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from scripts.lib.evidence.contents import Evidence

ROWS = (303, 1_000_000)
LABELS = ("candidate", "champion")


def evidence_on(target: "np.ndarray", scores: "list[np.ndarray]", frame: "pd.DataFrame") -> "Evidence":
    """Return the evidence of judging both sides by the shipped gate."""
    import numpy as np

    from benchmarks.gate_populations import SHIPPED
    from scripts.lib.evidence.document import build_evidence
    from scripts.lib.evidence.parts import DataAsset, Delivered, Side, Split
    from scripts.lib.gate.evaluate import evaluate
    from scripts.lib.gate.judged import JudgedRows, Scored

    columns = {name: frame[name].to_numpy(float) for name in ("age", "sex")}
    rows = JudgedRows(np.arange(len(target)), target, "cross_fitted", columns)
    verdict = evaluate(rows, *map(Scored, LABELS, scores), SHIPPED)
    digest = "sha256:" + 64 * "0"
    delivered = Delivered("job", "azureml://model", "azureml://transformations", digest, digest)
    sides = [
        Side(
            name,
            digest,
            digest,
            "azureml:scoring:1",
            {"0": "job", "delivered": "job", "scoring": "job"},
            delivered,
            digest,
        )
        for name in LABELS
    ]
    return build_evidence(
        verdict,
        SHIPPED,
        endpoint="heart-disease",
        candidate=sides[0],
        champion=sides[1],
        data=DataAsset("rows", "1", digest),
        split=Split("job", 5, digest),
        environment="azureml:training:1",
        git_commit="0" * 40,
        now=datetime.now(timezone.utc),
    )


def write(rows: int) -> None:
    """Time one report; print a row of the table."""
    import pandas as pd

    from scripts.lib.repository.problem import find_problem

    sample = pd.read_csv(find_problem("heart-disease").sample)
    frame = sample.sample(rows, replace=True, random_state=0, ignore_index=True)
    target, scores = scores_of(rows)
    evidence = evidence_on(target, scores, frame)
    begun, processor = time.perf_counter(), time.process_time()

    from scripts.lib.data.distributions import distributions
    from scripts.lib.report.assembly import evaluation_report
    from scripts.lib.report.curves import binary_curves
    from scripts.lib.report.data_section import ChampionData, data_section
    from scripts.lib.report.judgement import judged
    from scripts.lib.report.writing import write_report

    spread = distributions(frame)
    validated = {"data": "sample", "digest": "1", "rows": rows, "rules": 46, "synthetic": True, "findings": []}
    validated["distributions"] = [dataclasses.asdict(each) for each in spread]
    data = data_section(validated, "rows:1", ChampionData("rows:0", spread, dict.fromkeys(frame.columns, 0.0)))
    curves = {label: binary_curves(target, score, 0.5) for label, score in zip(LABELS, scores, strict=True)}
    gains = {label: dict.fromkeys(frame.columns, 1.0) for label in LABELS}
    report = evaluation_report("heart-disease", judged(evidence, curves, gains), data, (), "evidence.json", True)
    with tempfile.TemporaryDirectory() as folder:
        page = write_report(report, Path(folder))
        wall, processor = time.perf_counter() - begun, time.process_time() - processor
        print(f"| {rows:,} | {wall:.1f} | {processor:.1f} | {page.stat().st_size / 1e6:.2f} |", flush=True)


def main() -> None:
    """Print the table; each report is made by a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.rows:
        write(options.rows)
        return
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}\n")
    print("| rows | wall s | processor s | page MB |\n|---:|---:|---:|---:|", flush=True)
    for rows in ROWS:
        subprocess.run([sys.executable, "-m", "benchmarks.report_page", "--rows", str(rows)], check=True)


if __name__ == "__main__":
    main()
