"""Compare new data with what the endpoint's default was trained on, before it enters the workspace."""

from pathlib import Path

from scripts.lib.data.drift.comparison import Comparison, compare, distances
from scripts.lib.data.drift.limits import FILE, Limits, read_limits
from scripts.lib.data.drift.profile import Profile, from_json, profile_of, to_json
from scripts.lib.data.in_place import Counted
from scripts.lib.data.report import Report
from scripts.lib.data.source import DataSource, resolve
from scripts.lib.data.table import read_source
from scripts.lib.errors import Conflict, DataRejected
from scripts.lib.evidence.contents import Evidence
from scripts.lib.line.stored_evidence import promoting_evidence
from scripts.lib.report.data_section import ChampionData
from scripts.lib.repository.problem import Problem
from scripts.lib.telling import results
from scripts.lib.workspace.connection import Connection
from scripts.lib.workspace.endpoints import Endpoint, endpoint_exists, read_endpoint
from scripts.lib.workspace.release_store import ReleaseStore


def compare_with_default(
    connection: Connection, source: DataSource, problem: Problem, validated: Report | None = None
) -> Comparison | None:
    """Compare ``source`` with the data by which the endpoint's default was promoted; keep both profiles for later.

    Where it was ``validated`` just now it is not read again. None where there is nothing to compare with: no default,
    the same content, a default from before profiles, or one trained on synthetic data where this is real, or the other
    way round.

    Raises:
        BadConfiguration: the problem's ``comparison.yml`` cannot be used.
        DataRejected: the data changed by more than that file allows.
    """
    store = ReleaseStore(connection, problem.name)
    digest, before = _comparable_profile(connection, store, source)
    kept = store.read(_place(source.digest)) is not None
    if kept and before is None:
        return None
    limits = read_limits(problem.description_file.parent)
    found = None
    if validated and validated.counted:
        profile = validated.counted.profile
        if before:
            found = _compared_there(before, validated.counted, limits)
    else:
        read = validated.table if validated else None
        frame = read_source(source, problem) if read is None else read
        if before:
            found = compare(before, frame, problem, limits)
        spread = validated.distributions if validated else ()
        profile = profile_of(frame, problem, synthetic=source.synthetic, spread=spread)
    if found:
        require_alike(found, source, problem)
        store.write(_compared(source.digest, digest), to_json(found.now))
    if not kept:
        store.write(_place(source.digest), to_json(profile))
    return found


def profile_of_default(connection: Connection, store: ReleaseStore) -> Profile | None:
    """Return the profile of the data by which the endpoint's default was promoted; None where there is none."""
    digest = _digest_of_default(connection, store)
    return _read(store, _place(digest)) if digest else None


def _compared_there(before: Profile, counted: Counted, limits: Limits) -> Comparison:
    """Return the comparison that was made where the rows are.

    Raises:
        Conflict: it is one with other data, as the default has changed since.
    """
    if counted.before != before or counted.now is None:
        raise Conflict("The default changed while the data was validated. Run the command again.")
    return Comparison(before, counted.now, limits, counted.found)


def champion_data(store: ReleaseStore, state: Endpoint, digest: str) -> ChampionData | None:
    """Return what is kept of the data by which the default was promoted, and how far the data ``digest`` is from it.

    None where it is the same data, or where nothing is kept of it.
    """
    evidence = promoting_evidence(store, state) if state.default else None
    theirs = _digest_of(evidence) if evidence else digest
    before = _read(store, _place(theirs)) if theirs != digest else None
    if not evidence or not before:
        return None
    now = _read(store, _compared(digest, theirs))
    name = f"{evidence['data']['name']}:{evidence['data']['version']}"
    return ChampionData(name, before.spread, distances(before, now) if now else {})


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


def _digest_of_default(connection: Connection, store: ReleaseStore) -> str | None:
    if not endpoint_exists(connection.client, store.endpoint):
        return None
    state = read_endpoint(connection.client, store.endpoint)
    evidence = promoting_evidence(store, state) if state.default else None
    return _digest_of(evidence) if evidence else None


def _comparable_profile(connection: Connection, store: ReleaseStore, source: DataSource) -> tuple[str, Profile | None]:
    """Return digest and profile of the data that the default was promoted by; None where they cannot be compared."""
    digest = _digest_of_default(connection, store) or source.digest
    if digest == source.digest:
        return digest, None
    profile = _read(store, _place(digest))
    reason = ""
    if profile is None:
        reason = "has no profile"
    elif profile.synthetic != source.synthetic:
        reason = "is synthetic" if profile.synthetic else "is real, and this is not"
    if reason:
        results.tell(f"    Not compared with the data of the default: that {reason}.")
    return digest, None if reason else profile


def _digest_of(evidence: Evidence) -> str:
    return evidence["data"]["digest"].removeprefix("sha256:")


def _read(store: ReleaseStore, place: str) -> Profile | None:
    content = store.read(place)
    return from_json(content) if content else None


def _place(digest: str) -> str:
    return f"profiles/{digest}.json"


def _compared(digest: str, before: str) -> str:
    """Return the place of the profile of the data ``digest`` in the bins of the data ``before``."""
    return f"profiles/{digest}-{before}.json"
