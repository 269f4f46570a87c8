"""The files by which a step hands on variables, and the digest of files that `hashFiles` gives."""

import hashlib
import re
from pathlib import Path

from runner.errors import Refused


def read_variables(path: Path) -> dict[str, str]:
    """Entries of a ``GITHUB_OUTPUT`` or ``GITHUB_ENV`` file: ``key=value`` and ``key<<END`` blocks."""
    entries: dict[str, str] = {}
    lines = iter(path.read_text(encoding="utf-8").splitlines())
    for line in lines:
        if block := re.fullmatch(r"([^=<]+)<<(.+)", line):
            text = []
            for inner in lines:
                if inner == block[2]:
                    break
                text.append(inner)
            else:
                raise Refused(f"{path.name}: no closing {block[2]!r} for {block[1]!r}")
            entries[block[1]] = "\n".join(text)
        elif "=" in line:
            key, _, entries_value = line.partition("=")
            entries[key] = entries_value
        elif line:
            raise Refused(f"{path.name}: {line!r} is neither key=value nor key<<END")
    return entries


def hash_files(workspace: Path, *patterns: str) -> str:
    """One digest of the matching files of the workspace, '' where none matches."""
    found = sorted({p for pattern in patterns for p in workspace.glob(pattern) if p.is_file()})
    digests = b"".join(hashlib.sha256(path.read_bytes()).digest() for path in found)
    return hashlib.sha256(digests).hexdigest() if found else ""


def annotations(output: str) -> list[str]:
    """The `::error …::` and `::warning …::` lines that a step printed, which GitHub shows on the diff."""
    return re.findall(r"^::(?:error|warning|notice)\b.*$", output, re.MULTILINE)


def artifact_id(name: str) -> str:
    """The number of an artifact of this name, the same at each upload."""
    return str(int(hashlib.sha256(name.encode()).hexdigest()[:8], 16))
