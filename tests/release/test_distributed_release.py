"""The variant distributed through the line: judged beside the champion of one process; a process that dies stops it."""

import os
import re
import shutil
from pathlib import Path

import pytest
from made_lines import PARTS
from release_line import CLEVELAND, ROOT, Line, asset_of

PIPELINE = "pipelines/heart-disease/distributed/pipeline.yml"
pytestmark = pytest.mark.slow


def repository(folder, file=None, old="", new=""):
    """Return a copy of this repository, with another text in one file."""
    for part in PARTS:
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    if file:
        text = (folder / file).read_text()
        assert old in text
        (folder / file).write_text(text.replace(old, new))
    return folder


def logs(line: Line) -> set[str]:
    return {path.name for path in line.state.rglob("std_log_process_*.txt")}


@pytest.mark.parametrize("nodes", [1, pytest.param(2, marks=pytest.mark.long)])
def test_it_is_promoted_against_the_champion_of_one_process(released, tmp_path, nodes):
    """Two processes a node; the figures are those of the champion, as the rows and the trees are."""
    changed = repository(tmp_path / "repository", PIPELINE, "instance_count: 2", f"instance_count: {nodes}")
    line, champion = Line(released.folder, changed), released.default()
    options = ("--variant", "distributed", "--data", str(CLEVELAND), "--output", str(tmp_path / "out"))
    result = line.process("release_variants", *options).result
    (judged,) = result["variants"]
    assert judged["champion"] == champion
    assert champion.startswith("onehot-")
    assert judged["promoted"] is True
    assert result["default"] == judged["deployment"]
    assert judged["candidate_metrics"] == judged["champion_metrics"]
    assert logs(line) == {f"std_log_process_{rank:02d}.txt" for rank in range(2 * nodes)}


def test_a_process_that_is_killed_stops_the_line_and_leaves_nothing_running(released, tmp_path):
    file, start = (
        "components/train_xgb/boosting.py",
        '    settings = dict(settings)\n    rounds = settings.pop("rounds")\n',
    )
    kill = (
        '    if side != "the split" and __import__("os").environ["RANK"] == "2":\n        __import__("os").kill(0, 9)\n'
    )
    line = Line(released.folder, repository(tmp_path / "repository", file, start, kill + start))
    before = line.default()
    done = line.process("run_pipeline", "--variant", "distributed", "--data-asset", asset_of(line), code=5)
    assert re.search(r"train_job.*(status code -9|std_log_process_02)", done.story, re.DOTALL)
    assert line.default() == before
    assert running_in(line.state) == []


def running_in(state: Path) -> list[str]:
    """Return the commands of the steps that run on this workspace, by the variables that every step has."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        if int(process.name) == os.getpid():
            continue
        try:
            variables = (process / "environ").read_bytes().split(b"\0")
            ours = f"AZUREML_LOCAL_STATE={state}".encode() in variables
            if ours and any(one.startswith(b"AZUREML_RUN_ID=") for one in variables):
                found.append((process / "cmdline").read_text())
        except OSError:
            continue
    return found
