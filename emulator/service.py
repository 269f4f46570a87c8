"""The embedded workspace: one function from request to response, over a folder that holds all state."""

import logging
import shutil
from importlib import import_module
from pathlib import Path

from emulator import router
from emulator.blobs import BlobStore
from emulator.errors import ServiceError
from emulator.http import Request, Response
from emulator.names import Names
from emulator.storage import Store

log = logging.getLogger("emulator")

for _module in (
    "workspaces",
    "assets",
    "computes",
    "endpoints",
    "codes",
    "invocation",
    "jobs",
    "history",
    "blob_service",
):
    import_module(f"emulator.{_module}")


class Workspace:
    """An Azure ML workspace in the folder ``state``; safe to open from many processes at once."""

    def __init__(self, state: Path, names: Names | None = None) -> None:
        self.state = state.resolve()
        self.names = names or Names()
        self.state.mkdir(parents=True, exist_ok=True)
        self.store = Store(self.state / "workspace.db")
        self.blobs = BlobStore(self.state / "blobs")

    def handle(self, request: Request) -> Response:
        """Answer one request as Azure would; never raises for what a client sends."""
        found = router.find(request)
        try:
            if found is None:
                log.warning("no such operation: %s %s", request.method, request.url.split("?")[0])
                raise _unknown_path(request)
            handler, params = found
            self._check_scope(params)
            return handler(router.Call(self, request, params))
        except ServiceError as error:
            return error.response()

    def reset(self) -> None:
        """Forget everything; the folder stays."""
        self.store.close()
        emptied = self.state.with_name(self.state.name + ".old")
        shutil.rmtree(emptied, ignore_errors=True)
        self.state.rename(emptied)
        self.state.mkdir()
        shutil.rmtree(emptied, ignore_errors=True)

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
