"""What is asked of all documents of a kind, answered by the database: nothing that is not asked for is read."""

from emulator.state import keys
from emulator.state.documents import Store
from emulator.state.records import Job
from emulator.state.schema import LIVE_JOBS


def live_jobs(store: Store) -> list[Job]:
    """Return the jobs that are stored as not ended, but no steps of jobs; a runner may have been killed since."""
    return store.select(f"SELECT body FROM resource INDEXED BY live_jobs WHERE {LIVE_JOBS}")


def highest_version(store: Store, kind: str, name: str) -> int:
    """Return the highest version of an asset that is a number, 0 if there is none."""
    # Versions have any number of digits, and SQLite's integers 64 bits; the longer of two is the higher. By their keys,
    # "0" follows "/", they are found in the index alone.
    found: list[int] = store.select(
        "SELECT digits FROM (SELECT ltrim(substr(id, length(:collection) + 2), '0') AS digits FROM resource"
        " WHERE id > :collection || '/' AND id < :collection || '0'"
        " AND substr(id, length(:collection) + 2) NOT GLOB '*[^0-9]*')"
        " WHERE digits != '' ORDER BY length(digits) DESC, digits DESC LIMIT 1",
        collection=keys.asset_versions(kind, name),
    )
    return found[0] if found else 0
