"""Data that a release brings is compared with what the default was trained on, before it enters the workspace."""

import json
import shutil

import pandas as pd
import pytest
from release_line import CLEVELAND, ENDPOINT, ROOT

from emulator.state.workspace import Workspace

pytestmark = pytest.mark.slow


@pytest.fixture
def rows(released) -> pd.DataFrame:
    (converted,) = (released.folder / "out" / "data").rglob("*.csv")
    return pd.read_csv(converted, dtype={"thal": str})


def written(rows, folder):
    rows.to_csv(folder / "new.csv", index=False)
    return folder / "new.csv"


def versions(line):
    return len(list(line.client().data.list(name=f"{ENDPOINT}-train")))


def test_labels_that_are_inverted_stop_before_the_data_is_uploaded(released, rows, tmp_path):
    before, default = versions(released), released.default()
    bad = written(rows.assign(target=1 - rows.target), tmp_path)
    done = released.run("setup_workspace", "--data", str(bad), "--work", str(tmp_path / "work"), code=3)
    assert "labels-inverted" in done.story
    assert 'write `accepted: ["' in done.story
    assert (versions(released), released.default()) == (before, default)
    options = ("--variant", "ordinal", "--data", str(bad), "--output", str(tmp_path / "out"))
    assert "labels-inverted" in released.run("release_variants", *options, code=3).story


def test_an_honest_sample_of_the_same_patients_enters(released, rows, tmp_path):
    sample = written(rows.sample(frac=0.9, random_state=5), tmp_path)
    done = released.run("setup_workspace", "--data", str(sample), "--work", str(tmp_path / "work"))
    assert done.result["created"] == ["data"]


def test_a_change_that_was_accepted_by_its_digest_enters(released, rows, tmp_path, edited):
    bad = written(rows.assign(target=1 - rows.target), tmp_path)
    work = ("--data", str(bad), "--work", str(tmp_path / "work"))
    refused = released.run("setup_workspace", *work, code=3)
    digest = refused.story.split('accepted: ["')[1][:12]
    line = edited(
        released, {f"data/{ENDPOINT}/comparison.yml": ("relation: 0.1", f'relation: 0.1\naccepted: ["{digest}"]')}
    )
    done = line.process("setup_workspace", *work)
    assert "comparison.yml accepts this content" in done.story
    assert done.result["created"] == ["data"]


def test_synthetic_data_is_not_compared_with_real(released, tmp_path):
    sample = ROOT / "data" / ENDPOINT / "synthetic.csv"
    done = released.run("setup_workspace", "--data", str(sample), "--work", str(tmp_path / "work"))
    assert "is real, and this is not" in done.story


def test_a_default_from_before_profiles_is_told(released, rows, tmp_path):
    for folder in list(Workspace(released.state).state.rglob("profiles")):
        shutil.rmtree(folder)
    sample = written(rows.sample(frac=0.9, random_state=5), tmp_path)
    done = released.run("setup_workspace", "--data", str(sample), "--work", str(tmp_path / "work"))
    assert "has no profile" in done.story


def test_two_files_are_compared_without_a_workspace(released, rows, tmp_path):
    copied = written(rows.assign(fbs=rows.target), tmp_path)
    work = ("--data", str(copied), "--against", str(CLEVELAND), "--output", str(tmp_path / "validation"))
    assert "target-copied" in released.run("validate_data", *work, code=3).story
    honest = written(rows.sample(frac=0.9, random_state=5), tmp_path)
    done = released.run("validate_data", *work[:1], str(honest), *work[2:])
    assert json.loads(json.dumps(done.result))["accepted"]
