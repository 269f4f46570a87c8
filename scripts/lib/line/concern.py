"""Tell which problems a change of files concerns."""

import subprocess
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from scripts.lib.errors import ReleaseError
from scripts.lib.line.scoring_release import TRAINED_BY_TAG
from scripts.lib.repository import files as repository
from scripts.lib.repository.compilation import compile_variant
from scripts.lib.repository.compiled import CompiledComponent
from scripts.lib.repository.problem import problem_names

# Nothing that is released is made of these.
_BESIDE = ("docs", "tests", "benchmarks", "azure")
_OF_PROBLEMS = ("data", "pipelines", "endpoints")


def changed_files(commit: str) -> list[str] | None:
    """Return the files that differ between ``commit`` and what is checked out; None where there is no such commit."""
    # Found first: what is no commit may look like an option.
    found = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{commit}^{{commit}}")
    if found.returncode != 0:
        return None
    return _git("diff", "--name-only", "--no-renames", found.stdout.strip(), "HEAD").stdout.splitlines()


def _git(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = ["git", "-C", str(repository.ROOT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def concerned_problems(files: Iterable[str]) -> list[str]:
    """Return the problems that a change of these files concerns, sorted.

    A problem's own folders concern it alone, a component those whose pipelines use it. What no rule knows, such as the
    scripts, concerns all: whether it changes anything is then a matter of the plan.
    """
    known = problem_names()
    used = {name: set(_used(name)) for name in known}
    found: set[str] = set()
    for path in map(PurePosixPath, files):
        found |= _concerned(path, known, used)
    return sorted(found)


def _concerned(path: PurePosixPath, known: list[str], used: dict[str, set[str]]) -> set[str]:
    top, *below = path.parts
    if top in _BESIDE or path.suffix == ".md" or path.name == "LICENSE":
        return set()
    if top in _OF_PROBLEMS and len(below) > 1:
        return {_owner(top, below[0])} & set(known)
    if top == "components" and len(below) > 1:
        places = {str(path), *map(str, path.parents)}
        return {name for name in known if not used[name] or used[name] & places}
    return set(known)


def _owner(top: str, folder: str) -> str:
    """Return the problem that a folder belongs to; the endpoint that scores belongs to that of the training."""
    file = repository.ROOT / top / folder / "endpoint.yml"
    tags = (repository.read_yaml(file).get("tags") or {}) if file.is_file() else {}
    return str(tags.get(TRAINED_BY_TAG, folder))


def _used(problem: str) -> Iterator[str]:
    """Yield the files and folders of components that a problem's pipelines use; nothing where one cannot be read."""
    try:
        variants = repository.deployed_variants(problem)
        compiled = [compile_variant(repository.find_variant(problem, name), problem) for name in variants]
    except ReleaseError:
        return
    for variant in compiled:
        for step in (*variant.pipeline.uses.values(), *variant.scoring.uses.values()):
            yield from _places(step)


def _places(component: CompiledComponent) -> Iterator[str]:
    folder = component.path.resolve().parent
    for path in (folder, *((folder / name).resolve() for name in component.includes)):
        if path.is_relative_to(repository.ROOT):
            yield path.relative_to(repository.ROOT).as_posix()
