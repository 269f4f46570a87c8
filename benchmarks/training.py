"""Time the steps of training and judging, side by side with a plain re-statement of the article's sample.

    python -m benchmarks.training --rows 303 --rows 1000000 --baseline-rows 1000000

Each step runs as a process of its own, as on a compute. Per step: wall seconds, user CPU seconds and peak
resident memory. The rows are random patients, or those of a UCI file resampled with jitter, from a fixed seed.
All rows are withheld from, prepared and trained on; those that are withheld first are prepared and scored.
The baseline is what the article's sample does, in our words: pandas and scikit-learn transformers learned from
all rows, a split without a seed, ``XGBClassifier`` under ``mlflow`` autologging.
"""

import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import click
import numpy as np
import pandas as pd

from scripts.lib.repository.problem import find_problem

ROOT = Path(__file__).resolve().parent.parent
# Where the files lie that the components include when they are uploaded.
SHARED = os.pathsep.join(str(ROOT / place) for place in ("components/shared", "scripts/lib/data"))
SEED = 20231116
PROBLEM = find_problem("heart-disease")
COLUMNS = list(PROBLEM.columns)
THAL = {3: "normal", 6: "fixed", 7: "reversible"}
WRITE_ROWS = 1_000_000

BASELINE_PREPARE = """
import sys, pickle, mlflow, pandas as pd
from pathlib import Path
from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import OrdinalEncoder, StandardScaler
data, prepared, transformations = map(Path, sys.argv[1:])
frame = pd.concat(pd.read_csv(path, na_values="?") for path in data.glob("*.csv"))
numbers = ["age", "trestbps", "chol", "thalach", "oldpeak"]
encoder = ColumnTransformer(
    [("numbers", StandardScaler(), numbers), ("categories", OrdinalEncoder(), ["thal"])],
    remainder="passthrough", verbose_feature_names_out=False,
)
table = pd.DataFrame(encoder.fit_transform(frame), columns=encoder.get_feature_names_out())
prepared.mkdir(), transformations.mkdir()
table.to_csv(prepared / "data.csv", index=False)
(transformations / "transformations.pkl").write_bytes(pickle.dumps(encoder))
"""

BASELINE_TRAIN = """
import sys, mlflow, mlflow.xgboost, pandas as pd
from pathlib import Path
from sklearn.metrics import accuracy_score, classification_report, recall_score
from sklearn.model_selection import train_test_split
from xgboost import XGBClassifier
data, model, evaluation = map(Path, sys.argv[1:])
frame = pd.concat(pd.read_csv(path) for path in data.glob("*.csv"))
train, test = train_test_split(frame, test_size=0.3)
mlflow.xgboost.autolog()
with mlflow.start_run():
    classifier = XGBClassifier(scale_pos_weight=99)
    x, y = test.drop(columns="target"), test["target"]
    classifier.fit(train.drop(columns="target"), train["target"], eval_set=[(x, y)], verbose=False)
    predicted = classifier.predict(x)
    mlflow.log_metrics({"accuracy": accuracy_score(y, predicted), "recall": recall_score(y, predicted)})
    evaluation.mkdir()
    (evaluation / "report.txt").write_text(classification_report(y, predicted))
mlflow.xgboost.save_model(classifier, str(model), signature=mlflow.models.infer_signature(x, predicted))
"""


