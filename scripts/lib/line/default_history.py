"""The history of an endpoint's default: one entry for each change, also written to the endpoint's tags."""

import json
import secrets
from dataclasses import asdict, dataclass, field
from typing import TypedDict, cast

from scripts.lib.workspace.connection import Connection
from scripts.lib.workspace.endpoints import PREVIOUS_TAG, Endpoint, read_endpoint
from scripts.lib.workspace.locks import endpoint_lock
from scripts.lib.workspace.release_store import ReleaseStore

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
    """Return the entries that are stored, oldest first."""
    return [json.loads(line) for line in (store.read(_FILE) or b"").decode().splitlines()]


def full_history(store: ReleaseStore, state: Endpoint | None) -> list[HistoryEntry]:
    """Return the history, oldest first, with the entry that a killed promotion did not write."""
    entries = read_history(store)
    missing = unrecorded(entries, state) if state else None
    return [*entries, missing] if missing else entries


def unrecorded(history: list[HistoryEntry], state: Endpoint) -> HistoryEntry | None:
    """Return the entry that the history lacks, if a promotion was killed after it wrote the default; else None."""
    tagged = {key: state.tags.get(_PREFIX + key) for key in _TAGGED}
    if not tagged["token"] or tagged["default"] != state.default:
        return None
    if any(entry.get("token") == tagged["token"] for entry in history):
        return None
    change = DefaultChange(**tagged, previous=state.previous)  # type: ignore[arg-type]
    return change.entry()


def record(store: ReleaseStore, state: Endpoint, change: DefaultChange | None = None) -> None:
    """Write into the history the entry that it lacks of ``state``, then ``change``; needs the endpoint's lock."""
    entries = read_history(store)
    new = [entry for entry in (unrecorded(entries, state), change and change.entry()) if entry]
    if new:
        lines = (json.dumps(entry, sort_keys=True) + "\n" for entry in [*entries, *new])
        store.write(_FILE, "".join(lines).encode())


def complete_history(connection: Connection, state: Endpoint) -> None:
    """Write the entry that the history lacks where a promotion was killed after it wrote the default."""
    store = ReleaseStore(connection, state.name)
    if unrecorded(read_history(store), state):
        with endpoint_lock(store):
            record(store, read_endpoint(connection.client, state.name))
