"""One process of a step fails: the step fails with its name, and the others end."""

import json
import shutil
import time

import numpy as np
import pytest
from patients import DESCRIPTION, raw_frame, write_csv
from several import ended, prepare_arguments, run, start, train_arguments

OTHER = "train cannot go on: another process of the step has ended; its log says why."
MEMORY = 150_000_000


@pytest.fixture(scope="module")
def two_parts(tmp_path_factory):
    """12,000 patients, prepared by two processes."""
    folder = tmp_path_factory.mktemp("parts")
    write_csv(raw_frame(12_000), folder / "data")
    run("prepare", prepare_arguments(folder / "data", folder), 2, folder)
    return folder


@pytest.fixture
def parts(two_parts, tmp_path):
    shutil.copytree(two_parts, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("rank", [0, 1])
def test_a_process_is_killed_in_the_middle(parts, rank):
    running = start("train_xgb", [*train_arguments(parts, parts), "--rounds", "50000"], 2, parts)
    until = time.monotonic() + 60
    while not all("got rank" in process.log.read_text() for process in running) and time.monotonic() < until:
        time.sleep(0.05)
    time.sleep(1)
    assert [process.poll() for process in running] == [None, None]
    running[rank].kill()
    done = ended(running)
    assert done.statuses[rank] == -9
    assert done.statuses[1 - rank] == 1
    assert f"{OTHER} (process {1 - rank} of 2)" in done.logs[1 - rank]
    assert not (parts / "model").exists()


@pytest.mark.slow
def test_a_process_runs_out_of_memory(parts):
    """The kernel gives one process less than the rows take, and more than it takes to start."""
    folder = parts / "prepared" / "part-00001"
    for name in ("rows.npy", "features.npy"):
        np.save(folder / name, np.repeat(np.load(folder / name), 250, axis=0))
    told = parts / "prepared" / "prepared.json"
    rows = sum(len(np.load(part / "rows.npy", mmap_mode="r")) for part in (parts / "prepared").glob("part-*"))
    told.write_text(json.dumps({**json.loads(told.read_text()), "rows": rows}))
    limit = {1: ("prlimit", f"--data={MEMORY}")}
    done = ended(start("train_xgb", train_arguments(parts, parts), 2, parts, prefixes=limit))
    assert done.statuses == [1, 1]
    assert "train cannot go on: its memory does not suffice." in done.logs[1]
    assert OTHER in done.logs[0]


def test_a_partition_that_is_cut_off(parts):
    path = parts / "prepared" / "part-00001" / "features.npy"
    path.write_bytes(path.read_bytes()[:-1000])
    done = ended(start("train_xgb", train_arguments(parts, parts), 2, parts))
    assert 1 in done.statuses
    assert "part-00001/features.npy cannot be read: it is cut off" in "".join(done.logs)
    path.unlink()
    done = ended(start("train_xgb", train_arguments(parts, parts), 2, parts))
    assert "part-00001/features.npy cannot be read: [Errno 2] No such file" in "".join(done.logs)


def test_a_file_that_one_process_cannot_read(parts):
    """Only the last process meets the bytes that are no text."""
    path = parts / "data" / "heart.csv"
    path.write_bytes(path.read_bytes() + b"\xff\xff" * 100)
    done = ended(start("prepare", prepare_arguments(parts / "data", parts / "out"), 2, parts))
    assert done.statuses == [1, 1]
    assert "prepare refused its input: heart.csv is not UTF-8 text" in done.logs[1]
    assert "(process 1 of 2)" in done.logs[1]
    assert "another process of the step has ended" in done.logs[0]


def test_what_one_process_does_is_refused_to_several(parts):
    several = start("train_hgb", [*train_arguments(parts, parts)], 2, parts)
    assert "This algorithm needs all rows in one process; the step has 2." in "".join(ended(several).logs)
    given = ["--transformations", parts / "transformations", "--description", DESCRIPTION]
    out = ["--prepared-data", parts / "new", "--transformations-output", parts / "unused"]
    done = ended(start("prepare", ["--data", parts / "data", *given, *out], 2, parts))
    assert "in the order of the input is done by one process, and the step has 2." in "".join(done.logs)


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"WORLD_SIZE": "2", "RANK": "0"}, "WORLD_SIZE is 2, but MASTER_ADDR is not set"),
        ({"OMPI_COMM_WORLD_SIZE": "2"}, r"another distribution \(OMPI_COMM_WORLD_SIZE\). Write `type: pytorch`"),
    ],
)
def test_another_distribution_is_refused(train_modules, monkeypatch, variables, named):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(train_modules.refusal.Refused, match=named):
        train_modules.ranks.of_step()
