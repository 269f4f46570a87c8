"""A promotion needs valid evidence: the real command refuses each fault of it, and a promotion leaves its records."""

import json
from datetime import datetime, timedelta, timezone

import pytest
from release_line import AZURE_NAME, ENDPOINT

from scripts.lib.digests import canonical_json, content_digest

pytestmark = pytest.mark.slow


def promote(line, deployment, evidence, *more, code=0, **variables):
    return line.run(
        "promote_deployment", "--deployment", deployment, "--evidence", str(evidence), *more, code=code, **variables
    )


def rewritten(line, evidence, deployment, **changes):
    """Write evidence that is changed but whole: its digest is right, and recorded with the candidate."""
    content = json.loads(evidence.read_text()) | changes
    content.pop("digest")
    content["digest"] = content_digest(content)
    evidence.write_bytes(canonical_json(content))
    client = line.client()
    endpoint = client.batch_endpoints.get(AZURE_NAME)
    endpoint.tags[f"evidence.{deployment}"] = content["digest"]
    client.batch_endpoints.begin_create_or_update(endpoint).result()


def test_promotion_writes_the_default_and_who_was_before(judged, names, evidence):
    done = promote(judged, names["onehot"], evidence)
    expected = {
        "default": names["onehot"],
        "previous": names["ordinal"],
        "changed": True,
        "forced": False,
        "dry_run": False,
    }
    assert done.result == {"endpoint": ENDPOINT, **expected}
    status = judged.run("show_status").result
    assert (status["default"], status["previous"]) == (names["onehot"], names["ordinal"])
    entry = judged.history()[-1]
    assert entry["default"] == names["onehot"]
    assert entry["evidence"] == json.loads(evidence.read_text())["digest"]
    tags = judged.client().batch_endpoints.get(AZURE_NAME).tags
    assert all(tags.values())
    assert tags["previous_default"] == names["ordinal"]


def test_a_dry_run_checks_and_changes_nothing(judged, names, evidence, tmp_path):
    before = judged.client().batch_endpoints.get(AZURE_NAME)
    done = promote(judged, names["onehot"], evidence, "--dry-run")
    assert (done.result["changed"], done.result["dry_run"]) == (False, True)
    assert f"would replace {names['ordinal']}" in done.story
    after = judged.client().batch_endpoints.get(AZURE_NAME)
    assert (after.defaults, after.tags) == (before.defaults, before.tags)
    promote(judged, names["onehot"], tmp_path / "none.json", "--dry-run", code=6)


def test_a_repeated_promotion_changes_nothing(judged, names, evidence):
    promote(judged, names["onehot"], evidence)
    before = judged.client().batch_endpoints.get(AZURE_NAME).tags
    history = judged.history()
    assert promote(judged, names["onehot"], evidence).result["changed"] is False
    assert judged.client().batch_endpoints.get(AZURE_NAME).tags == before
    assert judged.history() == history


def test_the_first_default_leaves_no_empty_tag(judged, names):
    first = judged.history()[-1]
    assert first["default"] == names["ordinal"]
    assert "previous" not in first
    tags = judged.client().batch_endpoints.get(AZURE_NAME).tags
    assert "previous_default" not in tags
    assert all(tags.values())


def refused(line, names, evidence, reason):
    done = promote(line, names["onehot"], evidence, code=6)
    assert done.result is None
    assert f"[{reason}]" in done.story
    assert line.default() == names["ordinal"]
    return done.story


def test_missing(judged, names, tmp_path):
    assert "run evaluate_candidate first" in refused(judged, names, tmp_path / "none.json", "missing")


def test_altered(judged, names, evidence):
    evidence.write_text(evidence.read_text().replace('"promote":true', '"promote":false'))
    refused(judged, names, evidence, "altered")


def test_altered_with_its_digest(judged, names, evidence):
    content = json.loads(evidence.read_text()) | {"git_commit": "0" * 40}
    content.pop("digest")
    evidence.write_bytes(canonical_json({**content, "digest": content_digest(content)}))
    assert "is recorded with" in refused(judged, names, evidence, "altered")


