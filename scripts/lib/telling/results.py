"""Write a command's result as JSON to stdout and to GitHub's files, and its progress to stderr.

At a terminal the result is not printed, unless ``--json`` asks for it: people read the story instead.
"""

import contextlib
import json
import os
import secrets
import signal
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, cast

import click

from scripts.lib.errors import Interrupted
from scripts.lib.telling.headlines import keep_headlines
from scripts.lib.telling.library_output import LibraryOutput

if TYPE_CHECKING:
    from scripts.lib.telling.display import Display

_value_stream: TextIO | None = None
_json_wanted = False
_display: "Display | None" = None


@contextlib.contextmanager
def stdout_for_results(json_wanted: bool = False) -> Iterator[None]:
    """Keep stdout for ``emit``: what libraries print goes to stderr, without the dots by which the SDK waits."""
    global _value_stream, _json_wanted, _display
    _value_stream, _json_wanted, _display = sys.stdout, json_wanted, None
    try:
        with contextlib.redirect_stdout(cast(TextIO, LibraryOutput(tell))):
            yield
    finally:
        if _display:
            _display.stop()
        _value_stream, _display = None, None


def display() -> "Display | None":
    """Return the live display of this command; None in a pipe, in CI and on a terminal that cannot move its cursor."""
    global _display
    if _display is None and _value_stream and sys.stderr.isatty() and _moves_cursor():
        from scripts.lib.telling.display import Display

        _display = Display()
    return _display


def _moves_cursor() -> bool:
    return os.environ.get("TERM", "") not in ("", "dumb") and not os.environ.get("CI")


def terminal_width() -> int:
    """Return the columns of the terminal on stderr; 120 where there is none, for logs."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        return os.get_terminal_size(sys.stderr.fileno()).columns
    return 120


def emit(result: Mapping[str, Any], summary: str = "", comment: str | None = None) -> None:
    """Print ``result`` as JSON on stdout, unless that is a terminal; append it to GitHub's files where they are set.

    ``$GITHUB_OUTPUT`` gets one entry a key: strings as they are, nothing for None, anything else as compact JSON.
    ``$GITHUB_STEP_SUMMARY`` gets ``summary``, Markdown. So does ``$RELEASE_REPORT``, a file that collects the summaries
    of several commands for a comment (``comment`` in place of ``summary``, where given), and the last ``headline`` of
    each problem becomes part of ``headline.md`` beside it.
    """
    stream = _value_stream or sys.stdout
    if _json_wanted or not stream.isatty():
        _write(json.dumps(result, indent=2, default=str), stream)
    if path := os.environ.get("GITHUB_OUTPUT"):
        _append(path, "".join(_output_entry(key, value) for key, value in result.items()))
    if summary and (path := os.environ.get("GITHUB_STEP_SUMMARY")):
        _append(path, summary.rstrip() + "\n\n")
    if path := os.environ.get("RELEASE_REPORT"):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        _append(path, (comment or summary).rstrip() + "\n\n")
        if "headlines" in result:
            keep_headlines(Path(path).parent, result["headlines"])
        elif "headline" in result:
            keep_headlines(Path(path).parent, {os.environ.get("PROBLEM", ""): result["headline"]})


def tell(message: str) -> None:
    """Write a line about the command's progress to stderr."""
    if _display:
        _display.tell(message)
    else:
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
