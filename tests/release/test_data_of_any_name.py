"""A release of data in a folder whose name means something to a shell."""

import shutil
from dataclasses import replace

import pytest
from small_line import TABLE


@pytest.mark.slow
def test_a_folder_of_any_name_is_released_and_runs_no_command(small_line, tmp_path):
    folder = tmp_path / "a folder (1); touch stolen"
    folder.mkdir()
    shutil.copy(TABLE, folder)
    line = replace(small_line, folder=tmp_path / "line (2); touch stolen")
    done = line.process(
        "release_variants", "--variant", "ordinal", "--data", str(folder), "--output", str(tmp_path / "out")
    )
    assert done.result["default"]
    assert not list(tmp_path.rglob("stolen"))