@click.command()
@click.option("--rows", multiple=True, type=click.IntRange(100), default=(303, 1_000_000), show_default=True)
@click.option("--baseline-rows", type=int, default=1_000_000, show_default=True, help="Skip the baseline above.")
@click.option("--source", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A UCI data file.")
@click.option("--encoding", type=click.Choice(["ordinal", "onehot"]), default="ordinal", show_default=True)
def benchmark(rows: tuple[int, ...], baseline_rows: int, source: Path | None, encoding: str) -> None:
    """Measure each step at each number of rows; print a table on stderr and JSON on stdout."""
    measured = []
    for count in rows:
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            # In a process of its own: a child's peak memory starts from its parent's.
            spawned = multiprocessing.get_context("spawn").Process(
                target=generate, args=(folder / "data", count, source)
            )
            spawned.start()
            spawned.join()
            if spawned.exitcode:
                raise click.ClickException(f"The data of {count} rows could not be generated.")
            for name, steps in (("ours", _ours(encoding)), ("sample", _sample())):
                if name == "ours" or count <= baseline_rows:
                    measured += [_measure(name, count, step, command, folder) for step, command in steps]
    for line in _table(measured):
        click.echo(line, err=True)
    click.echo(json.dumps(measured, indent=2))


def generate(folder: Path, rows: int, source: Path | None) -> None:
    """Write ``rows`` rows as one CSV file into ``folder``, in pieces, so that memory stays bounded."""
    folder.mkdir()
    base = _uci(source) if source else _random(np.random.default_rng(SEED), 5_000)
    starts = range(0, rows, WRITE_ROWS)
    pieces = [(folder / f"{start}.piece", base, start, min(WRITE_ROWS, rows - start)) for start in starts]
    with (
        (folder / "heart.csv").open("wb") as whole,
        ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool,
    ):
        for piece in pool.map(_write_piece, pieces):
            with piece.open("rb") as file:
                shutil.copyfileobj(file, whole)
            piece.unlink()


def _write_piece(piece: tuple[Path, pd.DataFrame, int, int]) -> Path:
    path, base, start, count = piece
    rng = np.random.default_rng([SEED, start])
    frame = base.iloc[rng.integers(0, len(base), count)].reset_index(drop=True)
    for column, spread in (("age", 3), ("trestbps", 5), ("chol", 10), ("thalach", 5)):
        frame[column] += rng.integers(-spread, spread + 1, count)
    frame["oldpeak"] = (frame["oldpeak"] + rng.uniform(0, 0.3, count)).round(1)
    frame.to_csv(path, index=False, header=start == 0)
    return path


def _uci(path: Path) -> pd.DataFrame:
    frame = pd.read_csv(path, header=None, names=COLUMNS, na_values="?").convert_dtypes()
    return frame.assign(thal=frame["thal"].map(THAL), target=(frame["target"] > 0).astype(int))


def _random(rng: np.random.Generator, rows: int) -> pd.DataFrame:
    low = [29, 0, 1, 94, 126, 0, 0, 71, 0, 0, 1, 0]
    high = [78, 2, 5, 201, 565, 2, 3, 203, 2, 7, 4, 4]
    frame = pd.DataFrame({name: rng.integers(a, b, rows) for name, a, b in zip(COLUMNS, low, high, strict=False)})
    frame["thal"] = rng.choice(list(THAL.values()), rows)
    logit = frame["ca"] - 2 + 0.8 * (frame["cp"] - 2.5) + 1.5 * (frame["thal"] == "reversible")
    return frame.assign(target=(rng.random(rows) < 1 / (1 + np.exp(-logit))).astype(int))


def _ours(encoding: str) -> Iterator[tuple[str, list[str]]]:
    files = ("withhold/withhold.py", "prepare/prepare.py", "train_xgb/train.py", "score/score.py")
    withhold, prepare, train, score = (str(ROOT / "components" / path) for path in files)
    settings = ["--target-column", "target", "--folds", "5", "--hold-out", "0.2", "--hold-out-above", "10000"]
    outputs = ["--folds-output", "ours/folds", "--labels-output", "ours/labels"]
    yield "withhold", [withhold, "--data", "data", *settings, "--slice-columns", "age,sex", *outputs]
    outputs = ["--prepared-data", "ours/prepared", "--transformations-output", "ours/transformations"]
    described = ["--description", str(PROBLEM.description_file)]
    yield (
        "prepare",
        [prepare, "--data", "data", *described, "--categorical-encoding", encoding, "--eval-size", "0.3", *outputs],
    )
    outputs = ["--model", "ours/model", "--evaluation-results", "ours/evaluation"]
    yield "train", [train, "--data", "ours/prepared", "--target-column", "target", "--eval-size", "0.3", *outputs]
    rows = ["--data", "ours/folds/0/withheld"]
    outputs = ["--prepared-data", "ours/withheld", "--transformations-output", "ours/unused"]
    yield "prepare to score", [prepare, *rows, "--transformations", "ours/transformations", *outputs]
    outputs = ["--transformations", "ours/transformations", "--predictions", "ours/predictions"]
    yield "score", [score, *rows, "--prepared-data", "ours/withheld", "--model", "ours/model", *outputs]


def _sample() -> Iterator[tuple[str, list[str]]]:
    yield "prepare", ["-c", BASELINE_PREPARE, "data", "sample-prepared", "sample-transformations"]
    yield "train", ["-c", BASELINE_TRAIN, "sample-prepared", "sample-model", "sample-evaluation"]


def _measure(name: str, rows: int, step: str, command: list[str], folder: Path) -> dict[str, object]:
    """Run one step in ``folder``; return its wall and user seconds and its peak memory in MB (Linux)."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MLFLOW")}
    environment["PYTHONPATH"] = SHARED
    if name == "sample":
        environment |= {"MLFLOW_TRACKING_URI": (folder / "runs").as_uri(), "MLFLOW_ALLOW_FILE_STORE": "true"}
    with (folder / f"{name}-{step}.log").open("w") as log:
        started = time.perf_counter()
        process = subprocess.Popen([sys.executable, *command], cwd=folder, env=environment, stdout=log, stderr=log)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise click.ClickException(f"{name} {step} failed:\n{(folder / f'{name}-{step}.log').read_text()[-2000:]}")
    figures = {"wall_s": round(wall, 2), "user_s": round(usage.ru_utime, 2), "peak_mb": usage.ru_maxrss // 1024}
    return {"rows": rows, "code": name, "step": step, **figures}


def _table(measured: list[dict[str, object]]) -> Iterator[str]:
    yield f"{'rows':>10} {'code':<7} {'step':<16} {'wall s':>8} {'user s':>8} {'peak MB':>8}"
    for entry in measured:
        rows, code, step, wall, user, peak = entry.values()
        yield f"{rows:>10} {code:<7} {step:<16} {wall:>8} {user:>8} {peak:>8}"


if __name__ == "__main__":
    benchmark()
