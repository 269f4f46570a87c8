"""Who answers for a workspace: one function from request to response."""

import json
import logging
import sqlite3
import traceback

from emulator import access
from emulator.faults import strike
from emulator.faults.rules import configured
from emulator.routes.routing import Call, find
from emulator.state.blobs import BadBlobName
from emulator.state.surroundings import read_surroundings
from emulator.state.workspace import Workspace
from emulator.wire.errors import ServiceError, Unusable, bad_request
from emulator.wire.http import Request, Response

log = logging.getLogger("emulator")


# What a body or an address of another shape than a handler expects ends in.
_MALFORMED = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


class Service:
    """Answers requests for what is kept in ``workspace``; any number of threads and processes may do so at once.

    Raises:
        Unusable: the faults that are requested for, or the workspace's surroundings, cannot be read.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        configured()
        read_surroundings(workspace.state)

    def handle(self, request: Request) -> Response:
        """Answer one request as Azure would; never raises for what a client sends.

        Raises:
            ConnectionDropped: a fault was requested for that leaves the request without an answer.
        """
        try:
            return strike(self.workspace.store, request, lambda: self._answer(request))
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
            # The service has no such answer; its clients do not repeat the request after this one.
            return ServiceError(507, "InsufficientStorage", message).response()

    def _answer(self, request: Request) -> Response:
        found = find(request)
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
        requested = (params.get("subscription"), params.get("group"), name)
        ours = (names.subscription, names.group, names.workspace)
        if name is not None and [str(part).lower() for part in requested] != [part.lower() for part in ours]:
            raise ServiceError(
                404,
                "ResourceNotFound",
                f"The Resource 'Microsoft.MachineLearningServices/workspaces/{name}' under resource group"
                f" '{requested[1]}' was not found. For more details please go to"
                " https://aka.ms/ARMResourceNotFoundFix",
            )


def _unknown_path(request: Request) -> ServiceError:
    if "Microsoft.MachineLearningServices/" not in request.path:
        return ServiceError(404, "NotFound", f"No operation {request.method} {request.path}.")
    kind = request.path.partition("Microsoft.MachineLearningServices/")[2]
    return ServiceError(404, "InvalidResourceType", f"The resource type could not be found: {request.method} {kind}.")
