"""What a merge would do: declared against actual default, challengers, data; and what a run left running."""

import json

import pytest
from release_line import asset_of, kill, read_until
from small_line import TABLE, judged_once, released_once  # noqa: F401

from tests.small_problem import PROBLEM, TRAINING

SERVING = f"endpoints/{PROBLEM}/serving.yml"
ORDINAL = {SERVING: ("variant: onehot", "variant: ordinal")}
OTHERWISE = {TRAINING: ("PENALTY = 1.0", "PENALTY = 1.1")}


def names(line):
    return {row["variant"]: row["deployment"] for row in line.run("show_status").result["deployments"]}


def test_nothing_is_to_be_done_after_a_release(released):
    plan = released.run("plan_release", "--data", str(TABLE)).result
    assert (plan["serving"], plan["challengers"], plan["retrain"], plan["any"]) == ("", [], False, False)
    assert plan["declared"] == "onehot"
    assert plan["headline"] == f"Changes no deployment: `{plan['default']}` is the default, as the repository declares."


def test_another_variant_is_declared(released, edited):
    """What was the default before is brought back: a revert is no less a change than any other."""
    known = names(released)
    plan = edited(released, ORDINAL).process("plan_release").result
    assert (plan["serving"], plan["challengers"]) == ("ordinal", [])
    assert f"brings `{known['ordinal']}` to default, instead of `{known['onehot']}`" in plan["headline"]
    assert [c["reason"] for c in plan["changes"] if (c["action"], c["kind"]) == ("evaluate", "default")] == [
        f"it is declared to serve, instead of {known['onehot']}"
    ]


def test_shared_code_changes_one_to_serve_and_one_challenger(released, edited):
    plan = edited(released, OTHERWISE).process("plan_release").result
    assert (plan["serving"], plan["challengers"]) == ("onehot", ["ordinal"])


def test_new_data_retrains_the_default(released, tmp_path):
    fewer = tmp_path / TABLE.name
    fewer.write_text("\n".join(TABLE.read_text().splitlines()[:-1]) + "\n")
    plan = released.run("plan_release", "--data", str(fewer)).result
    assert (plan["serving"], plan["retrain"], plan["any"]) == ("", True, True)
    assert plan["headline"].startswith("A merge retrains the default")
    assert next((c["action"], c["kind"]) for c in plan["changes"]) == ("create", "data")


@pytest.mark.slow
def test_what_the_gate_refused_against_this_default_is_not_decided_again(released, edited):
    worse = edited(released, {TRAINING: ("FEATURES = 100", "FEATURES = 1")})
    options = ("--data", str(TABLE), "--output", str(released.folder / "worse"))
    done = worse.process("release_variants", "--variant", "onehot", *options, code=4)
    assert done.result["headline"].startswith(f"❌ `{done.result['default']}` stays: the gate says no to `onehot-")
    plan = worse.process("plan_release").result
    assert plan["serving"] == ""
    assert plan["headline"].startswith("Not decided: `onehot-")
    assert "the gate refused it" in plan["headline"]


def test_variants_or_the_plan(released):
    refused = released.run("release_variants", "--as-planned", "--variant", "onehot", code=2)
    assert "--variant or --as-planned, not both" in refused.story


def test_evidence_after_a_wait(judged, evidence):
    """It holds; it goes stale when the default changes; and a later commit's default is not overtaken backwards."""
    onehot = json.loads((judged.folder / "names.json").read_text())["onehot"]
    given = ("--deployment", onehot, "--evidence", str(evidence))
    assert judged.run("check_evidence", *given).result == {"stale": False, "elsewhere": False, "why": ""}
    text = json.loads(evidence.read_text())
    text["created"] = "2020-01-01T00:00:00+00:00"
    evidence.write_text(json.dumps(text))
    assert judged.run("check_evidence", *given).result["stale"] is True


@pytest.mark.slow
def test_a_run_cancels_what_it_left_running(released, edited):
    endless = edited(
        released, {"components/prepare/prepare.py": ("import ", "import time\n\ntime.sleep(600)\nimport ")}
    )
    start = ("run_pipeline", "--variant", "onehot", "--data-asset", asset_of(released))
    process = endless.start(*start, GITHUB_RUN_ID="77")
    job = read_until(process, "runs as job").split()[-1]
    kill(process)
    assert released.run("cancel_jobs", "--run-id", "78").result["jobs"] == {}
    assert released.run("cancel_jobs", "--run-id", "77").result == {
        "run": "77",
        "jobs": {job: "canceled"},
        "canceled": [job],
    }
    ended = released.run("cancel_jobs", "--run-id", "77").result["jobs"][job]
    assert ended in ("canceled", "had ended as Canceled")
