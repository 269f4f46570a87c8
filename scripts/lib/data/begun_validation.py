"""Begin a validation in a process of its own, while the command that waits for it connects to the workspace."""

import multiprocessing
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

from scripts.lib.data.report import Report
from scripts.lib.data.source import resolve
from scripts.lib.errors import ReleaseError
from scripts.lib.repository.problem import Problem


@contextmanager
def validation_begun(data: Path | None, output: Path, problem: Problem) -> Iterator[Callable[[], Report]]:
    """Validate the data at ``data`` in the background; what is yielded waits for the report, or raises the error.

    Great Expectations and the SDK take seconds to import, each on one core. The process ends with the context.
    ``data`` is what ``resolve`` takes; files are written below ``output``. Begin before other libraries are imported
    and before there are threads: the process is a fork.
    """
    context = multiprocessing.get_context("fork")
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=_validate, args=(sending, data, output, problem))
    process.start()
    sending.close()

    def report() -> Report:
        try:
            outcome: Report | Exception = receiving.recv()
        except EOFError:
            process.join()
            raise ReleaseError(
                f"The validation ended without a result (exit code {process.exitcode}); was it out of memory?"
            ) from None
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    try:
        yield report
    finally:
        process.kill()
        process.join()
        receiving.close()


def _validate(
    sending: "Connection[Report | Exception, None]", data: Path | None, output: Path, problem: Problem
) -> None:
    """Send the report, or the error; a signal for the command is the command's to handle."""
    from scripts.lib.data.validation import validate

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    outcome: Report | Exception
    try:
        outcome = validate(resolve(data, output / "data", problem), output / "validation", problem)
    except Exception as error:
        outcome = error
    sending.send(outcome)
