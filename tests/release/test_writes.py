"""Each write is read back: a reported success without effect is a conflict; a lost response to a write is no error."""

import ast
import json

import pytest
from release_line import AZURE_NAME, CLEVELAND, ENDPOINT, ROOT, SCORING, Line, ended, killed_at

pytestmark = pytest.mark.slow
WRITES = {
    "begin_cancel",
    "begin_create_or_update",
    "begin_delete",
    "create_or_update",
    "delete_blob",
    "upload_blob",
}
WRITERS = {"create_once", "deleted", "written"}


def faults(method: str, path: str, answer, **more) -> dict[str, str]:
    return {
        "AZUREML_EMULATOR_FAULTS": json.dumps([{"match": {"method": method, "path": path}, "answer": answer, **more}])
    }


def test_a_deletion_that_did_not_happen_is_a_conflict(judged, names):
    done = judged.run(
        "retire_deployments", "--keep", "0", "--yes", code=7, **faults("DELETE", "/deployments/", "ignore")
    )
    assert f"deleting deployment {names['onehot']}" in done.story
    assert "still has it" in done.story
    assert judged.deployments() == set(names.values())


@pytest.mark.parametrize("answer", ["drop", 500])
def test_a_deletion_whose_answer_is_lost_is_a_deletion(judged, names, answer):
    lost = faults("DELETE", "/deployments/", answer, carried_out=True)
    assert judged.run("retire_deployments", "--keep", "0", "--yes", **lost).result["deleted"] == [names["onehot"]]
    lost = faults("DELETE", f"/batchEndpoints/{AZURE_NAME}$", answer, carried_out=True)
    assert judged.run("delete_endpoint", "--confirm", ENDPOINT, **lost).result["deployments"] == [names["ordinal"]]
    assert judged.history()[-1]["action"] == "deleted"


def test_a_removal_that_was_killed_before_it_noted_itself_is_noted(judged, names, monkeypatch):
    judged.run("delete_endpoint", "--problem", SCORING, "--confirm", SCORING)
    remove = ("delete_endpoint", "--confirm", ENDPOINT, "--compute")
    killed_at(judged, "PUT", "history.jsonl", monkeypatch, *remove)
    assert judged.history()[-1]["action"] != "deleted"
    assert judged.run(*remove).result["compute"] == "batch-cluster"
    entry = judged.history()[-1]
    assert (entry["action"], entry["previous"]) == ("deleted", names["ordinal"])
    judged.run(*remove, code=8)


def test_a_history_that_is_not_kept_is_a_conflict(judged, names, evidence):
    promote = ("promote_deployment", "--deployment", names["onehot"], "--evidence", str(evidence))
    done = judged.run(*promote, code=7, **faults("PUT", "history.jsonl", "ignore"))
    assert f"releases/{ENDPOINT}/history.jsonl of the default datastore, but did not keep it" in done.story
    assert judged.run(*promote).result["changed"] is False
    assert judged.history()[-1]["default"] == names["onehot"]


def test_a_lock_that_is_not_held_is_a_conflict(judged, names, evidence):
    promote = ("promote_deployment", "--deployment", names["onehot"], "--evidence", str(evidence))
    done = judged.run(*promote, code=7, **faults("PUT", "/lock$", "ignore"))
    assert "said yes to the lock" in done.story
    assert "Unexpected" not in done.story
    assert judged.default() == names["ordinal"]


def test_the_evidence_tags_of_what_is_gone_are_removed(judged, names, evidence):
    client = judged.client()
    endpoint = client.batch_endpoints.get(AZURE_NAME)
    endpoint.tags["evidence.gone-0000000000"] = "sha256:0"
    client.batch_endpoints.begin_create_or_update(endpoint).result()
    judged.run("promote_deployment", "--deployment", names["onehot"], "--evidence", str(evidence))
    tags = judged.client().batch_endpoints.get(AZURE_NAME).tags
    assert "evidence.gone-0000000000" not in tags
    assert f"evidence.{names['onehot']}" in tags


def test_lines_that_are_no_entries_are_kept_and_passed_over(judged, names, evidence):
    broken = [b"{", b"{}", b"[" * 100_000, b'"text"', b"\xff"]
    blob = history_blob(judged)
    blob.upload_blob(b"\n".join([*broken, blob.download_blob().readall()]), overwrite=True)
    before = judged.history()
    done = judged.run("promote_deployment", "--deployment", names["onehot"], "--evidence", str(evidence))
    assert done.result["changed"] is True
    assert f"Line 2 of releases/{ENDPOINT}/history.jsonl" in done.story
    assert len(judged.history()) == len(before) + 1
    assert history_blob(judged).download_blob().readall().splitlines()[:5] == broken


