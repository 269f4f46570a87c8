"""The site is written beside what lies in its folder: a folder that was named by mistake loses nothing."""

import json
import os
import subprocess
import sys

import pytest

from scripts.lib.repository.files import ROOT


@pytest.mark.slow
def test_other_files_stay_and_a_page_of_what_is_gone_goes(tmp_path):
    folder = tmp_path / "site"
    (folder / "wine").mkdir(parents=True)
    (folder / "thesis.txt").write_text("years of work")
    (folder / "wine" / "index.html").write_text("of an endpoint that was deleted")
    (folder / "wine" / "notes.txt").write_text("mine")
    done = subprocess.run(
        [sys.executable, "-m", "scripts.write_site", "--output", str(folder)],
        env={**os.environ, "AZUREML_LOCAL_STATE": str(tmp_path / "state")},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout)["endpoints"] == []
    left = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    assert left == ["index.html", "thesis.txt", "wine/notes.txt"]
