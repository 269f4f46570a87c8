"""Make text that somebody else wrote inert for Markdown, and for the lines by which GitHub shows annotations."""

import os
import re
import sys
import unicodedata

_BREAK = "\u200b"
_MARKS = re.compile(r"([\\`*_{}\[\]()#|~!])")
# What GitHub turns into a mention, a link or a reference; a space of no width behind it prevents that.
_ACTS = re.compile(r"@|:(?=//)|\bwww(?=\.)|#(?=\d)|\bgh(?=-\d)", re.IGNORECASE)
_LONGEST = 300


def inert(text: object, longest: int = _LONGEST) -> str:
    """Return ``text`` as one line that Markdown shows as it stands: no markup, link, image, mention, HTML or cell end.

    It is for names and values that others choose: of jobs, branches, files, columns, categories, deployments.
    """
    plain = "".join(" " if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") else c for c in str(text))
    plain = " ".join(plain.split())
    if len(plain) > longest:
        plain = f"{plain[:longest]}… ({len(plain) - longest} characters cut)"
    plain = plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    plain = _MARKS.sub(r"\\\1", plain)
    return _ACTS.sub(lambda found: found[0] + _BREAK, plain)


def annotate(level: str, message: str, file: str, line: int | None = None) -> None:
    """Show a message at a line of the diff, where GitHub runs the command; elsewhere do nothing."""
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return
    where = f"file={_property(file)}" + (f",line={line}" if line else "")
    text = message[:4000].replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    sys.stderr.write(f"::{level} {where}::{text}\n")
    sys.stderr.flush()


def _property(value: str) -> str:
    escaped = {"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"}
    return "".join(escaped.get(character, character) for character in value)
