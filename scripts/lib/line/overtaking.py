"""Refuse a promotion that waited so long that a later commit has changed the default meanwhile."""

import subprocess
from pathlib import Path

from scripts.lib.errors import BadConfiguration, Conflict
from scripts.lib.line.default_history import read_history
from scripts.lib.workspace.connection import Connection
from scripts.lib.workspace.release_store import ReleaseStore


def refuse_if_overtaken(connection: Connection, endpoint: str) -> None:
    """Raise where the default was last changed from a commit that is not part of the one checked out.

    Raises:
        Conflict: a later commit, or one of another branch, changed the default.
        BadConfiguration: the checkout does not reach back to that commit.
    """
    history = read_history(ReleaseStore(connection, endpoint))
    commit = str(history[-1].get("commit") or "").removesuffix("-dirty") if history else ""
    if not commit or _git("merge-base", "--is-ancestor", commit, "HEAD").returncode == 0:
        return
    if _git("rev-parse", "--is-shallow-repository").stdout.strip() == "true":
        raise BadConfiguration(f"The checkout is shallow and does not reach back to commit {commit}; fetch all of it.")
    raise Conflict(
        f"The default of {endpoint} was last changed from commit {commit[:12]}, which is not part of this one: a later "
        "release overtook this promotion while it waited. Nothing is promoted."
    )


def _git(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["git", "-C", str(Path(__file__).parent), *arguments], capture_output=True, text=True, check=False
    )
