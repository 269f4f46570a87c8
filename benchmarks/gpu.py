"""Time training on a GPU beside training on the CPU, on the same prepared rows of the same machine.

    python -m benchmarks.gpu --gpu-python PATH --rows 1000000 --rows 10000000

PATH is the interpreter of an environment with the packages of components/train_xgb_gpu/conda.yml. Each step runs as a
process of its own, its start counted. The component takes two threads of the CPU whatever there is, so that a run can
be repeated to the last digit; the bare library, on arrays that are in memory, takes all cores. The GPU runs twice: the
same rows must give the same model.
"""

import hashlib
import json
import os
import tempfile
from pathlib import Path

import click

from benchmarks.scale import TRAIN, make_data, run_step
from benchmarks.training import PROBLEM, ROOT

FIGURES = "{rows:>11,} {what:<30} {wall_s:>9} {cpu_s:>9} {mb:>7} {roc_auc!s:>9} {model!s:>13}"


@click.command()
@click.option("--rows", multiple=True, type=click.IntRange(20_000), default=(1_000_000,), show_default=True)
@click.option("--gpu-python", required=True, type=click.Path(dir_okay=False, exists=True, path_type=Path))
def benchmark(rows: tuple[int, ...], gpu_python: Path) -> None:
    """Measure training on CPU and GPU for each number of rows; print a line for each run."""
    click.echo(f"{'rows':>11} {'what':<30} {'wall s':>9} {'CPU s':>9} {'MB':>7} {'ROC AUC':>9} {'model':>13}")
    for count in rows:
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            make_data(folder / "data", count)
            how = ["--description", str(PROBLEM.description_file), "--categorical-encoding", "onehot"]
            outputs = ["--prepared-data", "prepared", "--transformations-output", "transformations"]
            prepare = [
                str(ROOT / "components" / "prepare" / "prepare.py"),
                "--data",
                "data",
                *how,
                "--eval-size",
                "0.3",
            ]
            run_step([*prepare, *outputs], 1, folder)
            _tell(count, "component, CPU, 2 threads", {**_trained(folder, "cpu"), **_judged(folder, "cpu")})
            for _ in range(2):
                gpu = {**_trained(folder, "cuda", str(gpu_python)), **_judged(folder, "cuda")}
                _tell(count, "component, GPU", gpu)
            bare = ["-c", TRAIN, "prepared", str(os.cpu_count())]
            _tell(count, f"bare library, CPU, {os.cpu_count()} threads", run_step(bare, 1, folder))


def _trained(folder: Path, device: str, python: str | None = None) -> dict[str, float]:
    train = [str(ROOT / "components" / "train_xgb" / "train.py"), "--data", "prepared", "--target-column", "target"]
    outputs = ["--model", f"model-{device}", "--evaluation-results", f"evaluation-{device}"]
    chosen = {"python": python} if python else {}
    return run_step([*train, "--eval-size", "0.3", "--device", device, *outputs], 1, folder, **chosen)


def _judged(folder: Path, device: str) -> dict[str, object]:
    metrics = json.loads((folder / f"evaluation-{device}" / "metrics.json").read_text())["metrics"]
    (model,) = (folder / f"model-{device}").rglob("*.ubj")
    return {"roc_auc": round(metrics["roc_auc"], 5), "model": hashlib.sha256(model.read_bytes()).hexdigest()[:12]}


def _tell(rows: int, what: str, figures: dict[str, object]) -> None:
    click.echo(FIGURES.format(**{"rows": rows, "what": what, "roc_auc": "", "model": "", **figures}))


if __name__ == "__main__":
    benchmark()
