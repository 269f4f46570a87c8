"""Kill the line at its worst moments, and run two of them at once: a rerun ends right, no default is ungated."""

import pytest
from release_line import asset_of, ended, kill, killed_at, read_until
from small_line import AZURE_NAME, judged_once, released_once  # noqa: F401

from tests.small_problem import PROBLEM, TRAINING

pytestmark = pytest.mark.slow
BOTH = ("--variant", "ordinal", "--variant", "onehot")


@pytest.fixture
def cleared(released):
    """A released line without its endpoint: the pipelines' steps ran before, nothing is deployed."""
    released.run("delete_endpoint", "--confirm", PROBLEM)
    released.run("setup_workspace", "--work", str(released.folder / "data"))
    return released


def release(line, *arguments, output="out2"):
    return ("release_variants", *arguments, "--output", str(line.folder / output))


def test_killed_in_the_test_job(released, edited):
    """The job that is left runs on, and the next release waits for it instead of paying for another."""
    goes_on = released.folder / "goes on"
    waits = f"while not Path({str(goes_on)!r}).exists():\n        time.sleep(0.05)"
    line = edited(released, {TRAINING: ("time.sleep(SECONDS)", waits)})
    process = line.start(*release(line, "--variant", "onehot"))
    job = read_until(process, "as job").split()[-1]
    read_until(process, "train_job running")
    kill(process)
    again = line.start(*release(line, "--variant", "onehot"))
    assert f"Job {job} does this already" in read_until(again, "joining it")
    goes_on.touch()
    done = ended(again)
    assert done.code == 0, done.story
    tests = [one for one in line.client().jobs.list() if (one.tags or {}).get("variant") == "onehot"]
    assert [one.name for one in tests].index(job) == 0
    assert len(tests) == 2  # the other is of the release before
    assert done.result["default"] == done.result["variants"][0]["deployment"] == released.default()
    assert len(released.history()) == 3


def test_killed_between_the_default_and_the_history(judged, names, evidence, monkeypatch):
    promote = ("promote_deployment", "--deployment", names["onehot"], "--evidence", str(evidence))
    before = judged.history()
    killed_at(judged, "PUT", "history.jsonl", monkeypatch, *promote, later=0)
    assert judged.default() == names["onehot"]
    shown = judged.history()
    assert shown[:-1] == before
    assert (shown[-1]["default"], shown[-1]["previous"]) == (names["onehot"], names["ordinal"])
    again = judged.run(*promote)  # waits until the killed one's lock has run out
    assert again.result["changed"] is False
    assert "Waiting for another command that changes endpoint" in again.story
    assert judged.history() == shown
    assert judged.run("rollback_default").result["default"] == names["ordinal"]
    assert [entry["action"] for entry in judged.history()[len(before) :]] == ["promoted", "rolled back"]


def test_killed_before_the_scoring_endpoint_follows(judged, names, monkeypatch):
    """A release that finds its variant to be the default already still does what a killed one left out."""
    scoring = f"{PROBLEM}-score"
    line = release(judged, "--variant", "onehot")
    killed_at(judged, "PUT", "history.jsonl", monkeypatch, *line)
    assert judged.default() == names["onehot"]
    assert judged.run("show_status", "--problem", scoring).result["default"].startswith("ordinal-")
    assert judged.run(*line).result["default"] == names["onehot"]
    assert judged.run("show_status", "--problem", scoring).result["default"].startswith("onehot-")


def test_killed_before_the_default_is_written(judged, names, evidence, monkeypatch):
    promote = ("promote_deployment", "--deployment", names["onehot"], "--evidence", str(evidence))
    before = judged.history()
    killed_at(judged, "PUT", f"batchEndpoints/{AZURE_NAME}$", monkeypatch, *promote)
    assert (judged.default(), judged.history()) == (names["ordinal"], before)
    assert judged.run(*promote).result["changed"] is True
    assert len(judged.history()) == len(before) + 1


def assert_every_default_was_gated(line, since: int):
    """Each default since then has evidence that says pass, against the default which it replaced."""
    from scripts.lib.line.stored_evidence import stored_evidence
    from scripts.lib.workspace.release_store import ReleaseStore

    entries = line.history()[since:]
    store = ReleaseStore(line.connection(), PROBLEM)
    assert entries
    before = None
    for entry in entries:
        kept = stored_evidence(store, entry["default"])
        assert kept["digest"] == entry["evidence"]
        assert kept["verdict"]["promote"] is True
        assert entry.get("previous") == before == (kept["champion"] or {}).get("deployment")
        before = entry["default"]
    assert line.default() == before


def test_two_releases_at_once(cleared):
    since = len(cleared.history())
    processes = [
        cleared.start(*release(cleared, "--variant", variant, "--keep", "2", output=variant + "2"))
        for variant in ("ordinal", "onehot")
    ]
    done = [ended(process) for process in processes]
    codes = [one.code for one in done]
    assert set(codes) <= {0, 4, 6, 7}, "\n".join(one.story for one in done)
    assert 0 in codes
    for one in done:
        if one.code == 6:
            assert "[other-champion]" in one.story
    assert_every_default_was_gated(cleared, since)


def test_two_promotions_at_once_one_wins_and_the_other_is_told_who(cleared, tmp_path):
    since, asset, deployed = len(cleared.history()), asset_of(cleared), {}
    for variant in ("ordinal", "onehot"):
        deployed[variant] = name = cleared.run("deploy_candidate", "--variant", variant).result["deployment"]
        judge = ("--deployment", name, "--data-asset", asset, "--output", str(tmp_path / variant))
        assert cleared.run("evaluate_candidate", *judge).result["champion"] == ""
    processes = {
        name: cleared.start(
            "promote_deployment", "--deployment", name, "--evidence", str(tmp_path / variant / "evidence.json")
        )
        for variant, name in deployed.items()
    }
    done = {name: ended(process) for name, process in processes.items()}
    assert sorted(one.code for one in done.values()) == [0, 6], done
    (winner,) = (name for name, one in done.items() if one.code == 0)
    (loser,) = (one for one in done.values() if one.code == 6)
    assert f"judged against no champion, but the default is now {winner}" in loser.story
    assert_every_default_was_gated(cleared, since)
