"""The code that the SDK uploads with a component: which files, and their digests."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from scripts.lib.errors import BadConfiguration

_ALWAYS_IGNORED = ("__pycache__/", "*.pyc", ".amlignore", ".gitignore")
_IGNORE_FILES = (".amlignore", ".gitignore")


def code_of(folder: Path, definition: Path) -> Iterator[tuple[Path, str]]:
    """Yield each file that the SDK uploads with a component, and the SHA-256 of its content.

    Bytecode is left out, and so is the component's definition, which is compiled apart.
    """
    from pathspec import PathSpec

    rules = next((folder / name for name in _IGNORE_FILES if (folder / name).is_file()), None)
    lines = rules.read_text(encoding="utf-8").splitlines() if rules else []
    ignored = PathSpec.from_lines("gitwildmatch", [*lines, *_ALWAYS_IGNORED])
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if path.is_file() and path != definition and not ignored.match_file(relative.as_posix()):
            yield relative, file_digest(path)


def included_code(included: object, definition: Path) -> Iterator[tuple[Path, str]]:
    """Yield the files that `additional_includes` adds to a component's code, as ``code_of`` does.

    The SDK puts each named file or folder, under its own name, beside the component's code.
    """
    if not isinstance(included, list):
        raise BadConfiguration(f"{definition}: `additional_includes` must be a list of paths, not {included!r}.")
    for entry in included:
        path = (definition.parent / str(entry)).resolve()
        if isinstance(entry, str) and path.is_file():
            yield Path(path.name), file_digest(path)
        elif isinstance(entry, str) and path.is_dir():
            yield from ((path.name / relative, digest) for relative, digest in code_of(path, definition))
        else:
            raise BadConfiguration(
                f"{definition}: `additional_includes` names {entry!r}, which is no file or folder of the repository."
            )


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
