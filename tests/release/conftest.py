"""Fixtures: the line after a release of both variants on the real data, made once and copied for each test."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from made_lines import PARTS, judge_once, release_once
from release_line import CLEVELAND, ROOT, Line

from emulator.client import deactivate
from scripts.lib.workspace import repetition
from tests.made_once import made_once
from tests.small_problem import OF_A_PROBLEM, PROBLEM, lay_over


@pytest.fixture(autouse=True)
def no_workspace_left_active():
    yield
    deactivate()
    repetition.uninstall()


@pytest.fixture(scope="session")
def released_once(tmp_path_factory) -> Line:
    """The line after one release on the real data."""
    if not CLEVELAND.exists():
        pytest.skip("../shared/data/uci-heart-disease is not here")
    data = ("--data", str(CLEVELAND))
    return Line(made_once(tmp_path_factory, "released", lambda folder: release_once(Line(folder), *data)))


@pytest.fixture(scope="session")
def small_repository(tmp_path_factory) -> Path:
    """This repository with the small problem in place of its own."""

    def make(folder: Path) -> None:
        for part in PARTS:
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        for place in filter(Path.is_dir, folder.glob("*/*/")):
            if OF_A_PROBLEM.match(f"{place.relative_to(folder)}/"):
                shutil.rmtree(place)
        lay_over(folder)

    return made_once(tmp_path_factory, "small_repository", make)


@pytest.fixture
def small_line(small_repository, tmp_path) -> Line:
    """A line of the small problem on an empty workspace."""
    return Line(tmp_path / "line", small_repository, PROBLEM)


@pytest.fixture(scope="session")
def small_once(small_repository, tmp_path_factory) -> Line:
    """The line of the small problem after one release."""

    def make(folder: Path) -> None:
        release_once(Line(folder, small_repository, PROBLEM))

    return Line(made_once(tmp_path_factory, "small", make), small_repository, PROBLEM)


@pytest.fixture(scope="session")
def judged_once(released_once, tmp_path_factory) -> Line:
    """The line in which ordinal is the default and onehot has passed the gate but is not promoted."""
    data = ("--data", str(CLEVELAND))
    folder = made_once(tmp_path_factory, "judged", lambda folder: judge_once(released_once.copy(folder), *data))
    return replace(released_once, folder=folder)


@pytest.fixture
def released(released_once, tmp_path) -> Line:
    """A line after the release: onehot is the default, ordinal the previous one."""
    return released_once.copy(tmp_path / "line")


@pytest.fixture
def edited(tmp_path):
    """Function: gives a line a repository of its own, in which some files' text is replaced: path to (old, new)."""

    def edit(line: Line, changes: dict[str, tuple[str, str]]) -> Line:
        repository = tmp_path / "repository"
        for part in PARTS:
            shutil.copytree(line.repository / part, repository / part, ignore=shutil.ignore_patterns("__pycache__"))
        for name, (old, new) in changes.items():
            text = (repository / name).read_text()
            assert old in text
            (repository / name).write_text(text.replace(old, new, 1))
        return replace(line, repository=repository)

    return edit


@pytest.fixture
def judged(judged_once, tmp_path) -> Line:
    """A line in which ordinal is the default and onehot may be promoted."""
    return judged_once.copy(tmp_path / "line")


@pytest.fixture
def names(judged_once) -> dict[str, str]:
    """Names of the deployments by variant."""
    return json.loads((judged_once.folder / "names.json").read_text())


@pytest.fixture
def evidence(judged) -> Path:
    """The evidence that allows onehot to replace ordinal."""
    return judged.folder / "out" / "onehot" / "evidence.json"
