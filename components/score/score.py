"""Score raw rows, as a deployment's own prepare step encoded them, with the model that was delivered."""

import argparse
import json
import sys
from pathlib import Path

import guard
from reasons import ScoreRefused
from refusal import Refused, require_one_process


def main() -> None:
    """Parse the arguments, score, and end with one sentence when the model or the data is refused."""
    parser = argparse.ArgumentParser(description=__doc__)
    given = parser.add_mutually_exclusive_group(required=True)
    given.add_argument("--data", type=Path, help="folder of CSV files: the raw rows")
    given.add_argument("--table", type=Path, dest="data", help="instead of --data: folder of an MLTable file")
    parser.add_argument("--prepared-data", type=Path, required=True, help="the same rows, prepared")
    parser.add_argument("--model", type=Path, required=True, help="folder of the MLflow model")
    parser.add_argument("--transformations", type=Path, required=True, help="those that prepared the rows")
    parser.add_argument("--row-id-column", help="column of the raw rows to write beside the scores")
    parser.add_argument("--report-refusals", default="false", help="true: write a refusal as a file and succeed")
    parser.add_argument("--predictions", type=Path, required=True, help="folder to write to")
    arguments = parser.parse_args()
    try:
        # Fails the step even where refusals are reported: each process would write the report.
        require_one_process("Scoring")
    except Refused as refusal:
        sys.exit(f"score refused its input: {refusal}")
    arguments.predictions.mkdir(parents=True, exist_ok=True)
    features = arguments.prepared_data / "features.npy"
    try:
        guard.run(lambda: _score(arguments), features.stat().st_size if features.is_file() else 0)
    except ScoreRefused as refusal:
        told = f"score refused [{refusal.reason}]: {refusal}"
        if arguments.report_refusals.lower() != "true":
            sys.exit(told)
        print(told)
        for path in arguments.predictions.iterdir():
            path.unlink()
        content = {"reason": refusal.reason, "message": str(refusal)}
        (arguments.predictions / "refusal.json").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _score(arguments: argparse.Namespace) -> None:
    # Imported here: the process that waits needs none of it.
    import importance
    import inputs
    import model
    import predictions

    found = model.find(arguments.model)
    rows = inputs.row_ids(arguments.data, arguments.row_id_column)
    features = inputs.features(arguments.prepared_data)
    count = rows if isinstance(rows, int) else len(rows)
    if count != len(features.values):
        raise ScoreRefused(
            "row-count-disagrees", f"The raw data holds {count} rows, the prepared data {len(features.values)}."
        )
    booster = model.load(found)
    model.check_features(booster, found, features.names)
    scores = predictions.predict(booster, features)
    ids = None if isinstance(rows, int) else (arguments.row_id_column, rows)
    made_by = {"model_digest": found.digest, "transformations_digest": inputs.digest(arguments.transformations)}
    predictions.write(arguments.predictions, scores, ids, made_by, features)
    importance.write(arguments.predictions, booster)
    print(f"Scored {count} rows, {scores.shape[1]} score(s) each")


if __name__ == "__main__":
    main()
