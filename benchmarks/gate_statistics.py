"""Time the judgement of two models, beside a bootstrap by scikit-learn: `python -m benchmarks.gate_statistics`."""

import argparse
import subprocess
import sys
import time

import numpy as np

GOALS = {303: (1.0, None), 1_000_000: (30.0, 2.0), 10_000_000: (30.0, 2.0)}
# Beyond, one resample alone takes minutes.
MOST_OF_BOOTSTRAP = 1_000_000


def scores_of(rows: int) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return targets, 46 % positive, and the scores of two related models, each of shape (rows,)."""
    generator = np.random.default_rng(1)
    target = (generator.random(rows) < 0.46).astype(np.int64)
    evidence = generator.normal(size=rows) + 1.8 * target - 0.9
    return target, [1 / (1 + np.exp(-(evidence + noise * generator.normal(size=rows)))) for noise in (0.0, 0.3)]


def ours(rows: int, _: int) -> None:
    """Judge by every rule of the shipped gate, slices included."""
    from benchmarks.gate_populations import SHIPPED
    from scripts.lib.gate.evaluate import evaluate
    from scripts.lib.gate.judged import JudgedRows, Scored

    target, scores = scores_of(rows)
    generator = np.random.default_rng(2)
    columns = {"age": generator.integers(35, 75, size=rows).astype(float), "sex": 1.0 * (generator.random(rows) < 0.68)}
    judged = JudgedRows(np.arange(rows), target, "cross_fitted", columns)
    sides = [Scored(name, score) for name, score in zip(("candidate", "champion"), scores, strict=True)]
    _report(lambda: evaluate(judged, *sides, SHIPPED), "all rules")


def reading(rows: int, _: int) -> None:
    """Read the labels as CSV, and the scores as Parquet, as the steps write them."""
    import multiprocessing
    import tempfile
    from pathlib import Path

    from scripts.lib.gate.reading import read_judged_rows, read_scores

    with tempfile.TemporaryDirectory() as place:
        writing = multiprocessing.Process(target=_write, args=(Path(place), rows))
        writing.start()
        writing.join()

        def read() -> None:
            judged, fold = read_judged_rows(Path(place), slice_columns=("age", "sex"))
            assert len(judged.row) == len(read_scores({0: Path(place)}, fold)) == rows

        _report(read, "labels and scores")


def _write(folder, rows: int) -> None:
    import json

    import pandas as pd

    target, scores = scores_of(rows)
    place = np.arange(rows)
    (folder / "folds.json").write_text(json.dumps({"protocol": "hold_out", "folds": [{"withheld_rows": rows}]}))
    labels = pd.DataFrame({"row": place, "fold": 0, "target": target, "age": 35 + place % 40, "sex": place % 2})
    labels.to_csv(folder / "labels.csv", index=False)
    scored = pd.DataFrame({"row": place, "score": scores[0].astype(np.float32)})
    scored.to_parquet(folder / "predictions.parquet", engine="fastparquet")


def by_rows(rows: int, resamples: int) -> None:
    """Draw the rows of each resample and hand them to scikit-learn."""
    from sklearn import metrics

    of_scores = (metrics.roc_auc_score, metrics.average_precision_score, metrics.log_loss, metrics.brier_score_loss)
    of_calls = (metrics.accuracy_score, metrics.precision_score, metrics.recall_score, metrics.f1_score)
    target, scores = scores_of(rows)
    generator = np.random.default_rng(1)
    classes = [np.flatnonzero(target == label) for label in (0, 1)]

    def resample() -> None:
        for _ in range(resamples):
            drawn = np.concatenate([generator.choice(each, len(each)) for each in classes])
            for score in scores:
                for metric in of_scores:
                    metric(target[drawn], score[drawn])
                for metric in of_calls:
                    metric(target[drawn], score[drawn] >= 0.5)

    _report(resample, f"{resamples} resamples")


def _report(run, what: str) -> None:
    import resource

    start, processor = time.perf_counter(), time.process_time()
    run()
    wall, processor = time.perf_counter() - start, time.process_time() - processor
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{wall:8.2f} s wall {processor:8.2f} s CPU {memory:6.2f} GB peak ({what})")


def main() -> None:
    """Time each way in its own process, so that the peak of memory is its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int)
    parser.add_argument("--way", choices=("ours", "by_rows", "reading"))
    parser.add_argument("--resamples", type=int, default=2)
    arguments = parser.parse_args()
    if arguments.way:
        {"ours": ours, "by_rows": by_rows, "reading": reading}[arguments.way](arguments.rows, arguments.resamples)
        return
    for rows, (seconds, memory) in GOALS.items():
        goal = f"goal {seconds:g} s" + (f", {memory:g} GB" if memory else "")
        ways = [("ours", 0, goal), ("reading", 0, "files that the steps left")]
        if rows <= MOST_OF_BOOTSTRAP:
            ways.append(("by_rows", max(2, 30_000 // rows), "scikit-learn"))
        for way, resamples, note in ways:
            print(f"{rows:>9} rows, {way:<8} ({note}):", end=" ", flush=True)
            command = [sys.executable, "-m", "benchmarks.gate_statistics", "--rows", str(rows), "--way", way]
            subprocess.run([*command, "--resamples", str(resamples)], check=True)


if __name__ == "__main__":
    main()
