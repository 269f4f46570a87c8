"""The service of a workspace: one function from a request to its response."""

import json
import logging
import sqlite3
import time
import traceback

from emulator import access
from emulator.faults import apply_faults
from emulator.faults.rules import configured_faults
from emulator.jobs.schedules import start_due_jobs
from emulator.routes.routing import Call, find_route
from emulator.state.blobs import BadBlobName
from emulator.state.surroundings import read_surroundings
from emulator.state.workspace import Workspace
from emulator.wire.errors import ServiceError, Unusable, bad_request
from emulator.wire.http import Request, Response

log = logging.getLogger("emulator")
_SCHEDULES_SECONDS = 1.0
# The errors that a body or an address of an unexpected form causes in a handler.
_MALFORMED = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


class Service:
    """Handles requests to ``workspace``; many threads and processes may do so at once.

    Raises:
        Unusable: the fault rules or the surroundings of the workspace cannot be read.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._schedules_at = 0.0
        configured_faults()
        read_surroundings(workspace.state)

    def start_due_jobs(self) -> None:
        """Start the jobs of schedules that are due; a call less than a second after another does nothing."""
        now = time.monotonic()
        if now < self._schedules_at:
            return
        self._schedules_at = now + _SCHEDULES_SECONDS
        try:
            start_due_jobs(self.workspace)
        except (Unusable, sqlite3.Error, OSError) as error:
            log.warning("the schedules in %s were not read: %s", self.workspace.state, error)

    def handle(self, request: Request) -> Response:
        """Return the response to one request; a request that is not valid gets an error response.

        Raises:
            ConnectionDropped: a fault rule drops the connection without a response.
        """
        try:
            return apply_faults(self.workspace.store, request, lambda: self._dispatch(request))
        except ServiceError as error:
            return error.response()
        except json.JSONDecodeError as error:
            return bad_request(f"The request body is not JSON: {error}.").response()
        except BadBlobName as error:
            return bad_request(f"{error} is not the path of a blob.", "ArgumentInvalid").response()
        except _MALFORMED as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            log.warning("%s %s: %r at %s:%s", request.method, request.path, error, where.filename, where.lineno)
            kind = type(error).__name__
            return bad_request(f"The request is not as this operation takes it ({kind}).", "InvalidInput").response()
        except (Unusable, sqlite3.Error, OSError) as error:
            log.warning("%s %s: %s", request.method, request.path, error)
            message = f"The state in {self.workspace.state} failed: {error}"
            # Azure never responds so; clients do not repeat a request after this status.
            return ServiceError(507, "InsufficientStorage", message).response()

    def _dispatch(self, request: Request) -> Response:
        found = find_route(request)
        if found is None:
            log.warning("no such operation: %s %s", request.method, request.url.split("?")[0])
            raise _unknown_path(request)
        handler, params = found
        self._check_scope(params)
        if refused := access.refusal(request, self.workspace.names, read_surroundings(self.workspace.state)):
            return refused
        return handler(Call(self.workspace, request, params))

    def _check_scope(self, params: dict[str, str]) -> None:
        names, name = self.workspace.names, params.get("workspace")
        named = (params.get("subscription"), params.get("group"), name)
        own = (names.subscription, names.group, names.workspace)
        if name is not None and [str(part).lower() for part in named] != [part.lower() for part in own]:
            raise ServiceError(
                404,
                "ResourceNotFound",
                f"The Resource 'Microsoft.MachineLearningServices/workspaces/{name}' under resource group"
                f" '{named[1]}' was not found. For more details please go to"
                " https://aka.ms/ARMResourceNotFoundFix",
            )


def _unknown_path(request: Request) -> ServiceError:
    if "Microsoft.MachineLearningServices/" not in request.path:
        return ServiceError(404, "NotFound", f"No operation {request.method} {request.path}.")
    kind = request.path.partition("Microsoft.MachineLearningServices/")[2]
    return ServiceError(404, "InvalidResourceType", f"The resource type could not be found: {request.method} {kind}.")
