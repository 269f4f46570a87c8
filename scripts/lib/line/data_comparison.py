"""Compare new data with what the endpoint's default was trained on, before it enters the workspace."""

from pathlib import Path

from scripts.lib.data.drift.comparison import Comparison, compare
from scripts.lib.data.drift.limits import FILE, read_limits
from scripts.lib.data.drift.profile import Profile, from_json, profile_of, to_json
from scripts.lib.data.source import DataSource, resolve
from scripts.lib.data.table import read_source
from scripts.lib.errors import DataRejected
from scripts.lib.line.stored_evidence import promoting_evidence
from scripts.lib.repository.problem import Problem
from scripts.lib.telling import results
from scripts.lib.workspace.connection import Connection
from scripts.lib.workspace.endpoints import endpoint_exists, read_endpoint
from scripts.lib.workspace.release_store import ReleaseStore


def compare_with_default(connection: Connection, source: DataSource, problem: Problem) -> Comparison | None:
    """Compare ``source`` with the data by which the endpoint's default was promoted; keep its profile for later.

    None where there is nothing to compare with: no default, the same content, a default from before profiles, or one
    trained on synthetic data where this is real, or the other way round.

    Raises:
        BadConfiguration: the problem's ``comparison.yml`` cannot be used.
        DataRejected: the data changed by more than that file allows.
    """
    store = ReleaseStore(connection, problem.name)
    before = _profile_of_default(connection, store, source)
    kept = store.read(_place(source.digest)) is not None
    if kept and before is None:
        return None
    frame = read_source(source, problem)
    found = None
    if before:
        found = compare(before, frame, problem, read_limits(problem.description_file.parent))
        require_alike(found, source, problem)
    if not kept:
        store.write(_place(source.digest), to_json(profile_of(frame, problem, synthetic=source.synthetic)))
    return found


def compare_with_files(source: DataSource, against: Path, work_dir: Path, problem: Problem) -> Comparison:
    """Compare ``source`` with the data at ``against``, a file or a folder; nothing is kept.

    Raises:
        BadConfiguration: the problem's ``comparison.yml`` cannot be used.
        DataRejected: ``against`` is no table of the problem.
    """
    before = profile_of(read_source(resolve(against, work_dir, problem), problem), problem)
    return compare(before, read_source(source, problem), problem, read_limits(problem.description_file.parent))


def require_alike(comparison: Comparison, source: DataSource, problem: Problem) -> None:
    """Refuse data that changed, unless the problem's ``comparison.yml`` accepts its content by digest.

    Raises:
        DataRejected: it changed; the message names every change, and what to do.
    """
    if not comparison.found:
        return
    listed = "\n".join(f"  {one}" for one in comparison.found)
    what = f"The data differs from what the default was trained on, beyond chance:\n{listed}"
    if comparison.limits.accepts(source.digest):
        results.tell(f"    {what}\n    {FILE} accepts this content.")
        return
    raise DataRejected(
        f'{what}\nNothing was trained. If the change is real, write `accepted: ["{source.digest[:12]}"]` '
        f"into data/{problem.name}/{FILE}, or raise the limit that it exceeds; docs/data.md explains each."
    )


def _profile_of_default(connection: Connection, store: ReleaseStore, source: DataSource) -> Profile | None:
    """Return the profile of the data by which the default was promoted, where ``source`` can be compared with it."""
    if not endpoint_exists(connection.client, store.endpoint):
        return None
    state = read_endpoint(connection.client, store.endpoint)
    evidence = promoting_evidence(store, state) if state.default else None
    digest = evidence["data"]["digest"].removeprefix("sha256:") if evidence else source.digest
    if digest == source.digest:
        return None
    content = store.read(_place(digest))
    profile = from_json(content) if content else None
    reason = ""
    if profile is None:
        reason = "has no profile"
    elif profile.synthetic != source.synthetic:
        reason = "is synthetic" if profile.synthetic else "is real, and this is not"
    if reason:
        results.tell(f"    Not compared with the data of the default {state.default}: that {reason}.")
    return None if reason else profile


def _place(digest: str) -> str:
    return f"profiles/{digest}.json"
