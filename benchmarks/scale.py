"""Time preparing and training in one and several processes, each beside the bare library doing only that part.

    python -m benchmarks.scale --rows 100000 --rows 1000000 --processes 1 --processes 2 --processes 4

All rows are of one run on one machine. Per step: wall seconds; processor seconds of the process that took most, and of
all of them; peak memory of the largest. Where processes share cores, only the processor's seconds say what each would
take on a node of its own. The bare parts: pandas and pyarrow (in a throw-away environment) reading the CSV, two threads
of pyarrow; ``xgboost.train`` on arrays that are in memory, in two threads as the component has them.
"""

import json
import multiprocessing
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import click

from benchmarks.scale_model import told
from benchmarks.throw_away import install
from benchmarks.training import PROBLEM, ROOT, SHARED, generate

READ = "import sys, pandas; pandas.read_csv(sys.argv[1])"
DECODE = "import sys, pyarrow, pyarrow.csv; pyarrow.set_cpu_count(2); pyarrow.csv.read_csv(sys.argv[1])"
TRAIN = """
import json, sys, numpy, xgboost
rows, features = numpy.load(sys.argv[1] + "/rows.npy"), numpy.load(sys.argv[1] + "/features.npy")
learned = ~rows["evaluation"]
threads = int(sys.argv[2])
matrix = xgboost.QuantileDMatrix(features[learned], rows["target"][learned], max_bin=256, nthread=threads)
settings = {"objective": "binary:logistic", "tree_method": "hist", "eta": 0.1, "max_depth": 5, "min_child_weight": 50}
booster = xgboost.train({**settings, "nthread": threads}, matrix, 80)
booster.inplace_predict(features[~learned])
"""


@click.command()
@click.option("--rows", multiple=True, type=click.IntRange(20_000), default=(100_000, 1_000_000), show_default=True)
@click.option("--processes", multiple=True, type=click.IntRange(1, 64), default=(1, 2, 4), show_default=True)
@click.option("--encoding", type=click.Choice(["ordinal", "onehot"]), default="onehot", show_default=True)
@click.option("--bare/--no-bare", default=True, show_default=True, help="Measure the bare library too.")
@click.option(
    "--model/--no-model", default=True, show_default=True, help="Fit a model of time and memory, and apply it."
)
def benchmark(rows: tuple[int, ...], processes: tuple[int, ...], encoding: str, bare: bool, model: bool) -> None:
    """Measure each step for each number of rows and processes; print tables on stderr and JSON on stdout."""
    with tempfile.TemporaryDirectory() as throw_away:
        decoder = _decoder(Path(throw_away)) if bare else None
        measured = list(_measured(rows, processes, encoding, bare, decoder))
    if model:
        click.echo("\n".join(told(measured)), err=True)
    click.echo(json.dumps(measured, indent=2))


def _decoder(folder: Path) -> str | None:
    """Return a Python that has pyarrow, or None where it cannot be installed."""
    python, there = install(folder, ("pyarrow",))
    return str(python) if there else None


def _measured(
    rows: tuple[int, ...], processes: tuple[int, ...], encoding: str, bare: bool, decoder: str | None
) -> Iterator[dict[str, object]]:
    """Measure each step for each number of rows and processes; tell each on stderr and yield it."""
    click.echo(_line("rows", "processes", "step", "wall s", "CPU s", "CPU s, all", "MB", "ROC AUC"), err=True)
    for count in rows:
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            make_data(folder / "data", count)
            for size, step, command, python in _steps(processes, encoding, bare, decoder):
                figures = run_step(command, size, folder, python)
                if step == "train":
                    told_metrics = json.loads((folder / f"evaluation-{size}" / "metrics.json").read_text())
                    figures["roc_auc"] = round(told_metrics["metrics"]["roc_auc"], 4)
                measured = {"rows": count, "processes": size, "step": step, **figures}
                click.echo(_line(*measured.values()), err=True)
                yield measured


def _steps(
    processes: tuple[int, ...], encoding: str, bare: bool, decoder: str | None
) -> Iterator[tuple[int, str, list[str], str]]:
    """Yield processes, name, command and Python of each step; ``decoder`` is a Python that has pyarrow."""
    own = sys.executable
    if decoder:
        yield 1, "bare decoding", ["-c", DECODE, "data/heart.csv"], decoder
    if bare:
        yield 1, "bare reading", ["-c", READ, "data/heart.csv"], own
    for size in processes:
        prepare, train = (str(ROOT / "components" / path) for path in ("prepare/prepare.py", "train_xgb/train.py"))
        how = ["--description", str(PROBLEM.description_file), "--categorical-encoding", encoding, "--eval-size", "0.3"]
        outputs = ["--prepared-data", f"prepared-{size}", "--transformations-output", f"transformations-{size}"]
        yield size, "prepare", [prepare, "--data", "data", *how, *outputs], own
        outputs = ["--model", f"model-{size}", "--evaluation-results", f"evaluation-{size}"]
        rows = ["--data", f"prepared-{size}", "--target-column", "target", "--eval-size", "0.3"]
        yield size, "train", [train, *rows, *outputs], own
        if bare and size == 1:
            yield 1, "bare training", ["-c", TRAIN, "prepared-1", "2"], own


def make_data(folder: Path, rows: int) -> None:
    """Write the CSV of ``rows`` rows in a process of its own: a child's peak memory starts from its parent's."""
    made = multiprocessing.get_context("spawn").Process(target=generate, args=(folder, rows, None))
    made.start()
    made.join()
    if made.exitcode:
        raise click.ClickException(f"The data of {rows} rows could not be generated.")


def run_step(command: list[str], size: int, folder: Path, python: str = sys.executable) -> dict[str, float]:
    """Run a command in ``size`` processes with the variables that Azure ML sets; return what they took (Linux)."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("MLFLOW")}
    kept |= {"PYTHONPATH": SHARED, "OMP_WAIT_POLICY": "PASSIVE"}
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = str(listener.getsockname()[1])
    group = {"WORLD_SIZE": str(size), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port} if size > 1 else {}
    started, running = time.perf_counter(), []
    with (folder / "log").open("w") as log:
        for rank in range(size):
            own = {**kept, **group, **({"RANK": str(rank)} if size > 1 else {})}
            running.append(
                subprocess.Popen([python, *command], cwd=folder, env=own, stdout=log, stderr=subprocess.STDOUT)
            )
        ended = [os.wait4(process.pid, 0) for process in running]
    wall = time.perf_counter() - started
    for process, (_, status, _) in zip(running, ended, strict=True):
        process.returncode = os.waitstatus_to_exitcode(status)
    if any(process.returncode for process in running):
        raise click.ClickException(f"{command[0]} failed:\n{(folder / 'log').read_text()[-2000:]}")
    seconds = [usage.ru_utime + usage.ru_stime for _, _, usage in ended]
    memory = max(usage.ru_maxrss for _, _, usage in ended) // 1024
    return {"wall_s": round(wall, 2), "cpu_s": round(max(seconds), 2), "all_s": round(sum(seconds), 2), "mb": memory}


def _line(rows: object, processes: object, step: object, *figures: object) -> str:
    return f"{rows!s:>11} {processes!s:>9} {step!s:<14}" + "".join(f"{figure!s:>11}" for figure in figures)


if __name__ == "__main__":
    benchmark()
