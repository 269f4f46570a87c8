"""Check a workspace: sign-in, workspace, rights, compute, storage, endpoint and image, each after what it needs."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from scripts.lib.errors import ReleaseError
from scripts.lib.repository.computes import compute_name, computes_of
from scripts.lib.repository.files import released_variants
from scripts.lib.setup_check.capacity import check_capacity
from scripts.lib.setup_check.check import Check
from scripts.lib.setup_check.endpoint import check_endpoint
from scripts.lib.setup_check.image import check_image
from scripts.lib.setup_check.place import RELEASE_ROLE, Place, place_of
from scripts.lib.setup_check.remedies import federate, first_line, remedy
from scripts.lib.setup_check.rights import check_rights
from scripts.lib.setup_check.storage import check_job_identity, check_storage
from scripts.lib.setup_check.subjects import subject_of
from scripts.lib.workspace.connection import Connection

PLACE = ("AZURE_SUBSCRIPTION_ID", "AZURE_RESOURCE_GROUP", "AZURE_ML_WORKSPACE")
_AUTHORIZATION = "2022-04-01"


def check_azure(connection: Connection, environment: Mapping[str, str], endpoint: str) -> Iterator[Check]:
    """Yield the result of each check of the workspace behind ``connection``."""
    from azure.core.exceptions import AzureError

    client, place = connection.client, place_of(connection, environment)
    try:
        connection.credential.get_token(f"{connection.cloud.management}/.default")
        yield Check("sign-in", "ok", subject_of(environment) or "credential of this machine")
    except (AzureError, ReleaseError) as error:
        subject = subject_of(environment)
        fix = federate(place.client_id, subject, connection.cloud.audience) if subject else "az login"
        yield Check("sign-in", "missing", first_line(error), fix)
        return
    try:
        workspace = client.workspaces.get(client.workspace_name)
        yield Check("workspace", "ok", f"{workspace.name} in {workspace.location}")
    except AzureError as error:
        create = f"az ml workspace create --name {place.workspace} --resource-group {place.group}"
        denied = "AuthorizationFailed" in str(error)
        fix = place.grant(RELEASE_ROLE, place.arm) if denied else create
        yield Check("workspace", "missing", first_line(error), fix)
        return
    place = replace(place, storage=str(workspace.storage_account))
    yield _tried("rights", place, lambda: check_rights(_listed(connection, place.arm, "permissions"), place))
    location = str(workspace.location)
    computes = computes_of(endpoint, released_variants(endpoint))
    for description in computes:
        yield _tried("compute quota", place, partial(_capacity, connection, place, location, description))
    yield check_storage(connection, endpoint, place)
    for description in computes:
        yield _tried("storage, as the jobs", place, partial(_job_identity, connection, place, description))
    yield check_endpoint(connection, endpoint, place)
    yield check_image()


def _tried(name: str, place: Place, check: Callable[[], Check]) -> Check:
    """Return the check, or that it was refused, with what ends the refusal."""
    from azure.core.exceptions import AzureError

    try:
        return check()
    except AzureError as error:
        return Check(name, "missing", first_line(error), remedy(error, place))


def _capacity(connection: Connection, place: Place, location: str, description: Path) -> Check:
    compute = connection.client.compute
    sizes, usages = compute.list_sizes(location=location), compute.list_usage(location=location)
    return check_capacity(description, sizes, usages, place, location)


def _job_identity(connection: Connection, place: Place, description: Path) -> Check:
    from azure.ai.ml.entities import NoneCredentialConfiguration
    from azure.core.exceptions import ResourceNotFoundError

    try:
        cluster = connection.client.compute.get(compute_name(description))
    except ResourceNotFoundError:
        cluster = None

    def roles_of(principal: str) -> list[Mapping[str, Any]]:
        assigned = {"$filter": f"assignedTo('{principal}')"}
        return _listed(connection, place.storage, "roleAssignments", assigned)

    keyless = isinstance(connection.client.datastores.get_default().credentials, NoneCredentialConfiguration)
    return check_job_identity(keyless, cluster, roles_of, place)


def _listed(
    connection: Connection, scope: str, what: str, query: Mapping[str, str] | None = None
) -> list[Mapping[str, Any]]:
    """Return what Azure's authorization service lists for ``scope``; the SDK has no operations for it.

    Raises:
        HttpResponseError: it refuses.
    """
    import requests
    from azure.core.exceptions import HttpResponseError

    token = connection.credential.get_token(f"{connection.cloud.management}/.default").token
    address = f"{connection.cloud.management}{scope}/providers/Microsoft.Authorization/{what}"
    parameters, headers = {"api-version": _AUTHORIZATION, **(query or {})}, {"Authorization": f"Bearer {token}"}
    try:
        response = requests.get(address, params=parameters, headers=headers, timeout=30)
    except requests.RequestException as error:
        raise HttpResponseError(f"{connection.cloud.management} does not answer: {type(error).__name__}") from error
    if not response.ok:
        raise HttpResponseError(f"{response.status_code} {response.text}")
    return list(response.json()["value"])
