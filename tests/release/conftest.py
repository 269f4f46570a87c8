"""Fixtures: the line after a release of both variants on the real data, made once and copied for each test."""

import fcntl
import json
import os
import shutil
from pathlib import Path

import pytest
from release_line import CLEVELAND, ENDPOINT, ROOT, Line, asset_of

from emulator.client import deactivate
from scripts.lib.workspace import repetition


@pytest.fixture(autouse=True)
def no_workspace_left_active():
    yield
    deactivate()
    repetition.uninstall()


def made_once(tmp_path_factory, name: str, make) -> Path:
    """Return a folder that ``make`` filled, once for all workers of this run."""
    base = tmp_path_factory.getbasetemp()
    base = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    folder, mark = base / name, base / f"{name}.made"
    with (base / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not mark.exists():
            folder.mkdir()
            make(folder)
            mark.touch()
    return folder


@pytest.fixture(scope="session")
def released_once(tmp_path_factory) -> Path:
    """A folder with the state, outputs and result of one release of ordinal, then onehot."""
    if not CLEVELAND.exists():
        pytest.skip("../shared/data/uci-heart-disease is not here")

    def make(folder: Path) -> None:
        line = Line(folder)
        variants = ("--variant", "ordinal", "--variant", "onehot")
        summary = {"GITHUB_STEP_SUMMARY": str(folder / "summary.md"), "GITHUB_OUTPUT": str(folder / "output")}
        done = line.process(
            "release_variants", *variants, "--data", str(CLEVELAND), "--output", str(folder / "out"), **summary
        )
        (folder / "result.json").write_text(json.dumps(done.result))
        (folder / "story.txt").write_text(done.story)

    return made_once(tmp_path_factory, "released", make)


@pytest.fixture(scope="session")
def judged_once(released_once, tmp_path_factory) -> Path:
    """A folder in which ordinal is the default and onehot has passed the gate but is not promoted."""

    def make(folder: Path) -> None:
        line = Line(released_once).copy(folder)
        asset = asset_of(line)
        line.run("delete_endpoint", "--confirm", ENDPOINT)
        line.run("setup_workspace", "--data", str(CLEVELAND), "--work", str(folder / "out" / "data"))
        names = {}
        for variant in ("ordinal", "onehot"):
            names[variant] = line.run("deploy_candidate", "--variant", variant).result["deployment"]
            evidence = folder / "out" / variant
            judge = ("--deployment", names[variant], "--data-asset", asset, "--output", str(evidence))
            line.run("evaluate_candidate", *judge)
            if variant == "ordinal":
                line.run(
                    "promote_deployment", "--deployment", names[variant], "--evidence", f"{evidence}/evidence.json"
                )
        (folder / "names.json").write_text(json.dumps(names))

    return made_once(tmp_path_factory, "judged", make)


@pytest.fixture
def released(released_once, tmp_path) -> Line:
    """A line after the release: onehot is the default, ordinal the previous one."""
    return Line(released_once).copy(tmp_path / "line")


@pytest.fixture
def edited(tmp_path):
    """Function: gives a line a repository of its own, in which some files' text is replaced: path to (old, new)."""

    def edit(line: Line, changes: dict[str, tuple[str, str]]) -> Line:
        repository = tmp_path / "repository"
        for part in ("scripts", "emulator", "components", "pipelines", "endpoints", "data"):
            shutil.copytree(ROOT / part, repository / part, ignore=shutil.ignore_patterns("__pycache__"))
        for name, (old, new) in changes.items():
            text = (repository / name).read_text()
            assert old in text
            (repository / name).write_text(text.replace(old, new, 1))
        return Line(line.folder, repository)

    return edit


@pytest.fixture
def judged(judged_once, tmp_path) -> Line:
    """A line in which ordinal is the default and onehot may be promoted."""
    return Line(judged_once).copy(tmp_path / "line")


@pytest.fixture
def names(judged_once) -> dict[str, str]:
    """Names of the deployments by variant."""
    return json.loads((judged_once / "names.json").read_text())


@pytest.fixture
def evidence(judged) -> Path:
    """The evidence that allows onehot to replace ordinal."""
    return judged.folder / "out" / "onehot" / "evidence.json"
