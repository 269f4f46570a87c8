"""The evidence that is stored beside an endpoint: the newest of each deployment, and each by its digest."""

import json
from typing import cast

from scripts.lib.evidence.contents import Evidence
from scripts.lib.line.default_history import full_history
from scripts.lib.telling import results
from scripts.lib.workspace.endpoints import Endpoint
from scripts.lib.workspace.release_store import ReleaseStore


def store_evidence(store: ReleaseStore, deployment: str, content: bytes) -> None:
    """Store the evidence about a deployment, as its newest and under its digest; it outlives the deployment."""
    store.write(_by_digest(json.loads(content)["digest"]), content)
    store.write(_name(deployment), content)


def stored_evidence(store: ReleaseStore, deployment: str) -> Evidence | None:
    """Return the newest evidence about a deployment, or None."""
    return _read(store, _name(deployment))


def promoting_evidence(store: ReleaseStore, state: Endpoint) -> Evidence | None:
    """Return the evidence by which the endpoint's default was promoted last, or None."""
    for entry in reversed(full_history(store, state)):
        if entry["default"] == state.default and entry.get("evidence"):
            evidence = _read(store, _by_digest(entry["evidence"]))
            return evidence if evidence and evidence["candidate"]["deployment"] == state.default else None
    return None


def evidence_with(store: ReleaseStore, digest: str) -> Evidence | None:
    """Return the evidence with a digest, or None."""
    return _read(store, _by_digest(digest))


def _read(store: ReleaseStore, name: str) -> Evidence | None:
    """Return the evidence in a file; what is no evidence is told and passed over."""
    content = store.read(name)
    if not content:
        return None
    try:
        evidence = json.loads(content)
        whole = isinstance(evidence["verdict"], dict) and isinstance(evidence["candidate"], dict)
    except (ValueError, TypeError, KeyError, RecursionError):
        whole = False
    if not whole:
        results.tell(f"    {store.place(name)} is no evidence; it is passed over.")
        return None
    return cast(Evidence, evidence)


def _by_digest(digest: str) -> str:
    return f"evidence/{digest.removeprefix('sha256:')}.json"


def _name(deployment: str) -> str:
    return f"{deployment}/evidence.json"
