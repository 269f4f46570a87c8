"""A release of data in a folder whose name means something to a shell."""

import shutil

import pytest
from release_line import CLEVELAND, Line


@pytest.mark.slow
def test_a_folder_of_any_name_is_released_and_runs_no_command(tmp_path):
    if not CLEVELAND.exists():
        pytest.skip("../shared/data/uci-heart-disease is not here")
    folder = tmp_path / "a folder (1); touch stolen"
    folder.mkdir()
    shutil.copy(CLEVELAND, folder)
    line = Line(tmp_path / "line (2); touch stolen")
    done = line.process(
        "release_variants", "--variant", "ordinal", "--data", str(folder), "--output", str(tmp_path / "out")
    )
    assert done.result["default"]
    assert not list(tmp_path.rglob("stolen"))
