"""The history of an endpoint's default: one entry for each change, also written to the endpoint's tags."""

import json
import secrets
from dataclasses import asdict, dataclass, field
from typing import TypedDict, cast

from scripts.lib.telling import results
from scripts.lib.workspace.connection import Connection
from scripts.lib.workspace.endpoints import PREVIOUS_TAG, Endpoint, read_endpoint
from scripts.lib.workspace.locks import endpoint_lock
from scripts.lib.workspace.release_store import ReleaseStore

ROLLED_BACK = "rolled back"
_FILE = "history.jsonl"
_TAG_LENGTH = 256  # longest value of a tag in Azure
_PREFIX = "promoted_"
_TAGGED = ("action", "default", "at", "commit", "evidence", "forced", "token")


class _Change(TypedDict):
    action: str
    default: str
    at: str


class HistoryEntry(_Change, total=False):
    """An entry of the history: the fields of a ``DefaultChange`` that have a value."""

    previous: str
    commit: str
    evidence: str
    forced: str
    refused: str
    token: str


@dataclass(frozen=True)
class DefaultChange:
    """A change of the default: which deployment replaced which, when and why.

    ``forced`` is the reason that was given for a promotion without the gate, ``refused`` why its evidence was refused;
    ``token`` identifies the change.
    """

    action: str
    default: str
    at: str
    previous: str | None = None
    commit: str | None = None
    evidence: str | None = None
    forced: str | None = None
    refused: str | None = None
    token: str = field(default_factory=lambda: secrets.token_hex(8))

    def tags(self) -> dict[str, str | None]:
        """Return the change as tags of the endpoint; None removes a tag, since Azure allows no empty one."""
        fields = asdict(self)
        tags = {_PREFIX + key: fields[key][:_TAG_LENGTH] if fields[key] else None for key in _TAGGED}
        return {**tags, PREVIOUS_TAG: self.previous}

    def entry(self) -> HistoryEntry:
        """Return the history's entry."""
        return cast(HistoryEntry, {key: value for key, value in asdict(self).items() if value is not None})


def read_history(store: ReleaseStore) -> list[HistoryEntry]:
    """Return the entries that are stored, oldest first; a line that is no entry is told and passed over."""
    entries = []
    for number, line in enumerate((store.read(_FILE) or b"").splitlines(), 1):
        entry = _entry(line)
        if entry:
            entries.append(entry)
        elif line.strip():
            results.tell(f"    Line {number} of {store.place(_FILE)} is no entry; it is kept, and passed over.")
    return entries


def _entry(line: bytes) -> HistoryEntry | None:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    whole = isinstance(entry, dict) and all(isinstance(entry.get(key), str) for key in ("action", "default", "at"))
    return cast(HistoryEntry, entry) if whole else None


def full_history(store: ReleaseStore, state: Endpoint | None) -> list[HistoryEntry]:
    """Return the history, oldest first, with the entry that a killed promotion did not write."""
    entries = read_history(store)
    missing = unrecorded(entries, state) if state else None
    return [*entries, missing] if missing else entries


def unrecorded(history: list[HistoryEntry], state: Endpoint) -> HistoryEntry | None:
    """Return the entry that the history lacks, if a promotion was killed after it wrote the default; else None."""
    tagged = last_change(state)
    if tagged is None or tagged["default"] != state.default:
        return None
    if any(entry.get("token") == tagged["token"] for entry in history):
        return None
    change = DefaultChange(**tagged, previous=state.previous)  # type: ignore[arg-type]
    return change.entry()


def record(store: ReleaseStore, state: Endpoint, change: DefaultChange | None = None) -> None:
    """Write into the history the entry that it lacks of ``state``, then ``change``; needs the endpoint's lock."""
    new = [entry for entry in (unrecorded(read_history(store), state), change and change.entry()) if entry]
    if new:
        kept = (store.read(_FILE) or b"").splitlines()
        lines = [*kept, *(json.dumps(entry, sort_keys=True).encode() for entry in new)]
        store.write(_FILE, b"".join(line + b"\n" for line in lines))


def last_change(state: Endpoint) -> dict[str, str | None] | None:
    """Return what the endpoint's tags tell of the last change of its default, or None where they tell of none."""
    tagged = {key: state.tags.get(_PREFIX + key) for key in _TAGGED}
    return tagged if tagged["token"] else None


def former_defaults(store: ReleaseStore, state: Endpoint) -> list[str]:
    """Return the deployments that were a default of this endpoint, newest first; an endpoint's deletion ends that."""
    names = [state.previous]
    for entry in reversed(full_history(store, state)):
        if entry["action"] == "deleted":
            break
        names += [entry["default"], entry.get("previous")]
    return [name for name in dict.fromkeys(names) if name]


def complete_history(connection: Connection, state: Endpoint) -> None:
    """Write the entry that the history lacks where a promotion was killed after it wrote the default."""
    store = ReleaseStore(connection, state.name)
    if unrecorded(read_history(store), state):
        with endpoint_lock(store):
            record(store, read_endpoint(connection.client, state.name))
