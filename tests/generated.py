"""The part of a document that a program writes, between two comments of which the first names the program."""

from pathlib import Path

END = "<!-- end -->"


def begin(program: str) -> str:
    """Return the comment before the part that ``program`` writes."""
    return f"<!-- begin: written by {program} -->"


def write(document: Path, program: str, text: str) -> None:
    """Put ``text`` in the place of what ``program`` wrote before."""
    before, found, rest = document.read_text(encoding="utf-8").partition(begin(program))
    assert found, f"{document} has no part of {program}"
    document.write_text(f"{before}{found}\n{text}\n{END}{rest.partition(END)[2]}", encoding="utf-8")


def written(document: Path, program: str) -> str:
    """Return what ``program`` wrote."""
    return document.read_text(encoding="utf-8").partition(begin(program))[2].partition(END)[0].strip("\n")
