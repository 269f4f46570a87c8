"""Hand a command's result to whoever asked: JSON on stdout, and GitHub's output and summary files."""

import contextlib
import json
import os
import secrets
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

import click

_value_stream: TextIO | None = None


@contextlib.contextmanager
def stdout_for_results() -> Iterator[None]:
    """Keep stdout for ``emit``: what libraries print (the SDK prints dots while it waits) goes to stderr."""
    global _value_stream
    _value_stream = sys.stdout
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        _value_stream = None


def emit(result: Mapping[str, Any], summary: str = "") -> None:
    """Print ``result`` as JSON on stdout; append it to GitHub's files where their variables are set.

    ``$GITHUB_OUTPUT`` gets one entry a key: strings as they are, nothing for None, anything else as compact JSON.
    ``$GITHUB_STEP_SUMMARY`` gets ``summary``, Markdown.
    """
    click.echo(json.dumps(result, indent=2, default=str), file=_value_stream or sys.stdout)
    if path := os.environ.get("GITHUB_OUTPUT"):
        _append(path, "".join(_output_entry(key, value) for key, value in result.items()))
    if summary and (path := os.environ.get("GITHUB_STEP_SUMMARY")):
        _append(path, summary.rstrip() + "\n\n")


def tell(message: str) -> None:
    """Tell a line of the story, on stderr."""
    click.echo(message, err=True)


def _output_entry(key: str, value: Any) -> str:
    text = "" if value is None else value if isinstance(value, str) else json.dumps(value, default=str)
    if "\n" not in text:
        return f"{key}={text}\n"
    fence = f"end-{secrets.token_hex(8)}"
    return f"{key}<<{fence}\n{text}\n{fence}\n"


def _append(path: str, text: str) -> None:
    with Path(path).open("a", encoding="utf-8") as file:
        file.write(text)
