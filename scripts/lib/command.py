"""The one boundary of all commands: here errors and signals become a message and an exit code."""

import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from types import FrameType
from typing import Any

import click

from scripts.lib.errors import Interrupted, ReleaseError
from scripts.lib.telling import results
from scripts.lib.workspace import repetition
from scripts.lib.workspace.service_errors import service_errors

DEBUG_VARIABLE = "RELEASE_DEBUG"


def command() -> Callable[[Callable[..., Any]], click.Command]:
    """Return the decorator that makes a function a command of the release line."""
    return click.command(cls=ReleaseCommand)


class ReleaseCommand(click.Command):
    """A command that ends with one message and an exit code, whatever happens in it; its stdout is for results."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run the command and exit; without ``standalone_mode`` raise and return as Click does."""
        run = partial(super().main, args, prog_name, complete_var, standalone_mode=False, **extra)
        if not standalone_mode:
            return run()
        with _signals_raise_interrupted():
            code = _exit_code(run)
        results.flush()
        sys.exit(code)

    def __init__(self, *args: Any, **settings: Any) -> None:
        """Make the command, with the option that all have."""
        super().__init__(*args, **settings)
        words = "Print the result as JSON on stdout, also on a terminal."
        self.params.append(click.Option(["--json", "as_json"], is_flag=True, help=words))

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command's function, with stdout kept for its result."""
        try:
            with results.stdout_for_results(bool(ctx.params.pop("as_json", False))):
                return super().invoke(ctx)
        except BrokenPipeError as error:  # a library printed to a pipe that nobody reads any more
            raise Interrupted(signal.SIGPIPE) from error
        finally:
            repetition.uninstall()


def _exit_code(run: Callable[[], Any]) -> int:
    """Run the command; return its exit code, after its message is shown."""
    try:
        with service_errors():
            code = run()
        return code if isinstance(code, int) else 0
    except Interrupted as interrupt:
        if interrupt.number != signal.SIGPIPE:
            results.tell(f"Stopped by {interrupt}.")
        return interrupt.exit_code
    except click.ClickException as error:
        _show_traceback()
        error.show()
        return error.exit_code
    except Exception as error:
        _show_traceback()
        _unexpected(error).show()
        return ReleaseError.exit_code


def _unexpected(error: Exception) -> ReleaseError:
    if isinstance(error, OSError) and error.strerror:  # a disk is full, a connection was refused, …
        return ReleaseError(f"{error.strerror}.")
    return ReleaseError(
        f"Unexpected {type(error).__name__}: {error} (an error of the release line itself; set {DEBUG_VARIABLE}=1 to "
        "see where it happened)"
    )


def _show_traceback() -> None:
    if os.environ.get(DEBUG_VARIABLE):
        traceback.print_exc()


@contextmanager
def _signals_raise_interrupted() -> Iterator[None]:
    """Raise ``Interrupted`` where the command is when it is told to stop, so that it cleans up on its way out."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may handle signals
        return
    before = {number: signal.signal(number, _interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise Interrupted(number)
