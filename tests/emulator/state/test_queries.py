"""What the database answers of all documents is what a look at each of them gives."""

import random
import sqlite3

import pytest

from emulator.state import keys
from emulator.state.documents import Store
from emulator.state.queries import highest_version, live_jobs
from emulator.state.records import TERMINAL
from emulator.state.schema import LIVE_JOBS


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "workspace.db")


def test_live_jobs_are_those_that_have_not_ended(store):
    for number, status in enumerate(("Running", *TERMINAL, "CancelRequested", "NotStarted")):
        job = {"name": f"job-{number}", "status": status}
        store.put(keys.job(job["name"]), job)
        store.put(keys.job(f"step-{number}"), job, keys.steps(job["name"]))
    assert [job["status"] for job in live_jobs(store)] == ["Running", "CancelRequested", "NotStarted"]
    store.change(keys.job("job-0"), status="Completed")
    assert [job["name"] for job in live_jobs(store)] == ["job-4", "job-5"]
    assert all(f"'{status}'" in LIVE_JOBS for status in TERMINAL)


def test_a_file_without_the_index_gets_it(store, tmp_path):
    store.put(keys.job("one"), {"name": "one", "status": "Running"})
    with sqlite3.connect(tmp_path / "workspace.db") as connection:
        connection.execute("DROP INDEX live_jobs")
    connection.close()
    assert [job["name"] for job in live_jobs(Store(tmp_path / "workspace.db"))] == ["one"]


def test_the_highest_version_is_the_highest_number(store):
    dice = random.Random(3)
    versions = [
        "0",
        "007",
        "12",
        "9",
        "1.5",
        "latest",
        "-3",
        str(10**30),
        *(str(dice.randrange(10**6)) for _ in range(50)),
    ]
    put = []
    for version in versions:
        assert highest_version(store, "data", "rows") == max((int(each) for each in put if each.isdigit()), default=0)
        store.put(keys.asset_version("data", "rows", version), {})
        put.append(version)
    store.put(keys.asset_version("data", "rows2", str(10**40)), {})
    store.put(keys.asset_version("models", "rows", str(10**41)), {})
    assert highest_version(store, "data", "rows") == 10**30