def test_evidence_that_is_nested_without_end_is_refused(judged, names, evidence):
    evidence.write_text('{"a":' * 100_000)
    done = judged.run("promote_deployment", "--deployment", names["onehot"], "--evidence", str(evidence), code=6)
    assert "[invalid]" in done.story


def test_stored_evidence_that_is_none_is_passed_over(judged, names):
    for content in (b"{}", b"[[[", b"{" * 100_000):
        stored(judged, f"{names['onehot']}/evidence.json").upload_blob(content, overwrite=True)
        status = judged.run("show_status")
        assert f"{names['onehot']}/evidence.json of the default datastore is no evidence" in status.story
        assert {row["deployment"]: row["verdict"] for row in status.result["deployments"]}[names["onehot"]] is None


def stored(line, name: str):
    from scripts.lib.workspace.release_store import ReleaseStore

    return ReleaseStore(line.connection(), ENDPOINT).blob(name)


def history_blob(line):
    return stored(line, "history.jsonl")


@pytest.mark.parametrize("path", ["/environments/", "/components/", "/batchEndpoints/[^/]+$", "/data/"])
def test_a_resource_that_was_not_made_is_a_conflict(tmp_path, path):
    if not CLEVELAND.exists():
        pytest.skip("../shared/data/uci-heart-disease is not here")
    line = Line(tmp_path)
    ignored = faults("PUT", path, "ignore")
    setup = ("setup_workspace", "--data", str(CLEVELAND), "--work", str(tmp_path / "data"))
    if path == "/components/":
        line.run(*setup)
        done = line.run("deploy_candidate", "--variant", "ordinal", code=7, **ignored)
    else:
        done = line.run(*setup, code=7, **ignored)
    assert "but does not have it" in done.story


@pytest.mark.parametrize("answer", [403, "drop"])
def test_an_upload_that_fails_ends(tmp_path, answer):
    """The SDK by itself would wait for ever."""
    if not CLEVELAND.exists():
        pytest.skip("../shared/data/uci-heart-disease is not here")
    line = Line(tmp_path)
    setup = ("setup_workspace", "--data", str(CLEVELAND), "--work", str(tmp_path / "data"))
    failed = faults("PUT", r"LocalUpload/.*\.csv$", answer, times=1, carried_out=answer == "drop")
    done = ended(line.start(*setup, **failed), 90)
    assert done.code == (1 if answer == 403 else 0), done.story
    assert line.run(*setup).result["data_asset"].startswith("heart-disease-train:")


def test_there_is_no_other_way_to_write():
    """Each call of the SDK that writes is made inside a call of the helper that reads back."""
    outside = []
    for path in sorted((ROOT / "scripts").rglob("*.py")):
        tree = ast.parse(path.read_text())
        names = handed_over(tree)
        outside += [f"{path.relative_to(ROOT)}:{line}" for line in unguarded(tree, names, False)]
    assert outside == []


def handed_over(tree: ast.AST) -> set[str]:
    """Names of the functions that are handed to the helper, and of those that such functions call."""
    found = {
        node.id
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and called(call) in WRITERS
        for argument in (*call.args, *(keyword.value for keyword in call.keywords))
        for node in ast.walk(argument)
        if isinstance(node, ast.Name)
    }
    functions = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    while (
        more := {
            node.id
            for name in found & set(functions)
            for node in ast.walk(functions[name])
            if isinstance(node, ast.Name) and node.id in functions
        }
        - found
    ):
        found |= more
    return found


def unguarded(node: ast.AST, names: set[str], guarded: bool) -> list[int]:
    """Lines of calls that write, outside of the helper's arguments and of the functions that are handed to it."""
    lines = []
    for child in ast.iter_child_nodes(node):
        inside = guarded
        if isinstance(child, ast.Call):
            inside = guarded or called(child) in WRITERS
            if called(child) in WRITES and not guarded:
                lines.append(child.lineno)
        elif isinstance(child, ast.FunctionDef):
            inside = guarded or child.name in names
        lines += unguarded(child, names, inside)
    return lines


def called(call: ast.Call) -> str:
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def test_the_search_for_other_ways_finds_them():
    write = "client.x.begin_delete('a')"
    cases = {
        f"def f():\n    {write}": [2],
        f"written(lambda: {write}, g, h)": [],
        f"def f():\n    {write}\nwritten(f)": [],
    }
    assert {text: unguarded(tree := ast.parse(text), handed_over(tree), False) for text in cases} == cases
