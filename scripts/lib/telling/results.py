"""Write a command's result as JSON to stdout and to GitHub's files, and its progress to stderr."""

import contextlib
import json
import os
import secrets
import signal
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

import click

from scripts.lib.errors import Interrupted

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
    ``$GITHUB_STEP_SUMMARY`` gets ``summary``, Markdown. So does ``$RELEASE_REPORT``, a file that collects the summaries
    of several commands, and the last ``headline`` among the results becomes ``headline.md`` beside it.
    """
    _write(json.dumps(result, indent=2, default=str), _value_stream or sys.stdout)
    if path := os.environ.get("GITHUB_OUTPUT"):
        _append(path, "".join(_output_entry(key, value) for key, value in result.items()))
    if summary and (path := os.environ.get("GITHUB_STEP_SUMMARY")):
        _append(path, summary.rstrip() + "\n\n")
    if path := os.environ.get("RELEASE_REPORT"):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        _append(path, summary.rstrip() + "\n\n")
        if "headline" in result:
            Path(path).with_name("headline.md").write_text(f"{result['headline']}\n", encoding="utf-8")


def tell(message: str) -> None:
    """Write a line about the command's progress to stderr."""
    _write(message, sys.stderr)


def flush() -> None:
    """Write what stdout and stderr still hold; what cannot be written is dropped, or Python would fail at its exit."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream:
                stream.flush()
        except OSError:
            _discard(stream)


def _write(text: str, stream: TextIO | None) -> None:
    """Write a line to a stream, unless it is closed.

    Raises:
        Interrupted: the stream is a pipe that nobody reads any more.
    """
    if stream is None:
        return
    try:
        click.echo(text, file=stream)
    except BrokenPipeError as error:
        _discard(stream)
        raise Interrupted(signal.SIGPIPE) from error


def _discard(stream: TextIO) -> None:
    """Send to nowhere what the stream still holds, and what is written to it from now on."""
    with contextlib.suppress(OSError):  # a stream in memory has no file number
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _output_entry(key: str, value: Any) -> str:
    text = "" if value is None else value if isinstance(value, str) else json.dumps(value, default=str)
    if "\n" not in text:
        return f"{key}={text}\n"
    fence = f"end-{secrets.token_hex(8)}"
    return f"{key}<<{fence}\n{text}\n{fence}\n"


def _append(path: str, text: str) -> None:
    with Path(path).open("a", encoding="utf-8") as file:
        file.write(text)
