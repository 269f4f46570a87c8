"""A release whose disk is full ends with a message that says so, and goes on when there is space again."""

import os
import subprocess
import sys

import pytest
from release_line import ENDPOINT, ROOT

pytestmark = pytest.mark.slow
# A small file system of its own, which only this shell and its children see.
SMALL = """
mount -t tmpfs -o size=$2 tmpfs "$1" || exit 77
shift 2
"$@"; echo "first: $?"
mount -o remount,size=500m "$AZUREML_LOCAL_STATE/.." || exit 77
"$@"; echo "again: $?"
"""


@pytest.mark.parametrize("size", [pytest.param("600k", marks=pytest.mark.long), "1500k"])
def test_a_full_disk_is_named_and_costs_nothing_but_the_time(tmp_path, size):
    disk, out = tmp_path / "disk", tmp_path / "out"
    disk.mkdir()
    release = [sys.executable, "-m", "scripts.release_variants", "--variant", "ordinal", "--output", str(out)]
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", "bash", "-c", SMALL, "bash", str(disk), size, *release],
        env={**os.environ, "AZUREML_LOCAL_STATE": str(disk / "state"), "PROBLEM": ENDPOINT},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
    )
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip(f"this machine lets nobody mount a file system of his own: {done.stderr[-200:]}")
    assert "first: 0" not in done.stdout
    assert "again: 0" in done.stdout, done.stderr
    first = done.stderr.partition("Error: ")[2].partition("Workspace: ")[0]  # a step that finds no space says so itself
    assert f"{disk}/state" in first
    assert "disk" in first or "No space left on device" in first
    assert "Additional Information" not in done.stderr
