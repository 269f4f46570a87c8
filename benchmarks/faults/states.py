"""What a command left in a workspace, without what is different each time; and how two of them differ."""

import json
import re
import sqlite3
from pathlib import Path
from typing import Any

_KINDS = ("batchEndpoints", "components", "computes", "data", "environments", "code-hashes")
_VOLATILE_TAGS = ("promoted_at", "promoted_token", "promoted_commit", "promoted_evidence", "created", "git_commit")
# Named by their content, which has the time in it. One that a killed command left stays: it tells what was judged.
_MADE_ANEW = re.compile(r"/(evidence|reports|cards)/[0-9a-f]{64}")
# The locks of work are named by what it is about, among it assets that a rerun uploads anew; they hold nothing.
_LOCK_OF_WORK = re.compile(r"/starting/[0-9a-f]{2}$")
_OVER = ("Completed", "Failed", "Canceled", "NotResponding")

State = dict[str, Any]


def look(folder: Path, seconds: float = 20.0) -> State:
    """Return what is in a workspace: resources, endpoints with tags, history, stored files, jobs that are not over."""
    import time

    deadline = time.monotonic() + seconds
    while (state := _look(folder))["live jobs"] and time.monotonic() < deadline:
        time.sleep(0.1)  # a job that was told to cancel needs a moment
    return state


def _look(folder: Path) -> State:
    database = sqlite3.connect(f"file:{folder / 'state' / 'workspace.db'}?mode=ro", uri=True, timeout=30)
    try:
        rows = database.execute("SELECT id, body FROM resource").fetchall()
    except sqlite3.OperationalError:
        rows = []
    finally:
        database.close()
    documents = {identity: json.loads(body) for identity, body in rows}
    jobs = [job for identity, job in documents.items() if identity.startswith("jobs/") and not job["parent"]]
    return {
        "resources": sorted(identity for identity in documents if identity.split("/")[0] in _KINDS),
        "endpoints": {
            identity: _described(document)
            for identity, document in documents.items()
            if identity.startswith("batchEndpoints/")
        },
        "history": _history(folder),
        "files": _files(folder),
        "live jobs": sorted(job["name"] for job in jobs if job["status"] not in _OVER),
        "jobs at once": sorted(_doubled(jobs)),
    }


def _described(document: dict[str, Any]) -> dict[str, Any]:
    requested = document.get("requested") or document
    tags = dict(document.get("tags") or requested.get("tags") or {})
    described = {
        tag: "…" if tag in _VOLATILE_TAGS or tag.startswith("evidence.") else value for tag, value in tags.items()
    }
    return {"default": (requested.get("defaults") or {}).get("deploymentName"), "tags": described}


def _history(folder: Path) -> list[list[Any]]:
    entries = []
    for file in sorted((folder / "state").glob("blobs/*/releases/*/history.jsonl")):
        for line in file.read_text().splitlines():
            entry = json.loads(line)
            entries.append([entry["action"], entry["default"], entry.get("previous")])
    return entries


def _files(folder: Path) -> list[str]:
    kept = [file for file in (folder / "state").glob("blobs/*/releases/**/*") if file.is_file()]
    named = [str(file.relative_to(folder / "state" / "blobs")) for file in kept]
    places = {re.sub(r"^[^/]+/", "", name) for name in named if "/.meta/" not in name}
    return sorted({_LOCK_OF_WORK.sub("/starting/…", _MADE_ANEW.sub(r"/\1/…", place)) for place in places})


def _doubled(jobs: list[dict[str, Any]]) -> set[str]:
    """Return what ran twice at the same time: two jobs of one component on the same inputs."""
    found = set()
    spans: dict[str, list[tuple[float, float]]] = {}
    for job in sorted(jobs, key=lambda job: float(job["created"])):
        requested = job["requested"]
        content = [requested.get(key) for key in ("componentId", "inputs", "jobs")]
        what = json.dumps([*content, job["experiment"]], sort_keys=True)
        begun, over = float(job["created"]), float(job["ended"] or "inf")
        if any(begun < earlier_over for _, earlier_over in spans.get(what, [])):
            found.add(str(requested.get("componentId")).rpartition("/components/")[2])
        spans.setdefault(what, []).append((begun, over))
    return found


def differences(state: State, wanted: State) -> list[str]:
    """Say in words where a state is not as the one that a run without faults leaves."""
    found = []
    for key in wanted:
        if state[key] != wanted[key]:
            found.append(f"{key}: {_shorter(state[key], wanted[key])}")
    return found


def _shorter(one: Any, other: Any) -> str:
    if isinstance(one, list) and isinstance(other, list):
        more = [value for value in one if value not in other]
        less = [value for value in other if value not in one]
        return f"too much {more}, missing {less}" if more or less else f"{one} instead of {other}"
    if isinstance(one, dict) and isinstance(other, dict):
        keys = [key for key in {**one, **other} if one.get(key) != other.get(key)]
        return "; ".join(f"{key} is {one.get(key)} instead of {other.get(key)}" for key in keys)
    return f"{one} instead of {other}"
