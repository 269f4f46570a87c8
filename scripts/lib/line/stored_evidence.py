"""The evidence that is stored with a candidate, and outlives the deployment."""

import json
from typing import cast

from scripts.lib.evidence.contents import Evidence
from scripts.lib.telling import results
from scripts.lib.workspace.release_store import ReleaseStore


def store_evidence(store: ReleaseStore, deployment: str, content: bytes) -> None:
    """Store the evidence about a deployment; replace an older one."""
    store.write(_name(deployment), content)


def stored_evidence(store: ReleaseStore, deployment: str) -> Evidence | None:
    """Return the evidence that is stored with a deployment, or None; what is no evidence is told and passed over."""
    content = store.read(_name(deployment))
    if not content:
        return None
    try:
        evidence = json.loads(content)
        whole = isinstance(evidence["verdict"], dict) and isinstance(evidence["candidate"], dict)
    except (ValueError, TypeError, KeyError, RecursionError):
        whole = False
    if not whole:
        results.tell(f"    {store.place(_name(deployment))} is no evidence; it is passed over.")
        return None
    return cast(Evidence, evidence)


def _name(deployment: str) -> str:
    return f"{deployment}/evidence.json"
