"""The boundary of a command: its errors become messages, its streams are separated, Ctrl-C ends it."""

import contextlib
import signal
from collections.abc import Iterator

from scripts.lib.telling import results
from scripts.lib.workspace.service_errors import service_errors


@contextlib.contextmanager
def boundary() -> Iterator[None]:
    """Run a command's body: stdout carries only results, service errors end as one message, Ctrl-C ends with 130."""
    try:
        with results.stdout_for_results(), service_errors():
            yield
    except KeyboardInterrupt:
        raise SystemExit(128 + signal.SIGINT) from None
