"""A small problem whose training takes no time, for tests of the line: laid over a copy of the repository."""

import contextlib
import re
from pathlib import Path
from unittest import mock

from scripts.lib.repository import files

ROOT = files.ROOT
PROBLEM = "small"
FILES = Path(__file__).parent / "files"
TRAINING = "components/train_line/train.py"
SAMPLE = f"data/{PROBLEM}/synthetic.csv"
# What describes a problem and nothing else.
OF_A_PROBLEM = re.compile(r"(data|pipelines|endpoints)/[^/]+/")


def lay_over(repository: Path, problem: str = PROBLEM, without: tuple[str, ...] = ()) -> None:
    """Add the small problem to a repository, under this name; ``without`` are beginnings of paths that are left out."""
    for source in filter(Path.is_file, FILES.rglob("*")):
        name = str(source.relative_to(FILES))
        if "__pycache__" in name or (without and name.startswith(without)):
            continue
        target = repository / re.sub(rf"(?<=/){PROBLEM}(?=/|-)", problem, name)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(re.sub(rf"\b{PROBLEM}(?=\b|_)", problem, source.read_text(encoding="utf-8")))


@contextlib.contextmanager
def problems_of(repository: Path):
    """Let the commands of this process read the problems of another repository."""
    # A test that has done so itself is left alone.
    if repository == ROOT:
        yield
        return
    with mock.patch.object(files, "ROOT", repository):
        yield
