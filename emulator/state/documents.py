"""Resources on disk: JSON documents in one SQLite file, shared by any number of processes."""

import fcntl
import json
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from operator import itemgetter
from pathlib import Path
from typing import Any, Generic, TypeVar

from emulator.wire.errors import Unusable

D = TypeVar("D")


class Key(str, Generic[D]):
    """Id of a document of type ``D`` (``components/NAME/versions/1``)."""

    __slots__ = ()


class Collection(str, Generic[D]):
    """Name under which documents of type ``D`` are listed."""

    __slots__ = ()


_SCHEMA = """
CREATE TABLE IF NOT EXISTS resource (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE COLLATE NOCASE,
    collection TEXT NOT NULL COLLATE NOCASE,
    body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS resource_collection ON resource (collection, sequence);
CREATE TABLE IF NOT EXISTS membership (
    collection TEXT NOT NULL COLLATE NOCASE,
    id TEXT NOT NULL COLLATE NOCASE,
    PRIMARY KEY (collection, id)
) WITHOUT ROWID;
PRAGMA user_version = 1;
"""
_SCHEMA_VERSION = 1
_LOCK_TIMEOUT_SECONDS = 60.0
_of_parents: list[dict[str, Any]] = []


class Store:
    """Documents by id, listed by the collection they belong to; ``keys`` names all of them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()

    @property
    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection and self._local.process != os.getpid():
            # A fork's child must neither use nor close what its parent opened: SQLite's locks are the parent's.
            _of_parents.append(self._local.__dict__.copy())
            connection = None
        return connection or self.open()

    def open(self) -> sqlite3.Connection:
        """Open this thread's connection, which every call does that finds none.

        Raises:
            Unusable: the file is no state of this workspace, or one of another version.
        """
        advice = f"move {self._path.parent} away to start afresh, or name another folder in AZUREML_LOCAL_STATE."
        try:
            connection = sqlite3.connect(self._path, timeout=_LOCK_TIMEOUT_SECONDS, isolation_level=None)
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version not in (0, _SCHEMA_VERSION):
                raise Unusable(f"{self._path} has format {version}, and {_SCHEMA_VERSION} is needed; {advice}")
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            if version == 0:
                connection.executescript(_SCHEMA)
            self._local.turn = os.open(f"{self._path}-turn", os.O_RDWR | os.O_CREAT, 0o666)
        except (sqlite3.Error, OSError) as error:
            raise Unusable(f"{self._path} cannot be used ({error}); {advice}") from error
        self._local.connection, self._local.process = connection, os.getpid()
        return connection

    def close(self) -> None:
        """Close this thread's connection; the next call opens another."""
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            os.close(self._local.turn)
            self._local.connection = None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make what happens inside one atomic write; nested use joins the outer one."""
        connection = self._connection
        if connection.in_transaction:
            yield
            return
        # SQLite has those who wait look again after ever longer sleeps; the system wakes them in turn.
        fcntl.flock(self._local.turn, fcntl.LOCK_EX)
        try:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
        finally:
            fcntl.flock(self._local.turn, fcntl.LOCK_UN)

    def get(self, key: Key[D]) -> D | None:
        """Return the document of ``key``, or None."""
        row = self._connection.execute("SELECT body FROM resource WHERE id = ?", (key,)).fetchone()
        return json.loads(row[0]) if row else None

    def find(self, key: Key[D], otherwise: Exception) -> D:
        """Return the document of ``key``; where there is none, raise ``otherwise``."""
        found = self.get(key)
        if found is None:
            raise otherwise
        return found

    def put(self, key: Key[D], body: D, collection: Collection[D] | None = None) -> None:
        """Create or replace a document; its place in lists is that of its creation.

        It is listed in ``collection``, which is the start of its id unless given.
        """
        listed = collection or key.rpartition("/")[0]
        text = json.dumps(body)
        with self.transaction():
            self._connection.execute(
                "INSERT INTO resource (id, collection, body) VALUES (?, ?, ?)"
                " ON CONFLICT (id) DO UPDATE SET body = excluded.body",
                (key, listed, text),
            )

    def change(self, key: Key[D], **fields: Any) -> D:
        """Set top-level ``fields`` of a document atomically and return it.

        Raises:
            KeyError: there is no such document.
        """
        with self.transaction():
            body: Any = self.find(key, KeyError(key))
            body.update(fields)
            self.put(key, body)
        changed: D = body
        return changed

    def join(self, collection: Collection[Any], key: Key[Any]) -> None:
        """List the document of ``key`` in ``collection`` as well."""
        with self.transaction():
            self._connection.execute("INSERT OR IGNORE INTO membership VALUES (?, ?)", (collection, key))

    def documents(self, collection: Collection[D]) -> list[tuple[str, D]]:
        """Return (name, document) of a whole collection, newest first."""
        return [(name, json.loads(text)) for _, name, text in self.page(collection, -1)]

    def page(self, collection: Collection[Any], limit: int, before: int | None = None) -> list[tuple[int, str, str]]:
        """Return (sequence, name, document as JSON) of a collection, newest first, older than ``before``."""
        older = "" if before is None else "AND sequence < :before"
        # One row, because threads contend for Python's lock between rows.
        row = self._connection.execute(
            "SELECT group_concat('[' || sequence || ',' || json_quote(id) || ',' || json_quote(body) || ']') FROM ("
            f"SELECT sequence, id, body FROM resource WHERE collection = :collection {older}"
            " ORDER BY sequence DESC LIMIT :limit)",
            {"collection": collection, "before": before, "limit": limit},
        ).fetchone()
        found = sorted(json.loads(f"[{row[0] or ''}]"), key=itemgetter(0), reverse=True)
        return [(sequence, identity.rpartition("/")[2], text) for sequence, identity, text in found]

    def members(self, collection: Collection[D]) -> list[D]:
        """Return the documents joined to ``collection``, newest first."""
        rows = self._connection.execute(
            "SELECT body FROM membership JOIN resource USING (id) WHERE membership.collection = ?"
            " ORDER BY sequence DESC",
            (collection,),
        )
        return [json.loads(body) for (body,) in rows]

    def delete(self, key: Key[Any]) -> None:
        """Forget a document and all below it."""
        with self.transaction():
            self._connection.execute(
                "DELETE FROM resource WHERE id = :id OR (id >= :id || '/' AND id < :id || '0')", {"id": key}
            )