def test_never_recorded_with_the_candidate(judged, names, evidence):
    client = judged.client()
    endpoint = client.batch_endpoints.get(AZURE_NAME)
    endpoint.tags = {key: value for key, value in endpoint.tags.items() if not key.startswith("evidence.onehot")}
    client.batch_endpoints.begin_create_or_update(endpoint).result()
    assert "made in another" in refused(judged, names, evidence, "other-workspace")


def test_stale(judged, names, evidence):
    old = datetime.now(timezone.utc) - timedelta(hours=25)
    rewritten(judged, evidence, names["onehot"], created=old.strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
    assert "25.0 hours old; at most 24.0" in refused(judged, names, evidence, "stale")


def test_failed(judged, names, evidence):
    verdict = json.loads(evidence.read_text())["verdict"]
    failed = {**verdict, "outcome": "fail", "promote": False, "sentence": "It is worse."}
    rewritten(judged, evidence, names["onehot"], verdict=failed)
    assert "It is worse." in refused(judged, names, evidence, "failed")


def test_other_content(judged, names, evidence):
    candidate = json.loads(evidence.read_text())["candidate"]
    rewritten(judged, evidence, names["onehot"], candidate={**candidate, "content_digest": "sha256:" + "0" * 64})
    refused(judged, names, evidence, "other-content")


def test_other_gate_file(judged, names, evidence):
    gate = json.loads(evidence.read_text())["gate"]
    rewritten(judged, evidence, names["onehot"], gate={**gate, "digest": "sha256:" + "0" * 64})
    refused(judged, names, evidence, "other-gate")


def test_evidence_of_another_deployment(judged, names):
    refused(judged, names, judged.folder / "out" / "ordinal" / "evidence.json", "altered")


def test_a_default_that_changed_since_is_named(judged, names, evidence):
    promote(judged, names["onehot"], evidence)
    done = promote(judged, names["ordinal"], judged.folder / "out" / "ordinal" / "evidence.json", code=6)
    assert f"judged against no champion, but the default is now {names['onehot']}" in done.story
    assert "[other-champion]" in done.story
    assert judged.default() == names["onehot"]


def test_an_unknown_deployment_lists_those_there_are(judged, names, evidence):
    done = promote(judged, "onehot-0000000000", evidence, code=8)
    assert names["onehot"] in done.story
    assert names["ordinal"] in done.story


@pytest.mark.parametrize("more", [["--force"], ["--reason", "why not"], ["--force", "--reason", " "]])
def test_force_and_reason_go_together(judged, names, evidence, more):
    assert "go together" in promote(judged, names["onehot"], evidence, *more, code=2).story
    assert judged.default() == names["ordinal"]


def test_force_is_recorded_and_shown(judged, names, tmp_path):
    summary = tmp_path / "summary.md"
    forced = ("--force", "--reason", "Wanted for a demonstration")
    done = promote(judged, names["onehot"], tmp_path / "none.json", *forced, GITHUB_STEP_SUMMARY=str(summary))
    assert done.result["forced"] is True
    assert "Forced although the evidence is refused" in done.story
    assert "Wanted for a demonstration" in summary.read_text()
    entry = judged.history()[-1]
    assert entry["forced"] == "Wanted for a demonstration"
    assert "[missing]" in entry["refused"]
    assert "by force: Wanted for a demonstration" in judged.run("show_history").story


def test_a_write_that_does_not_take_is_a_conflict(judged, names, evidence):
    ignored = [{"match": {"method": "PUT", "path": f"batchEndpoints/{AZURE_NAME}$"}, "answer": "ignore"}]
    done = promote(judged, names["onehot"], evidence, code=7, AZUREML_EMULATOR_FAULTS=json.dumps(ignored))
    assert f"said yes to {names['onehot']}" in done.story
    assert judged.default() == names["ordinal"]
    assert [entry["default"] for entry in judged.history()].count(names["onehot"]) == 1  # of the release before
