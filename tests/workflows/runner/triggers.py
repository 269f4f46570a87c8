"""Which workflows an event starts, and with which rights and variables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from runner.errors import Refused

# How much a right allows; a called workflow may have no more than its caller.
RANK = {"none": 0, "read": 1, "write": 2}


def starts(document: Mapping[str, Any], event: str, ref: str, changed: Iterable[str]) -> bool:
    """Whether a push or a pull request starts the workflow: its branches and paths, as GitHub reads them."""
    if event not in document["on"]:
        return False
    filters = document["on"][event] or {}
    if unknown := set(filters) - {"branches", "paths", "paths-ignore", "types"}:
        raise Refused(f"on.{event}: {sorted(unknown)[0]} is not known")
    branch = ref.removeprefix("refs/heads/")
    if "branches" in filters and not _matches(filters["branches"], branch):
        return False
    files = list(changed)
    if "paths" in filters and not any(_matches(filters["paths"], file) for file in files):
        return False
    return "paths-ignore" not in filters or any(not _matches(filters["paths-ignore"], file) for file in files)


def _matches(patterns: Iterable[str], name: str) -> bool:
    """The last pattern that matches decides; one with `!` excludes."""
    matched = False
    for pattern in patterns:
        if re.fullmatch(_regex(pattern.removeprefix("!")), name):
            matched = not pattern.startswith("!")
    return matched


def _regex(pattern: str) -> str:
    parts = re.split(r"(\*\*/?|\*|\?)", pattern)
    words = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "."}
    return "".join(words.get(part, re.escape(part)) for part in parts)


def is_untrusted(event: str, payload: Mapping[str, Any], repository: str, actor: str) -> bool:
    """Whether a run gets neither secrets nor variables and only rights to read: from a fork, or of dependabot."""
    if event not in ("pull_request", "pull_request_review"):
        return False
    head = (payload["pull_request"]["head"].get("repo") or {}).get("full_name")
    return actor == "dependabot[bot]" or head != repository


def granted(document: Mapping[str, Any], job: Mapping[str, Any], untrusted: bool) -> dict[str, str]:
    """What the token of a job may do."""
    permissions = job.get("permissions", document.get("permissions", {"contents": "read"}))
    if not isinstance(permissions, dict):
        raise Refused(f"permissions: {permissions!r}; only a list of rights is known")
    if untrusted:
        return {right: "read" for right in permissions if right != "id-token"}
    return dict(permissions)


def context(
    repository: str,
    workflow: str,
    document: Mapping[str, Any],
    event: str,
    payload: Mapping[str, Any],
    inputs: Mapping[str, Any],
    ref: str,
    sha: str,
    run_id: int,
    actor: str,
) -> dict[str, Any]:
    """The ``github`` context of a run."""
    pull = payload.get("pull_request", {})
    return {
        "event": {**payload, "inputs": inputs, "repository": {"full_name": repository}},
        "event_name": event,
        "ref": ref,
        "ref_name": ref.split("/", 2)[-1],
        "ref_type": "branch",
        "ref_protected": "true" if ref == "refs/heads/main" else "false",
        "sha": sha,
        "head_ref": pull.get("head", {}).get("ref", ""),
        "base_ref": pull.get("base", {}).get("ref", ""),
        "repository": repository,
        "repository_id": "34",
        "repository_owner": repository.split("/")[0],
        "repository_owner_id": "12",
        "run_id": str(run_id),
        "run_number": str(run_id),
        "run_attempt": "1",
        "workflow": document.get("name", workflow),
        "workflow_ref": f"{repository}/.github/workflows/{workflow}@{ref}",
        "workflow_sha": sha,
        "actor": actor,
        "actor_id": "56",
        "triggering_actor": actor,
        "token": "a-token",
        "retention_days": "90",
        "server_url": "https://github.com",
        "api_url": "https://api.github.com",
        "graphql_url": "https://api.github.com/graphql",
    }
