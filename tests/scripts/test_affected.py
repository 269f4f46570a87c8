"""Which tests a change can affect: a file that no rule covers affects all of them."""

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
        (["emulator/wire/errors.py"], EVERYTHING),
        (["uv.lock", "README.md"], EVERYTHING),
        (["Makefile"], EVERYTHING),
        (["tests/conftest.py"], EVERYTHING),
        (["a-new-folder/file"], EVERYTHING),
    ],
)
def test_affected(files, tests):
    assert affected(files) == tests


def test_every_rule_names_tests_that_exist():
    for _, tests in RULES:
        for name in tests:
            assert (ROOT / "tests" / name).exists(), name


def test_every_folder_of_the_repository_has_a_rule_or_affects_everything():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    folders = {file.split("/")[0] for file in listed.splitlines() if "/" in file}
    assert folders - {"tests"} - {prefix.split("/")[0] for prefix, _ in RULES} <= {"emulator", ".ci", "azure"}
    assert {"workflows", "release", "emulator"} <= set(TESTS)


def test_the_change_is_that_of_the_newest_commits():
    assert changed("HEAD") == []
    with pytest.raises(subprocess.CalledProcessError):
        changed("0" * 40)
    done = subprocess.run(
        [sys.executable, "-m", "tests.affected", "HEAD"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert done.stdout == "\n"
