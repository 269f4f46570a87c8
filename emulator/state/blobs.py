"""Blobs as plain files at ``blobs/CONTAINER/PATH``, so that jobs read and write them in place."""

import base64
import hashlib
import json
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from emulator.state.blob_names import names_below
from emulator.state.blob_properties import Blob, Sidecar, blob_of, etag_of
from emulator.state.files import append, move_into_place, temporary_file

_SIDECARS = ".meta"
_STAGING = ".staging"
_LONGEST_PART = 240


class BadBlobName(ValueError):
    """The name of a container or blob that leads out of its folder, or that the file system does not take."""


class BlobStore:
    """Containers of blobs below ``root``."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._real_root = os.path.realpath(root)

    def path(self, container: str, name: str = "") -> Path:
        """Return the local path of a blob or container.

        Raises:
            BadBlobName: the name is not relative, climbs out of its container, or leads out of it by a link.
        """
        path = self._named(container, name)
        # A step can write symbolic links, which may lead anywhere.
        if not Path(os.path.realpath(path)).is_relative_to(self._real_root):
            raise BadBlobName(name)
        return path

    def _named(self, container: str, name: str) -> Path:
        parts = PurePosixPath(container, name).parts
        if not parts or len(PurePosixPath(container).parts) != 1 or container.startswith("."):
            raise BadBlobName(container)
        if PurePosixPath(name).is_absolute() or ".." in parts or "\0" in name or "\\" in name:
            raise BadBlobName(name)
        if any(len(os.fsencode(part)) > _LONGEST_PART for part in parts):
            raise BadBlobName(name)
        return self.root.joinpath(*parts)

    def get(self, container: str, name: str) -> Blob | None:
        """Return a blob, or None if it does not exist."""
        return self._at(container, name, self.path(container, name))

    def _at(self, container: str, name: str, path: Path) -> Blob | None:
        try:
            status = path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        if not stat.S_ISREG(status.st_mode):
            return None
        return blob_of(name, path, status, self._read_sidecar(container, name))

    def put(self, container: str, name: str, content: bytes, metadata: dict[str, str]) -> Blob:
        """Write a blob atomically and return it."""
        path = self.path(container, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        md5 = base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()
        status = self._write_atomically(path, content)
        # A step may change the file in place; then its ETag differs, and the digest no longer counts.
        sidecar = Sidecar(metadata=metadata, md5=md5, etag=etag_of(status))
        self._write_sidecar(container, name, sidecar)
        return blob_of(name, path, status, sidecar)

    def set_metadata(self, container: str, name: str, metadata: dict[str, str]) -> None:
        """Replace a blob's metadata."""
        sidecar = self._read_sidecar(container, name)
        self._write_sidecar(container, name, {**sidecar, "metadata": metadata})

    def delete(self, container: str, name: str) -> None:
        """Remove a blob."""
        self.path(container, name).unlink(missing_ok=True)
        self._sidecar(container, name).unlink(missing_ok=True)

    def names(self, container: str, prefix: str = "", after: str = "") -> Iterator[str]:
        """Yield the names of blobs that start with ``prefix`` and come after ``after``, in order."""
        base = prefix.rpartition("/")[0]
        return names_below(self.path(container, base), base and base + "/", prefix, after)

    def listed(self, container: str, name: str) -> Blob | None:
        """Return the blob of one of ``names``, or None if it is gone, has no valid name or is a link that leads out."""
        try:
            path = self._named(container, name)
            return self.get(container, name) if path.is_symlink() else self._at(container, name, path)
        except BadBlobName:
            return None

    def find(self, container: str, prefix: str) -> Iterator[Blob]:
        """Yield the blobs whose names start with ``prefix``, in order of their names."""
        blobs = (self.listed(container, name) for name in self.names(container, prefix))
        return filter(None, blobs)

    def stage_block(self, container: str, name: str, block: str, content: bytes) -> None:
        """Store one block of a blob that is uploaded in blocks."""
        folder = self._staging(container, name)
        folder.mkdir(parents=True, exist_ok=True)
        self._write_atomically(folder / _block_file(block), content)

    def commit_blocks(self, container: str, name: str, blocks: list[str], metadata: dict[str, str]) -> Blob | None:
        """Join staged ``blocks`` into the blob and return it, or return None if one of them was not staged."""
        folder = self._staging(container, name)
        path = self.path(container, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._staging_root(container).mkdir(parents=True, exist_ok=True)
        try:
            with temporary_file(self._staging_root(container)) as joined:
                for block in blocks:
                    append(folder / _block_file(block), joined)
                status = move_into_place(joined, path)
        except FileNotFoundError:
            return None
        shutil.rmtree(folder, ignore_errors=True)
        sidecar = Sidecar(metadata=metadata, etag=etag_of(status))
        self._write_sidecar(container, name, sidecar)
        return blob_of(name, path, status, sidecar)

    def _staging_root(self, container: str) -> Path:
        return self.root / _STAGING / container

    def _staging(self, container: str, name: str) -> Path:
        return self._staging_root(container) / hashlib.sha256(name.encode()).hexdigest()

    def _sidecar(self, container: str, name: str) -> Path:
        return self.root / _SIDECARS / container / (name.strip("/") + ".json")

    def _read_sidecar(self, container: str, name: str) -> Sidecar:
        try:
            content: Sidecar = json.loads(self._sidecar(container, name).read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            return {}
        return content

    def _write_sidecar(self, container: str, name: str, content: Sidecar) -> None:
        path = self._sidecar(container, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._write_atomically(path, json.dumps(content).encode())

    def _write_atomically(self, path: Path, content: bytes) -> os.stat_result:
        staging = self.root / _STAGING
        staging.mkdir(parents=True, exist_ok=True)
        with temporary_file(staging) as file:
            file.write(content)
            return move_into_place(file, path)


def _block_file(block: str) -> str:
    return hashlib.sha256(block.encode()).hexdigest()
