"""The tables of the SQLite file that holds a workspace's documents, and the format of the documents."""

import json
import sqlite3
from pathlib import Path

from emulator.state.records import TERMINAL
from emulator.wire.errors import Unusable

_LOCK_TIMEOUT_SECONDS = 60.0
_FORMAT = 2
# Jobs that have not ended, of however many. A changed text is another index, which must have another name.
LIVE_JOBS = f"collection = 'jobs' AND json_extract(body, '$.status') NOT IN {tuple(sorted(TERMINAL))}"
_INDEX = f"CREATE INDEX IF NOT EXISTS live_jobs ON resource (sequence) WHERE {LIVE_JOBS}"
_TABLES = f"""
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
PRAGMA user_version = {_FORMAT};
"""


def connect(path: Path) -> sqlite3.Connection:
    """Open the SQLite file ``path``; create its tables if it is new, and convert documents of an older format.

    Raises:
        Unusable: the file has a format that this version does not know.
        sqlite3.Error: the file cannot be opened, or is not an SQLite file.
    """
    connection = sqlite3.connect(path, timeout=_LOCK_TIMEOUT_SECONDS, isolation_level=None)
    version = _version(connection)
    if version not in (0, 1, _FORMAT):
        raise Unusable(f"{path} has format {version}, and {_FORMAT} is needed; {advice(path)}")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    if version == 0:
        connection.executescript(_TABLES)
    if version == 1:
        _convert(connection)
    # Older files have none.
    connection.execute(_INDEX)
    return connection


def advice(path: Path) -> str:
    """Return what to do about a file ``path`` that cannot be used."""
    return f"move {path.parent} away to start afresh, or name another folder in AZUREML_LOCAL_STATE."


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _convert(connection: sqlite3.Connection) -> None:
    """Rename the field ``asked`` of documents in format 1 to ``requested``."""
    connection.execute("BEGIN IMMEDIATE")
    # Another process may have converted the file since it was opened here.
    if _version(connection) == 1:
        rows = connection.execute("SELECT id, body FROM resource WHERE body LIKE '%\"asked\":%'").fetchall()
        for key, text in rows:
            body = json.loads(text)
            if "asked" in body:
                body["requested"] = body.pop("asked")
                connection.execute("UPDATE resource SET body = ? WHERE id = ?", (json.dumps(body), key))
        connection.execute(f"PRAGMA user_version = {_FORMAT}")
    connection.execute("COMMIT")
