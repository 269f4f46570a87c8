"""The errors of the commands, each with its exit code."""

import signal

import click


class Interrupted(BaseException):
    """A signal told the command to stop; SIGPIPE stands for a pipe that nobody reads any more.

    It is no Exception, since the SDK and the commands catch some exceptions and go on.
    """

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number

    @property
    def exit_code(self) -> int:
        """The exit code that a shell gives a process ended by the signal."""
        return 128 + self.number


class ReleaseError(click.ClickException):
    """Something failed; the message says what, where, which value and what to do."""

    exit_code = 1


class BadConfiguration(ReleaseError):
    """A file of the repository or an option holds a value that cannot work."""

    exit_code = 2


class DataRejected(ReleaseError):
    """The data does not meet the expectations, so nothing was trained on it."""

    exit_code = 3


class GateSaidNo(ReleaseError):
    """The candidate did not meet the gate; the default is untouched."""

    exit_code = 4


class JobFailed(ReleaseError):
    """A job ended as failed or canceled, or did not deliver an output it promises."""

    exit_code = 5


class EvidenceRefused(ReleaseError):
    """The evidence is missing, failed, stale, altered or about something else."""

    exit_code = 6


class Conflict(ReleaseError):
    """The workspace is not as the command needs it: another client changed it, or a write had no effect."""

    exit_code = 7


class NotFound(ReleaseError):
    """A named endpoint, deployment, job, asset or file does not exist."""

    exit_code = 8


class StillRunning(ReleaseError):
    """Jobs were waited for as long as was allowed; they go on, and the same command takes them over."""

    exit_code = 9
