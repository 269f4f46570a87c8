"""Check the access to an Azure ML workspace: sign-in, workspace, rights and quota."""

import fnmatch
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from scripts.lib.errors import ReleaseError
from scripts.lib.setup_check.check import Check, result
from scripts.lib.setup_check.subjects import subject_of
from scripts.lib.workspace.connection import Connection

PLACE = ("AZURE_SUBSCRIPTION_ID", "AZURE_RESOURCE_GROUP", "AZURE_ML_WORKSPACE")
ACTIONS = {
    "read the workspace": "workspaces/read",
    "run jobs": "workspaces/jobs/write",
    "register data": "workspaces/data/versions/write",
    "register components": "workspaces/components/versions/write",
    "register environments": "workspaces/environments/versions/write",
    "create compute": "workspaces/computes/write",
    "change endpoints": "workspaces/batchEndpoints/write",
    "change deployments": "workspaces/batchEndpoints/deployments/write",
}
_ARM = "https://management.azure.com"
_PROVIDER = "Microsoft.MachineLearningServices"


def check_azure(connection: Connection, environment: Mapping[str, str]) -> Iterator[Check]:
    """Check sign-in, workspace, rights and quota; a check is left out where one that it needs failed."""
    from azure.core.exceptions import AzureError

    client = connection.client
    try:
        token = connection.credential.get_token(f"{_ARM}/.default").token
        yield Check("sign-in", "ok", subject_of(environment) or "credential of this machine")
    except (AzureError, ReleaseError) as error:
        subject = subject_of(environment)
        fix = f"register the subject {subject}" if subject else "sign in, e.g. with the tools that Azure offers"
        yield Check("sign-in", "missing", _first_line(error), fix)
        return
    try:
        workspace = client.workspaces.get(client.workspace_name)
        yield Check("workspace", "ok", f"{workspace.name} in {workspace.location}")
    except AzureError as error:
        yield Check("workspace", "missing", _first_line(error), "create it, or correct the three names above")
        return
    yield from check_rights(_permissions(environment, token))
    try:
        yield check_quota(map(vars, client.compute.list_usage(location=workspace.location)))
    except AzureError as error:
        yield Check("compute quota", "missing", _first_line(error), "give the identity the Reader role")


def check_rights(permissions: Iterable[Mapping[str, Any]]) -> Iterator[Check]:
    """Check whether the roles' ``permissions`` (with Azure's keys ``actions`` and ``notActions``) allow a release."""
    roles = list(permissions)
    for what, action in ACTIONS.items():
        allowed = any(_allows(role, f"{_PROVIDER}/{action}") for role in roles)
        role = "AzureML Compute Operator" if "computes" in action else "AzureML Data Scientist"
        fix = f"assign the role {role} on the workspace to the identity"
        yield result(f"right to {what}", allowed, action if allowed else f"no {_PROVIDER}/{action}", fix)


def check_quota(usages: Iterable[Mapping[str, Any]], cores: int = 2) -> Check:
    """Check whether ``cores`` dedicated cores of one VM family are free in the workspace's region."""
    free: dict[str, int] = {}
    for usage in usages:
        name = str((usage.get("name") or {}).get("localized_value") or (usage.get("name") or {}).get("value"))
        if "Family" in name and "Dedicated" in name:
            free[name] = int(usage.get("limit") or 0) - int(usage.get("current_value") or 0)
    best = max(free, key=lambda name: free[name], default="")
    found = f"{free[best]} cores free of {best}" if best else "no VM family has a quota"
    fix = "ask for quota: Azure ML studio, Quota, or free a compute"
    return result("compute quota", bool(best) and free[best] >= cores, found, fix)


def _permissions(environment: Mapping[str, str], token: str) -> list[Mapping[str, Any]]:
    import requests

    subscription, group, name = (environment[key] for key in PLACE)
    scope = f"subscriptions/{subscription}/resourceGroups/{group}/providers/{_PROVIDER}/workspaces/{name}"
    address = f"{_ARM}/{scope}/providers/Microsoft.Authorization/permissions"
    headers = {"Authorization": f"Bearer {token}"}
    response = requests.get(address, params={"api-version": "2022-04-01"}, headers=headers, timeout=30)
    return list(response.json()["value"]) if response.ok else []


def _allows(role: Mapping[str, Any], action: str) -> bool:
    def matches(patterns: Iterable[str]) -> bool:
        return any(fnmatch.fnmatch(action.lower(), pattern.lower()) for pattern in patterns)

    return matches(role.get("actions", [])) and not matches(role.get("notActions", []))


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
