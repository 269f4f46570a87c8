"""What a step executes: its command, its code and its environment, looked up in the workspace."""

from emulator.state import keys
from emulator.state.addresses import local_path
from emulator.state.lookup import environment_id
from emulator.state.plans import Program
from emulator.state.registry_environments import resolved_environment
from emulator.state.workspace import Workspace
from emulator.wire.asset_ids import parse_asset_id
from emulator.wire.errors import bad_request
from emulator.wire.http import JsonObject


def command_of(workspace: Workspace, spec: JsonObject) -> Program:
    """Return the command, code and environment of a command component or job with the specification ``spec``.

    Raises:
        ServiceError: the code or the environment does not exist.
    """
    parsed = parse_asset_id(str(spec.get("code") or ""))
    code_path, code_hash = None, ""
    if parsed:
        absent = bad_request(f"Not found code {parsed[1]} (version: {parsed[2]}).", "CodeNotFound")
        code = workspace.store.find(keys.code(parsed[1], parsed[2]), absent)
        code_path = str(local_path(workspace, code["properties"]["codeUri"]))
        code_hash = code["properties"]["properties"].get("hash_sha256") or f"{parsed[1]}:{parsed[2]}"
    return {
        "command": spec["command"],
        "code": code_path,
        "code_hash": code_hash,
        "environment": resolved_environment(workspace, environment_id(workspace, str(spec.get("environment") or ""))),
    }
