"""Access control: each request needs the right to an action of Azure, and is refused in the words of Azure."""

import re

from emulator.state.job_identity import storage_scope
from emulator.state.surroundings import CALLER, Surroundings
from emulator.wire.errors import ServiceError
from emulator.wire.http import Request, Response, json_response
from emulator.wire.names import PROVIDER, Names, host_kind

_VERBS = {"GET": "read", "HEAD": "read", "PUT": "write", "PATCH": "write", "DELETE": "delete"}
# Azure needs no right for the status of an operation, because starting it needed one.
_FREE = re.compile(r"/locations/[^/]+/(mfeOperation|computeOperation)", re.IGNORECASE)
_RUNS = f"{PROVIDER}/workspaces/experiments/runs"
_ARTIFACTS = f"{PROVIDER}/workspaces/metadata/artifacts"
# Paths of the data plane do not name resources; its actions are those in Microsoft's list for batch endpoints.
_DATA_PLANE = (
    (r"/mferp/.*/deployments/[^/]+/jobs$", "GET", f"{PROVIDER}/workspaces/batchEndpoints/deployments/jobs/read"),
    (r"/mferp/.*/jobs$", "GET", f"{PROVIDER}/workspaces/batchEndpoints/jobs/read"),
    (r"/data/", "POST", f"{PROVIDER}/workspaces/datasets/registered/read"),
    (r"/artifacts?/", "GET", f"{_ARTIFACTS}/read"),
    (r"/artifacts?/", "POST", f"{_ARTIFACTS}/write"),
    (r"/rundata$", "POST", f"{_RUNS}/read"),
    (r"/(history|mlflow)/", "GET", f"{_RUNS}/read"),
    (r"/(history|mlflow)/.*(search|get)[^/]*$", "POST", f"{_RUNS}/read"),
    (r"/(history|mlflow)/", "(POST|PATCH|DELETE)", f"{_RUNS}/write"),
)
_BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"


def action_of(request: Request, names: Names) -> tuple[str, str] | None:
    """Return the action and the scope that ``request`` needs a right to, or None if it needs no right."""
    kind = host_kind(request.host)
    if kind == "scoring":
        return f"{PROVIDER}/workspaces/batchEndpoints/jobs/write", names.arm
    if kind == "api":
        for path, method, action in _DATA_PLANE:
            if re.search(path, request.path) and re.fullmatch(method, request.method):
                return action, names.arm
        return None
    if kind != "management" or _FREE.search(request.path):
        return None
    scope, _, rest = request.path.rpartition("/providers/")
    provider, *parts = rest.rstrip("/").split("/")
    if request.method == "POST":
        return f"{provider}/{'/'.join([*parts[:-1:2], parts[-1]])}/action", request.path
    # The scope of a list is the resource that contains it.
    scope = request.path if len(parts) % 2 == 0 else request.path.rpartition("/")[0]
    return f"{provider}/{'/'.join(parts[::2])}/{_VERBS[request.method]}", scope


def refusal(request: Request, names: Names, surroundings: Surroundings) -> Response | None:
    """Return the error response if ``request`` is not allowed, or None if it is."""
    kind = host_kind(request.host)
    if kind == "blob":
        return _storage_refusal(request, names, surroundings)
    if not surroundings.public and _is_private(request, kind, names):
        message = "Public network access of the workspace is disabled, and the request came from a public network."
        return ServiceError(403, "Forbidden", message).response()
    needed = action_of(request, names)
    if needed is None or surroundings.allows(*needed):
        return None
    action, scope = needed
    message = (
        f"The client '{CALLER}' with object id '{CALLER}' does not have authorization to perform action '{action}' over"
        f" scope '{scope}' or the scope is invalid. If access was recently granted, please refresh your credentials."
    )
    return json_response(403, {"error": {"code": "AuthorizationFailed", "message": message}})


def _is_private(request: Request, kind: str | None, names: Names) -> bool:
    """Return whether a request needs access to the workspace's network; reading the workspace itself does not."""
    if kind in ("api", "scoring"):
        return request.path != "/discovery"
    path, workspace = request.path.lower(), names.arm.lower()
    return path.startswith(f"{workspace}/") and "/microsoft.authorization/" not in path


def _storage_refusal(request: Request, names: Names, surroundings: Surroundings) -> Response | None:
    if surroundings.firewall:
        return _blob_error("AuthorizationFailure", "This request is not authorized to perform this operation.")
    authorization = request.header("Authorization").lower()
    # A user delegation signature has the object id of an identity (skoid); all others come from the account's key.
    delegated = "skoid" in request.query
    if not authorization.startswith("bearer") and not delegated and not surroundings.keys:
        return _blob_error(
            "KeyBasedAuthenticationNotPermitted", "Key based authentication is not permitted on this storage account."
        )
    if authorization.startswith("bearer"):
        verb = {"GET": "read", "HEAD": "read", "DELETE": "delete"}.get(request.method, "write")
        if not surroundings.allows(f"{_BLOBS}/{verb}", storage_scope(names), data=True):
            message = "This request is not authorized to perform this operation using this permission."
            return _blob_error("AuthorizationPermissionMismatch", message)
    return None


def _blob_error(code: str, message: str) -> Response:
    body = f'\ufeff<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Response(403, {"Content-Type": "application/xml", "x-ms-error-code": code}, body.encode())
