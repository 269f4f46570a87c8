"""The quick suite passes where GitHub runs it: a shallow, detached clone, another user, a runner's variables."""

import os
import shutil
import subprocess
import sys

import machine_tests
import pytest
from runner import hosted
from runner.triggers import context
from scenario import ROOT, commit

# Root gives up its rights in a namespace of its own, where the same files belong to the user of a hosted runner.
AS_ANOTHER = ["unshare", "--user", "--map-user=1001", "--map-group=1001", "--"] if os.geteuid() == 0 else []
# What needs no minutes; the scenarios themselves are what is being run, and the gate's statistics read no environment.
QUICK = ["tests/scripts", "tests/data", "tests/evidence", "tests/problems", "tests/test_import_rules.py"]


@pytest.fixture
def clone(tmp_path):
    """A shallow clone of the files as they are now, not on a branch."""
    source, target = tmp_path / "source", tmp_path / "work" / "project"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, source / name)
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main"], cwd=source, check=True)
    commit(source, "One")
    (source / "LICENSE").write_text("Two")
    commit(source, "Two")
    subprocess.run(["git", "clone", "--quiet", "--depth=1", f"file://{source}", str(target)], check=True)
    subprocess.run(["git", "checkout", "--quiet", "--detach"], cwd=target, check=True)
    return target


def about_the_machine(clone):
    """The tests of the quick suite that name something of the machine."""
    files = [file for place in QUICK for file in sorted((clone / place).rglob("test_*.py"))]
    return [f"{file.relative_to(clone)}::{name}" for file in files for name in machine_tests.about_the_machine(file)]


def test_what_is_about_the_machine_is_found(tmp_path):
    """By what a test says itself, by what it uses, and for all tests of a file by a fixture that each has."""
    lines = [
        "PLACE = 'GITHUB_OUTPUT'",
        "def helper(): return PLACE",
        "def test_uses(): helper()",
        "def test_other(): pass",
    ]
    file = tmp_path / "test_it.py"
    file.write_text("\n".join(lines))
    assert machine_tests.about_the_machine(file) == ["test_uses"]
    file.write_text("\n".join([*lines, "@fixture(autouse=True)", "def known(): chmod()"]))
    assert machine_tests.about_the_machine(file) == ["test_uses", "test_other"]
    file.write_text(lines[-1])
    assert machine_tests.about_the_machine(file) == []
    file.write_text("@parametrize('name', ['RUNNER_OS'])\ndef test_variables(name): pass")
    assert machine_tests.about_the_machine(file) == ["test_variables"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "chosen",
    [
        pytest.param(about_the_machine, id="what is about the machine"),
        pytest.param(lambda clone: QUICK, id="all", marks=pytest.mark.long),
    ],
)
def test_the_quick_suite_on_a_hosted_machine(clone, chosen):
    sha = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=clone, check=True, capture_output=True, text=True
    ).stdout.strip()
    user = subprocess.run([*AS_ANOTHER, "id", "-u"], check=True, capture_output=True, text=True).stdout.strip()
    assert user != "0"
    home = clone.parent / "home"
    home.mkdir()
    event = home / "event.json"
    event.write_text("{}")
    pull = {"pull_request": {"head": {"ref": "change"}, "base": {"ref": "main"}}}
    github = context("owner/project", "pull-request.yml", {"name": "Pull request"}, "pull_request", pull, {},
                     "refs/pull/7/merge", sha, 1, "someone") | {"job": "tests", "workspace": str(clone)}  # fmt: skip
    texts = {key: str(value) for key, value in github.items()}
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(home)}
    environment |= {**hosted.variables(texts, home, event, "github_1"), **hosted.PYTHON}
    for name in ("OUTPUT", "STEP_SUMMARY", "ENV", "PATH", "STATE"):
        (home / name).touch()
        environment[f"GITHUB_{name}"] = str(home / name)
    command = [*AS_ANOTHER, sys.executable, "-m", "pytest", "-q", "-m", "not slow", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, *chosen(clone)], cwd=clone, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert (home / "OUTPUT").read_text() == "", "no test writes what a workflow would take for a result"
