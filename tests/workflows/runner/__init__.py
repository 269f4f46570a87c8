"""Run GitHub Actions workflow files on this machine: no Docker, no network, no account.

Jobs run one after the other, every ``run:`` in bash in a clean clone, with the variables of a hosted runner.
Runs wait for approvals and in concurrency groups, are replaced there, cancelled and run again; expressions are
evaluated by GitHub's own package. What the runner does not know it refuses by name. ``act`` needs Docker or a Go
binary that no Python index carries, and cannot re-run the failed jobs of a run; ``@github/local-action`` runs
single JavaScript actions only.
"""

from runner.engine import JobResult, Run
from runner.errors import Refused
from runner.service import Environment, Service, Watcher

__all__ = ["Environment", "JobResult", "Refused", "Run", "Service", "Watcher"]
