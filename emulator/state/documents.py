"""A store of JSON documents in one SQLite file, which any number of processes can share."""

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

from emulator.state.schema import advice, connect
from emulator.wire.errors import Unusable

D = TypeVar("D")


class Key(str, Generic[D]):
    """The key of a document of type ``D`` (``components/NAME/versions/1``)."""

    __slots__ = ()


class Collection(str, Generic[D]):
    """The name of a list of documents of type ``D``."""

    __slots__ = ()


# Connections that this process inherited by a fork: kept, because closing one would release the locks of its parent.
_inherited: list[object] = []


class _Turn:
    """The open file by which a thread waits for its turn to write; it is closed when its thread has ended."""

    _number = -1

    def __init__(self, path: str) -> None:
        self._number = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)

    def fileno(self) -> int:
        """Return the number of the file."""
        return self._number

    def __del__(self) -> None:
        if self._number >= 0:
            os.close(self._number)


class Store:
    """Documents by key, listed by collection; ``emulator.state.keys`` holds all keys and collections."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()

    @property
    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection and self._local.process != os.getpid():
            _inherited.append(self._local.__dict__.copy())
            connection = None
        return connection or self.open()

    def open(self) -> sqlite3.Connection:
        """Open and return this thread's connection; the other methods open it when they need it.

        Raises:
            Unusable: the file is not a store, or has another format.
        """
        try:
            connection = connect(self._path)
            self._local.lock = _Turn(f"{self._path}-turn")
        except (sqlite3.Error, OSError) as error:
            raise Unusable(f"{self._path} cannot be used ({error}); {advice(self._path)}") from error
        self._local.connection, self._local.process = connection, os.getpid()
        return connection

    def close(self) -> None:
        """Close this thread's connection; the next call opens a new one."""
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.lock = self._local.connection = None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make all writes inside the block one atomic write; a nested block joins the outer one."""
        connection = self._connection
        if connection.in_transaction:
            yield
            return
        # A waiting SQLite connection polls with growing pauses. A file lock wakes the next process at once, in turn.
        fcntl.flock(self._local.lock, fcntl.LOCK_EX)
        try:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
        finally:
            fcntl.flock(self._local.lock, fcntl.LOCK_UN)

    def get(self, key: Key[D]) -> D | None:
        """Return the document of ``key``, or None."""
        row = self._connection.execute("SELECT body FROM resource WHERE id = ?", (key,)).fetchone()
        return json.loads(row[0]) if row else None

    def find(self, key: Key[D], otherwise: Exception) -> D:
        """Return the document of ``key``; raise ``otherwise`` if there is none."""
        found = self.get(key)
        if found is None:
            raise otherwise
        return found

    def put(self, key: Key[D], body: D, collection: Collection[D] | None = None) -> None:
        """Create or replace a document. Lists are in the order of creation, which a replacement does not change.

        The document is listed in ``collection``, by default the part of its key before the last slash.
        """
        name = collection or key.rpartition("/")[0]
        text = json.dumps(body)
        with self.transaction():
            self._connection.execute(
                "INSERT INTO resource (id, collection, body) VALUES (?, ?, ?)"
                " ON CONFLICT (id) DO UPDATE SET body = excluded.body",
                (key, name, text),
            )

    def change(self, key: Key[D], **fields: Any) -> D:
        """Set top-level ``fields`` of a document atomically and return the document.

        Raises:
            KeyError: the document does not exist.
        """
        with self.transaction():
            body: Any = self.find(key, KeyError(key))
            body.update(fields)
            self.put(key, body)
        changed: D = body
        return changed

    def join(self, collection: Collection[Any], key: Key[Any]) -> None:
        """List the document of ``key`` in a further ``collection``."""
        with self.transaction():
            self._connection.execute("INSERT OR IGNORE INTO membership VALUES (?, ?)", (collection, key))

    def documents(self, collection: Collection[D]) -> list[tuple[str, D]]:
        """Return all documents of a collection as (name, document), newest first."""
        return [(name, json.loads(text)) for _, name, text in self.page(collection, -1)]

    def page(self, collection: Collection[Any], limit: int, before: int | None = None) -> list[tuple[int, str, str]]:
        """Return at most ``limit`` documents of a collection as (sequence, name, JSON text), newest first.

        ``before`` is the sequence number of the last document of the previous page; -1 as ``limit`` means no limit.
        """
        older = "" if before is None else "AND sequence < :before"
        # The query returns one row, because threads contend for Python's global lock between rows.
        row = self._connection.execute(
            "SELECT group_concat('[' || sequence || ',' || json_quote(id) || ',' || json_quote(body) || ']') FROM ("
            f"SELECT sequence, id, body FROM resource WHERE collection = :collection {older}"
            " ORDER BY sequence DESC LIMIT :limit)",
            {"collection": collection, "before": before, "limit": limit},
        ).fetchone()
        found = sorted(json.loads(f"[{row[0] or ''}]"), key=itemgetter(0), reverse=True)
        return [(sequence, identity.rpartition("/")[2], text) for sequence, identity, text in found]

    def select(self, query: str, **values: str) -> list[Any]:
        """Return the JSON values of the first column of a query on the tables of the store."""
        return [json.loads(text) for text, *_ in self._connection.execute(query, values)]

    def members(self, collection: Collection[D]) -> list[D]:
        """Return the documents that ``join`` added to ``collection``, newest first."""
        rows = self._connection.execute(
            "SELECT body FROM membership JOIN resource USING (id) WHERE membership.collection = ?"
            " ORDER BY sequence DESC",
            (collection,),
        )
        return [json.loads(body) for (body,) in rows]

    def delete(self, key: Key[Any]) -> None:
        """Delete a document, and all documents whose keys continue its key after a slash."""
        with self.transaction():
            self._connection.execute(
                "DELETE FROM resource WHERE id = :id OR (id >= :id || '/' AND id < :id || '0')", {"id": key}
            )
