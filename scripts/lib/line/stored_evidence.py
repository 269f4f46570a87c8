"""The evidence that is stored with a candidate, and outlives the deployment."""

import json
from typing import cast

from scripts.lib.evidence.contents import Evidence
from scripts.lib.workspace.release_store import ReleaseStore


def store_evidence(store: ReleaseStore, deployment: str, content: bytes) -> None:
    """Store the evidence about a deployment; replace an older one."""
    store.write(_name(deployment), content)


def stored_evidence(store: ReleaseStore, deployment: str) -> Evidence | None:
    """Return the evidence that is stored with a deployment, or None."""
    content = store.read(_name(deployment))
    return cast(Evidence, json.loads(content)) if content else None


def _name(deployment: str) -> str:
    return f"{deployment}/evidence.json"
