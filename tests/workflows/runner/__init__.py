"""Run GitHub Actions workflow files on this machine: no Docker, no network, no account.

Jobs run one after the other, every ``run:`` in bash in a clean clone. What the runner does not know it
refuses by name. Whether an event would start a workflow (branches, paths, cron) is not decided here: the
caller names the workflow. ``act`` needs Docker or a Go binary that no Python index carries, and cannot
re-run the failed jobs of a run; ``@github/local-action`` runs single JavaScript actions only.
"""

from runner.engine import JobResult, Run
from runner.errors import Refused
from runner.service import Service

__all__ = ["JobResult", "Refused", "Run", "Service"]
