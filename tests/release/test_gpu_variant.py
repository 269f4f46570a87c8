"""The variant gpu where there is no GPU: its environment is made, and its step refuses to train on the CPU instead."""

from pathlib import Path

import pytest
from release_line import CLEVELAND, asset_of


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.skipif(Path("/dev/nvidia0").exists(), reason="there is a GPU")
def test_without_a_gpu_its_test_job_ends_by_name(released, tmp_path):
    before = released.default()
    set_up = ("setup_workspace", "--variant", "gpu", "--data", str(CLEVELAND), "--work", str(tmp_path))
    assert released.run(*set_up).result["created"] == ["compute gpu-cluster"]
    done = released.run("run_pipeline", "--variant", "gpu", "--data-asset", asset_of(released), code=5)
    assert "device is cuda, but no GPU is visible. Run the step on a compute whose size has one." in done.story
    assert released.default() == before
