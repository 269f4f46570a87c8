"""GitHub's own parser and validator, and zizmor, have nothing to say about the workflows."""

import subprocess
import sys
from pathlib import Path

import pytest
from runner import oracle

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
FILES = [str(path.relative_to(ROOT)) for path in [*WORKFLOWS, *sorted(ROOT.glob(".github/actions/*/action.yml"))]]
BAD = "on: {on}\njobs:\n  j:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: echo ${{{{ {value} }}}}\n"


def test_github_finds_nothing():
    assert oracle.findings(ROOT, FILES) == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("needs.", "needs.k", "Context access might be invalid"),
        ("runs-on:", "run-on:", "Unexpected value 'run-on'"),
        ("queue: max", "queue: most", "Unexpected value 'most'"),
        ("$/.github/actions/setup", "$/.github/actions/set-up", "Unable to resolve action"),
        ("workspace: ", "workspaces: ", "Invalid action input 'workspaces'"),
        ("always()", "allways()", "Unrecognized function: 'allways'"),
        ("github.", "gitbub.", "Unrecognized named-value: 'gitbub'"),
    ],
)
def test_github_says_no(tmp_path, old, new, words):
    """A mistake put into the files as they are is found; each is one that another linter let pass or misjudged."""
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text((ROOT / name).read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    assert any(words in finding for finding in oracle.findings(tmp_path, FILES))


def zizmor(*paths):
    command = [
        str(Path(sys.executable).with_name("zizmor")),
        "--offline",
        "--persona=auditor",
        "--no-progress",
    ]
    return subprocess.run([*command, *map(str, paths)], cwd=ROOT, capture_output=True, text=True, check=False)


def test_zizmor():
    done = zizmor(".github")
    assert done.returncode == 0, done.stdout


def test_zizmor_says_no(tmp_path):
    bad = tmp_path / "bad.yml"
    bad.write_text(BAD.format(on="issues", value="github.event.issue.title"))
    done = zizmor(bad)
    assert done.returncode
    assert "template-injection" in done.stdout


def test_no_finding_is_ignored_without_its_reason():
    """An ignore comment names one audit and says why; there are no rules that switch an audit off."""
    assert not [
        *ROOT.glob(".github/zizmor.y*ml"),
        *ROOT.glob("zizmor.y*ml"),
    ]
    for path in WORKFLOWS:
        for line in path.read_text(encoding="utf-8").splitlines():
            if "zizmor: ignore" in line:
                assert len(line.split("zizmor: ignore[")[1].split("]", 1)[1].split()) >= 4, line
