"""Which tests a change can affect: a file that no rule covers affects all of them."""

import re
import shutil
import subprocess
import sys

import pytest

from tests.affected import EVERYTHING, ROOT, RULES, TESTS, affected, changed


@pytest.mark.parametrize(
    ("files", "tests"),
    [
        ([], []),
        (["LICENSE"], []),
        (["README.md"], ["tests/test_readme.py"]),
        (["README.md", "tests/gate/test_config.py"], ["tests/gate", "tests/test_readme.py"]),
        ([".github/workflows/release.yml"], ["tests/workflows"]),
        (["docs/workflows.md", ".github/dependabot.yml"], ["tests/test_readme.py", "tests/workflows"]),
        (["tests/small_problem/files/endpoints/small/gate.yml"], ["tests/release", "tests/workflows"]),
        (["emulator/wire/errors.py"], EVERYTHING),
        (["uv.lock", "README.md"], EVERYTHING),
        (["Makefile"], EVERYTHING),
        (["tests/conftest.py"], EVERYTHING),
        (["a-new-folder/file"], EVERYTHING),
    ],
)
def test_affected(files, tests):
    assert affected(files) == tests


def test_a_variant_of_a_shipped_problem_affects_no_test_that_runs_on_another():
    found = affected(["pipelines/heart-disease/onehot/pipeline.yml"])
    assert {"tests/problems", "tests/release/test_writes.py"} <= set(found)
    assert not {"tests/release", "tests/release/test_wait_limit.py", "tests/workflows/test_events.py"} & set(found)
    assert {"tests/release", "tests/workflows/test_events.py"} <= set(affected(["pipelines/withhold.yml"]))


@pytest.mark.slow
@pytest.mark.long
def test_tests_that_a_variant_does_not_affect_pass_without_any(tmp_path):
    """What is left out where a variant changes is run in a copy of the repository that has no shipped problem."""
    repository = tmp_path / "repository"
    subprocess.run(["git", "clone", "--quiet", "--shared", str(ROOT), str(repository)], check=True)
    for folder in ("endpoints", "pipelines"):
        for place in (repository / folder).iterdir():
            if place.is_dir():
                shutil.rmtree(place)
    small = [f"tests/release/{path.name}" for path in (ROOT / "tests" / "release").glob("test_*.py")]
    left_out = sorted(set(small) - set(affected(["pipelines/heart-disease/onehot/pipeline.yml"])))
    assert left_out
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-m", "not long", *left_out, "tests/workflows/test_events.py"],
        cwd=repository, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]


def test_every_rule_names_tests_that_exist():
    for _, tests in RULES:
        for name in tests:
            assert (ROOT / "tests" / name).exists(), name


def test_every_folder_of_the_repository_has_a_rule_or_affects_everything():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    files = [file for file in listed.splitlines() if "/" in file and not file.startswith("tests/")]
    ruled = {file for file in files if any(re.match(beginning, file) for beginning, _ in RULES)}
    assert {file.split("/")[0] for file in files if file not in ruled} <= {"emulator", ".ci", "azure"}
    assert {"workflows", "release", "emulator"} <= set(TESTS)


def test_the_change_is_that_of_the_newest_commits():
    assert changed("HEAD") == []
    with pytest.raises(subprocess.CalledProcessError):
        changed("0" * 40)
    done = subprocess.run(
        [sys.executable, "-m", "tests.affected", "HEAD"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert done.stdout == "\n"
