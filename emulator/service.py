"""The embedded workspace: one function from request to response, over a folder that holds all state."""

import json
import logging
import sqlite3
import subprocess
import uuid
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from emulator import faults, router
from emulator.blobs import BadBlobName, BlobStore
from emulator.errors import ServiceError, Unusable, bad_request
from emulator.http import Request, Response
from emulator.names import Names
from emulator.state_folder import plain_path
from emulator.storage import Store

log = logging.getLogger("emulator")

_EMPTIED = "emptied"
_DATABASE = "workspace.db"
_BLOBS = "blobs"
_KEPT_HERE = (
    *(_DATABASE + ending for ending in ("", "-wal", "-shm", "-turn")),
    *(_BLOBS, "runs", "web", "runners.lock", "runners.log"),
)

for _module in (
    "workspaces",
    "datastores",
    "assets",
    "asset_containers",
    "computes",
    "endpoints",
    "deployments",
    "codes",
    "invocation",
    "jobs",
    "history",
    "resolved_uris",
    "mlflow_tracking",
    "mlflow_logging",
    "mlflow_experiments",
    "mlflow_search",
    "mlflow_registry",
    "mlflow_artifacts",
    "mlflow_unknown",
    "blob_service",
    "blob_listing",
):
    import_module(f"emulator.{_module}")


class Workspace:
    """An Azure ML workspace in the folder ``state``; safe to open from many processes at once.

    Raises:
        Unusable: the folder cannot hold one, or the faults that are asked for cannot be read.
    """

    def __init__(self, state: Path, names: Names | None = None) -> None:
        self.state = plain_path(state)
        self.names = names or Names()
        self.store = Store(self.state / _DATABASE)
        self.blobs = BlobStore(self.state / _BLOBS)
        self.store.open()
        faults.configured()

    def handle(self, request: Request) -> Response:
        """Answer one request as Azure would; never raises for what a client sends.

        Raises:
            faults.ConnectionDropped: a fault was asked for that leaves the request without an answer.
        """
        try:
            if wrong := faults.strike(self.store, request):
                return wrong
            found = router.find(request)
            if found is None:
                log.warning("no such operation: %s %s", request.method, request.url.split("?")[0])
                raise _unknown_path(request)
            handler, params = found
            self._check_scope(params)
            return handler(router.Call(self, request, params))
        except ServiceError as error:
            return error.response()
        except json.JSONDecodeError as error:
            return bad_request(f"The request body is not JSON: {error}.").response()
        except BadBlobName as error:
            return bad_request(f"{error} is not the path of a blob.", "ArgumentInvalid").response()
        except (Unusable, sqlite3.Error, OSError) as error:
            log.warning("%s %s: %s", request.method, request.path, error)
            # The service has no such answer; its clients do not repeat the request after this one.
            return ServiceError(507, "InsufficientStorage", f"The state in {self.state} failed: {error}").response()

    def reset(self) -> None:
        """Forget everything, at once: a process that nobody awaits removes the files.

        Only what a workspace keeps is removed; the folder stays, with whatever else somebody has put there.
        """
        self.store.close()
        emptied = self.state / _EMPTIED / uuid.uuid4().hex
        emptied.mkdir(parents=True)
        for name in _KEPT_HERE:
            with suppress(FileNotFoundError):
                (self.state / name).rename(emptied / name)
        subprocess.Popen(["rm", "-rf", "--", self.state / _EMPTIED], start_new_session=True)
        self.store.open()

    def _check_scope(self, params: dict[str, str]) -> None:
        name = params.get("workspace")
        asked = (params.get("subscription"), params.get("group"), name)
        ours = (self.names.subscription, self.names.group, self.names.workspace)
        if name is not None and [str(part).lower() for part in asked] != [part.lower() for part in ours]:
            raise ServiceError(
                404,
                "ResourceNotFound",
                f"The Resource 'Microsoft.MachineLearningServices/workspaces/{name}' under resource group"
                f" '{asked[1]}' was not found. For more details please go to"
                " https://aka.ms/ARMResourceNotFoundFix",
            )


def _unknown_path(request: Request) -> ServiceError:
    if "Microsoft.MachineLearningServices/" not in request.path:
        return ServiceError(404, "NotFound", f"No operation {request.method} {request.path}.")
    kind = request.path.partition("Microsoft.MachineLearningServices/")[2]
    return ServiceError(404, "InvalidResourceType", f"The resource type could not be found: {request.method} {kind}.")
