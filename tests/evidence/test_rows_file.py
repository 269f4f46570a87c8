"""The judged rows are written, one by one, only with the option `--with-rows`."""

import csv

import numpy as np

from scripts.lib.gate.judged import JudgedRows
from scripts.lib.gate.predicted import Predicted
from scripts.lib.line.rows_file import write_rows

FOLD = np.array([0, 1, 0])


def read(path):
    return list(csv.DictReader(path.open(encoding="utf-8")))


def test_each_row_has_its_fold_its_slices_and_both_scores(tmp_path):
    rows = JudgedRows(np.array([3, 5, 8]), np.array([0, 1, 1]), "cross_fitted", {"thal": np.array(["a", "b, c", ""])})
    scores = {"candidate": np.array([0.1, 0.2, 0.3]), "champion": np.array([0.4, 0.5, 0.6])}
    write_rows(tmp_path / "new" / "rows.csv", rows, FOLD, scores)
    first, second, _ = read(tmp_path / "new" / "rows.csv")
    assert first == {"row": "3", "fold": "0", "target": "0", "thal": "a", "candidate": "0.1", "champion": "0.4"}
    assert second["thal"] == "b, c"


def test_several_classes_have_a_column_each(tmp_path):
    predicted = Predicted("multiclass", ("low", "high", "none"))
    rows = JudgedRows(np.arange(3), np.array([0, 1, 2]), "cross_fitted", predicted=predicted)
    write_rows(tmp_path / "rows.csv", rows, FOLD, {"candidate": np.eye(3)})
    assert read(tmp_path / "rows.csv")[1] == {
        **{"row": "1", "fold": "1", "target": "1"},
        **{"candidate_low": "0.0", "candidate_high": "1.0", "candidate_none": "0.0"},
    }
