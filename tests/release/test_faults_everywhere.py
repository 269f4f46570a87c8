"""The quick part of ``benchmarks.faults``: each request that writes the default, struck; one rerun mends what is left.

The whole of it takes every request of every command; docs/faults.md is what it found.
"""

import json
import subprocess
import sys

import pytest
from release_line import ROOT
from small_line import AZURE_NAME, judged_once, released_once  # noqa: F401

from tests.small_problem import PROBLEM

pytestmark = pytest.mark.slow
KINDS = ("dropped after", "answered, not carried out", "kill -9", "SIGTERM")

SCRIPT = """
import json, re, sys
from pathlib import Path
from benchmarks.faults.commands import Command
from benchmarks.faults.runs import use_small_problem
from benchmarks.faults.trials import kinds_for, measure, try_once

states, work = Path(sys.argv[1]), Path(sys.argv[2])
command = Command(*json.loads(sys.argv[3]))
use_small_problem(Path(sys.argv[6]))
baseline = measure(command, states, work)
print(json.dumps([baseline.code, len(baseline.requests), baseline.state["live jobs"]]))
for request in baseline.requests:
    if re.search(sys.argv[4], request.words):
        for kind in kinds_for(request):
            if kind in json.loads(sys.argv[5]):
                print(json.dumps(try_once(baseline, request, kind, states, work)), flush=True)
"""


def struck(line, work, name: str, arguments: tuple[str, ...], requests: str) -> list[dict]:
    """Strike the requests of a command that fit, with each kind of fault; return the rows."""
    start, command = line.folder, json.dumps([name, line.folder.name, arguments])
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            SCRIPT,
            str(start.parent),
            str(work),
            command,
            requests,
            json.dumps(KINDS),
            line.repository,
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    baseline, *rows = map(json.loads, done.stdout.splitlines())
    assert baseline[0] == 0
    assert baseline[2] == []
    assert all(row["struck"] for row in rows)
    return rows


def assert_mended(rows: list[dict], least: int) -> None:
    assert len(rows) >= least
    assert [row for row in rows if row["differences"]] == []
    by_kind = {kind: [row["code"] for row in rows if row["kind"] == kind] for kind in KINDS}
    assert set(by_kind["kill -9"]) == {-9}
    assert set(by_kind["SIGTERM"]) <= {143, 0}


def test_a_promotion(judged_once, names, tmp_path):  # noqa: F811
    arguments = ("--deployment", names["onehot"], "--evidence", "{here}/out/onehot/evidence.json")
    rows = struck(judged_once, tmp_path / "trial", "promote_deployment", arguments, "^PUT .*(batchEndpoints|history)")
    assert_mended(rows, 8)


@pytest.mark.long
def test_a_roll_back(released_once, tmp_path):  # noqa: F811
    rows = struck(released_once, tmp_path / "trial", "rollback_default", (), "^PUT .*batchEndpoints|^POST /jobs")
    assert_mended(rows, 8)


@pytest.mark.long
def test_a_deletion(judged_once, tmp_path):  # noqa: F811
    arguments = ("--keep", "0", "--yes")
    rows = struck(judged_once, tmp_path / "trial", "retire_deployments", arguments, "^DELETE")
    assert_mended(rows, 4)
    arguments = ("--confirm", PROBLEM)
    rows = struck(judged_once, tmp_path / "trial", "delete_endpoint", arguments, "^DELETE|^PUT .*history")
    assert_mended(rows, 8)


def test_it_says_no_to_a_command_that_leaves_something(judged_once):  # noqa: F811
    """What is compared is compared: a default, a tag, a history and a job that are not as they should be."""
    sys.path.insert(0, str(ROOT))
    from benchmarks.faults.states import differences, look

    state = look(judged_once.folder)
    endpoint = f"batchEndpoints/{AZURE_NAME}"
    other = json.loads(json.dumps(state))
    assert differences(other, state) == []
    other["endpoints"][endpoint]["default"] = "other-0000000000"
    other["history"].append(["promoted", "other-0000000000", None])
    other["live jobs"].append("left")
    other["resources"].remove(endpoint)
    assert [found.split(":")[0] for found in differences(other, state)] == [
        "resources",
        "endpoints",
        "history",
        "live jobs",
    ]
