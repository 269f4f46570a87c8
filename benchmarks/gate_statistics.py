"""Time the gate's bootstrap (10,000 resamples, all metrics, both models): `python -m benchmarks.gate_statistics`."""

import argparse
import subprocess
import sys
import time

import numpy as np

RESAMPLES = 10_000
GOALS = {303: (1.0, None), 1_000_000: (30.0, 2.0)}


def scores_of(rows: int) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return targets, 46 % positive, and the scores of two related models, each of shape (rows,)."""
    generator = np.random.default_rng(1)
    target = (generator.random(rows) < 0.46).astype(np.int64)
    evidence = generator.normal(size=rows) + 1.8 * target - 0.9
    return target, [1 / (1 + np.exp(-(evidence + noise * generator.normal(size=rows)))) for noise in (0.0, 0.3)]


def ours(rows: int, resamples: int) -> None:
    """Run the gate's bootstrap."""
    from scripts.lib.gate.bootstrap import bootstrap_metrics

    target, scores = scores_of(rows)
    _report(lambda: bootstrap_metrics(target, scores, threshold=0.5, resamples=resamples, seed=1), resamples)


def by_rows(rows: int, resamples: int) -> None:
    """Draw the rows of each resample and hand them to scikit-learn."""
    from scripts.lib.gate.metrics import point_metrics

    target, scores = scores_of(rows)
    generator = np.random.default_rng(1)
    classes = [np.flatnonzero(target == label) for label in (0, 1)]

    def resample() -> None:
        for _ in range(resamples):
            drawn = np.concatenate([generator.choice(each, len(each)) for each in classes])
            for score in scores:
                point_metrics(target[drawn], score[drawn], 0.5)

    _report(resample, resamples)


def _report(run, resamples: int) -> None:
    import resource

    start, processor = time.perf_counter(), time.process_time()
    run()
    wall, processor = time.perf_counter() - start, time.process_time() - processor
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{wall:8.2f} s wall {processor:8.2f} s CPU {memory:6.2f} GB peak ({resamples} resamples)")


def main() -> None:
    """Time each way in its own process, so that the peak of memory is its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int)
    parser.add_argument("--way", choices=("ours", "by_rows"))
    parser.add_argument("--resamples", type=int, default=RESAMPLES)
    arguments = parser.parse_args()
    if arguments.way:
        {"ours": ours, "by_rows": by_rows}[arguments.way](arguments.rows, arguments.resamples)
        return
    for rows, (seconds, memory) in GOALS.items():
        goal = f"goal {seconds:g} s" + (f", {memory:g} GB" if memory else "")
        # Row by row, all 10,000 resamples would take minutes: a few tell the cost of each.
        for way, resamples, note in (("ours", RESAMPLES, goal), ("by_rows", max(2, 30_000 // rows), "scikit-learn")):
            print(f"{rows:>9} rows, {way:<8} ({note}):", end=" ", flush=True)
            command = [sys.executable, "-m", "benchmarks.gate_statistics", "--rows", str(rows), "--way", way]
            subprocess.run([*command, "--resamples", str(resamples)], check=True)


if __name__ == "__main__":
    main()
