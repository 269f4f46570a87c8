"""Authorization of Azure: the permissions of the caller on a resource, and the role assignments of a principal."""

import re
import uuid

from emulator.routes.routing import Call, route
from emulator.state.surroundings import CALLER, Grant, read_surroundings
from emulator.wire.errors import bad_request
from emulator.wire.http import JsonObject, Response, json_response

_AUTHORIZATION = "/{scope*}/providers/Microsoft.Authorization"


@route("management", "GET", _AUTHORIZATION + "/permissions")
def list_permissions(call: Call) -> Response:
    """Permissions - List For Resource: the permissions of the caller."""
    surroundings = read_surroundings(call.workspace.state)
    everything = Grant(CALLER, "Owner", "", actions=("*",), data_actions=("*",))
    grants = [everything] if surroundings.grants is None else surroundings.grants_of(CALLER, f"/{call['scope']}")
    return json_response(200, {"value": [_permission(grant) for grant in grants]})


def _permission(grant: Grant) -> dict[str, list[str]]:
    return {
        "actions": list(grant.actions),
        "notActions": list(grant.not_actions),
        "dataActions": list(grant.data_actions),
        "notDataActions": list(grant.not_data_actions),
    }


@route("management", "GET", _AUTHORIZATION + "/roleAssignments")
def list_role_assignments(call: Call) -> Response:
    """Role Assignments - List For Scope, of one principal."""
    principals = re.search(r"assignedTo\('([^']+)'\)|principalId eq '([^']+)'", call.request.query.get("$filter", ""))
    if principals is None:
        raise bad_request("Only the filters assignedTo('ID') and principalId eq 'ID' are known here.")
    principal, scope = principals[1] or principals[2], f"/{call['scope']}"
    surroundings = read_surroundings(call.workspace.state)
    return json_response(
        200, {"value": [_assignment(grant, principal) for grant in surroundings.grants_of(principal, scope)]}
    )


def _assignment(grant: Grant, principal: str) -> JsonObject:
    identity = uuid.uuid5(uuid.NAMESPACE_URL, f"{principal} {grant.role} {grant.scope}")
    definition = f"{grant.scope}/providers/Microsoft.Authorization/roleDefinitions/{grant.role}"
    return {
        "id": f"{grant.scope}/providers/Microsoft.Authorization/roleAssignments/{identity}",
        "type": "Microsoft.Authorization/roleAssignments",
        "name": str(identity),
        "properties": {
            "roleDefinitionId": definition,
            "principalId": principal,
            "principalType": "ServicePrincipal",
            "scope": grant.scope,
        },
    }
