"""The client's view: a promoted model scores a raw CSV in one command, and gives the scores that were judged."""

import csv
import json

import numpy as np
import pytest
from release_line import CLEVELAND, ENDPOINT

from scripts.lib.data.canonical import to_canonical
from scripts.lib.line.judged_scores import DELIVERED
from scripts.lib.repository.problem import find_problem
from scripts.lib.workspace.outputs import download_outputs

pytestmark = pytest.mark.slow


@pytest.fixture
def new_rows(tmp_path):
    """The real rows as a client has them: without the target, in a file of its own."""
    path = tmp_path / "new.csv"
    lines = ["age,sex,cp,trestbps,chol,fbs,restecg,thalach,exang,oldpeak,slope,ca,thal"]
    rows = to_canonical(CLEVELAND.read_text().splitlines(), find_problem(ENDPOINT))
    lines += [line.rpartition(",")[0] for line in rows if line]
    path.write_text("\n".join(lines) + "\n")
    return path


def scores_in(path):
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["row"]) for row in rows] == list(range(len(rows)))
    return np.array([float(row["score"]) for row in rows])


def test_a_raw_file_gets_the_scores_that_were_judged(released, new_rows, tmp_path):
    done = released.run("score", "--data", str(new_rows), "--output", str(tmp_path / "scores")).result
    assert done["rows"] == 303
    evidence = json.loads((released.folder / "out" / "onehot" / "evidence.json").read_text())
    job = evidence["candidate"]["jobs"]["scoring"]
    judged = download_outputs(released.client(), job, [f"rows_{DELIVERED}"], tmp_path)[f"rows_{DELIVERED}"]
    assert scores_in(tmp_path / "scores" / "predictions.csv") == pytest.approx(
        scores_in(judged / "predictions.csv"), abs=1e-6
    )


def test_a_roll_back_brings_the_earlier_model_back(released, new_rows, tmp_path):
    def score(name):
        return released.run("score", "--data", str(new_rows), "--output", str(tmp_path / name)).result

    before = score("before")
    released.run("rollback_default", "--problem", ENDPOINT)
    after = score("after")
    assert before["deployment"].startswith("onehot-")
    assert after["deployment"].startswith("ordinal-")
    assert before["model"] != after["model"]
    assert not np.allclose(*(scores_in(tmp_path / name / "predictions.csv") for name in ("before", "after")))


def test_what_cannot_be_scored_is_refused(released, tmp_path):
    (tmp_path / "odd.csv").write_text("age,sex\n63,1\n")
    done = released.run("score", "--data", str(tmp_path / "odd.csv"), "--output", str(tmp_path / "scores"), code=5)
    assert "odd.csv lacks the column(s)" in done.story
    released.run("delete_endpoint", "--problem", ENDPOINT, "--confirm", ENDPOINT)
    gone = released.run("score", "--data", str(tmp_path / "odd.csv"), code=8)
    assert f"no endpoint {ENDPOINT}" in gone.story
