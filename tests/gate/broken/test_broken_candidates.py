"""Each broken candidate through the whole line, as a first release and against a champion: none is promoted."""

import json
import re
import shutil

import pytest

from tests.gate.broken.candidates import BROKEN, Broken
from tests.made_once import made_once
from tests.release.release_line import CLEVELAND, ROOT, Line

VARIANT = "onehot"
PARTS = ("scripts", "emulator", "components", "pipelines", "endpoints", "data")


@pytest.fixture(scope="session")
def judged_champion(tmp_path_factory):
    """A line in which ordinal is deployed and judged, and nothing is the default yet; and its data asset."""
    if not CLEVELAND.exists():
        pytest.skip("../shared/data/uci-heart-disease is not here")

    def make(folder):
        line = Line(folder)
        asset = line.process("setup_workspace", "--data", str(CLEVELAND), "--work", str(folder / "data")).result
        name = line.process("deploy_candidate", "--variant", "ordinal").result["deployment"]
        evaluate(line, name, asset["data_asset"], "champion", 0)
        (folder / "names.json").write_text(json.dumps([name, asset["data_asset"]]))

    line = Line(made_once(tmp_path_factory, "judged_champion", make))
    return line, *json.loads((line.folder / "names.json").read_text())


def evaluate(line: Line, deployment: str, asset: str, output: str, *codes: int):
    """Judge a deployment in a process of its own; return how it ended."""
    arguments = ("--deployment", deployment, "--data-asset", asset, "--output", str(line.folder / output))
    process = line.start("evaluate_candidate", *arguments)
    stdout, stderr = process.communicate(timeout=400)
    assert process.returncode in codes, stderr
    return process.returncode, json.loads(stdout) if stdout else None, stderr


def broken_repository(folder, broken: Broken):
    for part in PARTS:
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    path = folder / broken.file
    text = path.read_text()
    assert broken.old in text, f"{broken.file} no longer holds what {broken.name!r} replaces"
    path.write_text(text.replace(broken.old, broken.new, 1))
    return folder


@pytest.mark.broken
@pytest.mark.parametrize(
    "broken",
    [pytest.param(one, marks=[pytest.mark.slow] if one.quick else [], id=one.name) for one in BROKEN],
)
def test_a_broken_candidate_is_not_promoted(judged_champion, tmp_path, broken):
    honest, champion, asset = judged_champion
    line = Line(honest.copy(tmp_path / "line").folder, broken_repository(tmp_path / "repository", broken))
    candidate = line.process("deploy_candidate", "--variant", VARIANT).result["deployment"]
    first = evaluate(line, candidate, asset, "first", 0, 4)
    evidence = line.folder / "champion" / "evidence.json"
    line.process("promote_deployment", "--deployment", champion, "--evidence", str(evidence))
    second = evaluate(line, candidate, asset, "second", 0, 4)
    if broken.named is None:
        _require_sound(second)
        return
    for code, result, story in (first, second) if broken.first else (second,):
        said = story + json.dumps((result or {}).get("rules", ""))
        assert code == 4, story
        assert re.search(broken.named, said), story


def _require_sound(second):
    """A candidate whose report alone is wrong may be promoted; then it scores unseen rows as the champion does."""
    code, result, _ = second
    if code == 0:
        ours, theirs = result["candidate_metrics"], result["champion_metrics"]
        assert ours["roc_auc"] > theirs["roc_auc"] - 0.03
        assert ours["brier"] < theirs["brier"] + 0.015


def test_there_are_enough_of_them_and_each_edit_fits_the_code():
    assert len(BROKEN) >= 25
    assert len({broken.name for broken in BROKEN}) == len(BROKEN)
    for broken in BROKEN:
        assert broken.old in (ROOT / broken.file).read_text(), broken.name
