"""A fresh clone of the repository, and tables to make problems of."""

import json
import os
import random
import re
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from scripts.lib.repository.files import ROOT
from tests import warm

# What reads every problem and variant of a repository and says no to one that does not fit.
CHECKS = ("tests/problems/test_definitions.py", "tests/data/test_expectation_suite.py")


@dataclass
class Clone:
    """A clone below ``folder`` with a workspace of its own.

    ``seconds`` counts what its commands took, ``tests`` those that ``check`` ran, ``red`` those of them that failed.
    """

    folder: Path
    seconds: float = 0.0
    tests: int = 0
    red: int = 0
    state: str = field(default="state")

    def run(self, *command: str, codes: tuple[int, ...] = (0,)) -> str:
        """Run a command of the clone; it must end with one of the codes. Return what it writes on stdout."""
        started = time.monotonic()
        hidden = ("PROBLEM", "GITHUB_")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
        environment |= {"AZUREML_LOCAL_STATE": str(self.folder.parent / self.state)}
        done = subprocess.run(
            [warm.python(), *command], cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
        self.seconds += time.monotonic() - started
        assert done.returncode in codes, f"{' '.join(command)}: {done.returncode}\n{done.stderr}\n{done.stdout[-3000:]}"
        return done.stdout

    def script(self, name: str, *arguments: str) -> dict:
        """Run one of the scripts and return its result."""
        return json.loads(self.run("-m", f"scripts.{name}", *arguments))

    def release(self, problem: str) -> dict:
        """Release every variant of a problem, and check that each was promoted."""
        done = self.script("release_variants", "--problem", problem)
        assert done["variants"]
        assert all(variant["promoted"] for variant in done["variants"]), done["variants"]
        return done

    def check(self) -> None:
        """Run the tests that read every problem of the repository."""
        said = self.run("-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", *CHECKS, codes=(0, 1))
        passed, self.red = (sum(map(int, re.findall(rf"(\d+) {word}", said))) for word in ("passed", "failed"))
        self.tests = passed + self.red

    def touched(self) -> list[str]:
        """Return the files that differ from the commit that was cloned."""
        listed = self.git("status", "--porcelain", "--untracked-files=all").splitlines()
        return sorted(line[3:] for line in listed)

    def git(self, *arguments: str) -> str:
        """Run git in the clone."""
        command = ["git", "-C", str(self.folder), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace what stands in a file once."""
        file = self.folder / path
        text = file.read_text()
        assert text.count(old) == 1, (path, old, text)
        file.write_text(text.replace(old, new))

    def write(self, path: str, text: str) -> None:
        """Write a new file."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def fresh_clone(folder: Path) -> Clone:
    """Return a clone of what is checked out here, as one commit."""
    clone = Clone(folder / "clone")
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z"], check=True, capture_output=True, text=True
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            target = clone.folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((ROOT / name).read_bytes())
    clone.git("init", "--quiet")
    clone.git("add", "--all")
    identity = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.invalid", "-c", "commit.gpgsign=false")
    clone.git(*identity, "commit", "--quiet", "--message", "Cloned")
    return clone


def customers(folder: Path, target: str) -> Path:
    """Write a table of customers, and return where; ``target`` names the column that depends on the others."""
    draw = random.Random(7)
    lines = [f"age,income,plan,region,{target}"]
    for _ in range(400):
        age, income = draw.randrange(18, 80), round(draw.uniform(900, 9000), 2)
        plan, region = draw.choice(["basic", "gold", "team"]), draw.choice(["north", "south"])
        level = 2.5 * (plan == "basic") + 0.04 * (50 - age) + 0.0002 * (income - 5000) + draw.gauss(0, 0.8)
        value = {"left": "yes" if level > 0.8 else "no", "spends": f"{1000 + 300 * level:.1f}"}
        value["segment"] = "high" if level > 1.6 else "middle" if level > 0.2 else "low"
        lines.append(f"{age},{income},{plan},{region},{value[target]}")
    path = folder / f"{target}.csv"
    path.write_text("\n".join(lines) + "\n")
    return path
