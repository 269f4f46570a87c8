"""Subjects of the federated credentials that let workflows sign in to Azure."""

import base64
import json
import re
import subprocess
from collections.abc import Mapping

from scripts.lib.errors import ReleaseError
from scripts.lib.workspace.credentials import github_assertion

# Every job that signs in does so in an environment.
TRIGGERS = {
    "candidates and challengers (environment staging)": "environment:staging",
    "promotion, roll-back, retraining, clean-up (environment production)": "environment:production",
    "test job of a pull request (environment azure-test)": "environment:azure-test",
}


def subjects(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the subject of the federated credential to register for each trigger; {} where the repository is unknown.

    GitHub names repositories made since July 2026 with their ids (``repo:owner@1/name@2``), older ones
    without. The token of the running job shows which; without one, the ids in the environment decide.
    """
    current = subject_of(environment)
    repository = environment.get("GITHUB_REPOSITORY") or _origin()
    if current:
        prefix = ":".join(current.split(":")[:2])
    elif repository:
        owner, name = repository.split("/", 1)
        ids = [environment.get(f"GITHUB_REPOSITORY_{key}", "") for key in ("OWNER_ID", "ID")]
        prefix = f"repo:{owner}@{ids[0]}/{name}@{ids[1]}" if all(ids) else f"repo:{owner}/{name}"
    else:
        return {}
    return {trigger: f"{prefix}:{suffix}" for trigger, suffix in TRIGGERS.items()}


def subject_of(environment: Mapping[str, str]) -> str:
    """Return the subject in the identity token of this GitHub job; '' where the job has no token."""
    if not environment.get("ACTIONS_ID_TOKEN_REQUEST_URL"):
        return ""
    try:
        payload = github_assertion(environment)().split(".")[1]
    except ReleaseError:
        return ""
    return str(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["sub"])


def _origin() -> str:
    """Return OWNER/NAME of the git remote on GitHub; '' where there is none."""
    command = ["git", "remote", "get-url", "origin"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    match = re.search(r"github\.com[:/]([^/\s]+/[^/\s]+?)(?:\.git)?/?$", done.stdout.strip())
    return match[1] if match else ""
