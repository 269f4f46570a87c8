"""A stored workspace: the folder with its documents and blobs, and its names."""

import subprocess
import uuid
from contextlib import suppress
from pathlib import Path

from emulator.state.blobs import BlobStore
from emulator.state.documents import Store
from emulator.state.folder import plain_path
from emulator.wire.names import Names

_EMPTIED = "emptied"
_DATABASE = "workspace.db"
_BLOBS = "blobs"
_CONTENT = (
    *(_DATABASE + ending for ending in ("", "-wal", "-shm", "-turn")),
    *(_BLOBS, "runs", "web", "runners.lock", "runners.log"),
)


class Workspace:
    """An Azure ML workspace in the folder ``state``; many processes may open it at once.

    Raises:
        Unusable: the folder cannot hold a workspace.
    """

    def __init__(self, state: Path, names: Names | None = None) -> None:
        self.state = plain_path(state)
        self.names = names or Names()
        self.store = Store(self.state / _DATABASE)
        self.blobs = BlobStore(self.state / _BLOBS)
        self.store.open()

    def reset(self) -> None:
        """Delete everything in the workspace, and nothing else in its folder.

        The files are moved aside at once; a detached process deletes them.
        """
        self.store.close()
        emptied = self.state / _EMPTIED / uuid.uuid4().hex
        emptied.mkdir(parents=True)
        for name in _CONTENT:
            with suppress(FileNotFoundError):
                (self.state / name).rename(emptied / name)
        subprocess.Popen(["rm", "-rf", "--", self.state / _EMPTIED], start_new_session=True)
        self.store.open()
