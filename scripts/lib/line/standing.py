"""Whether evidence holds in this workspace, here and now."""

from dataclasses import dataclass
from pathlib import Path

from scripts.lib.errors import EvidenceRefused, NotFound
from scripts.lib.evidence.document import read_evidence
from scripts.lib.line.promotion import promote
from scripts.lib.workspace.connection import Connection
from scripts.lib.workspace.endpoints import EVIDENCE_TAG, read_endpoint


@dataclass(frozen=True)
class Standing:
    """``why`` evidence does not hold, "" where it does; ``elsewhere``: this workspace does not record it."""

    elsewhere: bool
    why: str


def standing(connection: Connection, endpoint: str, deployment: str, evidence_file: Path) -> Standing:
    """Return whether a promotion would accept the evidence now, and whether it was made in this workspace.

    Evidence of another workspace says nothing about this one's data and default: here, the candidate is first to be
    deployed and judged.
    """
    try:
        state = read_endpoint(connection.client, endpoint)
    except NotFound:
        return Standing(True, "this workspace has no such endpoint yet.")
    if state.default == deployment:
        return Standing(False, "")
    recorded = state.tags.get(EVIDENCE_TAG + deployment)
    try:
        if recorded is None or recorded != read_evidence(evidence_file)["digest"]:
            return Standing(True, "this workspace does not record it: it was made in another, or replaced since.")
        promote(connection, endpoint, deployment, evidence_file, dry_run=True)
    except EvidenceRefused as refusal:
        return Standing(False, refusal.message)
    return Standing(False, "")
