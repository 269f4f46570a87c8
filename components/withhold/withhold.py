"""Withhold rows from training, so that a model can be judged on rows that it has never seen."""

import argparse
import json
import shutil
import sys
from pathlib import Path

import numpy as np
import table
import writing
from refusal import Refused, require_one_process
from splitting import Split, split
from table import Columns, Part

SCHEMA_VERSION = 1
ROWS = "rows.csv"
# Only the description of the columns goes along: any other file could hold the withheld labels.
DESCRIPTION = "datapackage.json"


def main() -> None:
    """Parse the arguments, withhold, and end with one sentence when the input is refused."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of CSV files, each with a header")
    parser.add_argument("--target-column", required=True, help="the column that is withheld, too")
    parser.add_argument("--folds", type=int, required=True, help="how many times few rows are split")
    parser.add_argument("--hold-out", type=float, required=True, help="share of many rows that is withheld")
    parser.add_argument("--hold-out-above", type=int, required=True, help="more rows than this are many")
    parser.add_argument("--group-column", help="rows with the same value here stay together")
    parser.add_argument("--slice-columns", default="", help="columns to write beside the labels, with commas")
    parser.add_argument("--salt", default="", help="another text gives another split")
    parser.add_argument("--folds-output", type=Path, required=True, help="folder for the rows of each fold")
    parser.add_argument("--labels-output", type=Path, required=True, help="folder for the labels")
    arguments = vars(parser.parse_args())
    slices = tuple(name for part in arguments.pop("slice_columns").split(",") if (name := part.strip()))
    columns = Columns(arguments.pop("target_column"), arguments.pop("group_column"), slices, arguments.pop("salt"))
    try:
        require_one_process("Withholding rows")
        withhold(columns=columns, **arguments)
    except Refused as refusal:
        sys.exit(f"withhold refused its input: {refusal}")


def withhold(
    data: Path,
    columns: Columns,
    folds: int,
    hold_out: float,
    hold_out_above: int,
    folds_output: Path,
    labels_output: Path,
) -> None:
    """Split the rows of ``data`` and write what training, scoring and judging may each see."""
    parts = table.read(data, columns)
    done = split(
        np.concatenate([part.keys for part in parts]),
        np.concatenate([part.target for part in parts]),
        folds,
        hold_out,
        hold_out_above,
    )
    settings = {
        "data_digest": table.digest(data),
        "target_column": columns.target,
        "group_column": columns.group,
        "salt": columns.salt,
    }
    _write_folds(folds_output, parts, done, columns.target)
    for folder in sorted(path.parent for path in folds_output.rglob(ROWS)):
        if (data / DESCRIPTION).is_file():
            shutil.copyfile(data / DESCRIPTION, folder / DESCRIPTION)
    writing.labels(labels_output / "labels.csv", parts, done.fold, columns.labels)
    _write_description(labels_output / "folds.json", done, settings, columns)


def _write_folds(folder: Path, parts: list[Part], done: Split, target: str) -> None:
    for fold in done.folds:
        withheld = done.fold == fold
        writing.rows(folder / str(fold) / "rest" / ROWS, parts, ~withheld)
        writing.rows(folder / str(fold) / "withheld" / ROWS, parts, withheld, without=target)
        print(f"Fold {fold}: {int(withheld.sum())} rows withheld, {int((~withheld).sum())} to train on")
    if done.protocol == "cross_fitted":
        writing.rows(folder / "all" / ROWS, parts, done.fold >= 0, without=target)


def _write_description(path: Path, done: Split, settings: dict[str, str | None], columns: Columns) -> None:
    counts = [int((done.fold == fold).sum()) for fold in done.folds]
    content = {
        "schema_version": SCHEMA_VERSION,
        "rows": len(done.fold),
        "protocol": done.protocol,
        **settings,
        "slice_columns": list(columns.slices),
        "folds": [
            {"name": str(fold), "rest_rows": len(done.fold) - count, "withheld_rows": count}
            for fold, count in enumerate(counts)
        ],
        "folds_digest": done.digest(settings),
    }
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
