"""Blobs as plain files at ``blobs/CONTAINER/PATH``, so that jobs read and write them in place."""

import base64
import hashlib
import json
import os
import shutil
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TypedDict

from emulator.state.files import move_into_place, temporary_file

_SIDECARS = ".meta"
_STAGING = ".staging"
_LONGEST_PART = 240
# An ETag has 15 hexadecimal digits.
_ETAG_BITS = (1 << 60) - 1
# Of larger files that steps wrote no digest is made: clients upload such files in blocks, and then Azure has none.
_MOST_DIGESTED = 4 << 20


class BadBlobName(ValueError):
    """The name of a container or blob that leads out of its folder, or that the file system does not take."""


@dataclass(frozen=True)
class Blob:
    """The properties of one blob; ``modified`` is in seconds since the epoch."""

    name: str
    path: Path
    size: int
    modified: float
    etag: str
    metadata: dict[str, str]
    md5: str | None
    uploaded: bool
    """Whether the content is what a client uploaded; else a step wrote it."""

    def digest(self) -> str | None:
        """Return the MD5 of the content: as stored when it was uploaded, or of a small file that a step wrote."""
        if self.uploaded or self.size > _MOST_DIGESTED:
            return self.md5
        return base64.b64encode(hashlib.md5(self.path.read_bytes(), usedforsecurity=False).digest()).decode()


class _Sidecar(TypedDict, total=False):
    """What a file beside a blob holds: metadata, and the MD5 of the content that had the ``etag``."""

    metadata: dict[str, str]
    md5: str
    etag: str


class BlobStore:
    """Containers of blobs below ``root``."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, container: str, name: str = "") -> Path:
        """Return the local path of a blob or container.

        Raises:
            BadBlobName: the name is not relative, climbs out of its container, or leads out of it by a link.
        """
        parts = PurePosixPath(container, name).parts
        if not parts or len(PurePosixPath(container).parts) != 1 or container.startswith("."):
            raise BadBlobName(container)
        if PurePosixPath(name).is_absolute() or ".." in parts or "\0" in name or "\\" in name:
            raise BadBlobName(name)
        if any(len(os.fsencode(part)) > _LONGEST_PART for part in parts):
            raise BadBlobName(name)
        path = self.root.joinpath(*parts)
        # A step can write symbolic links, which may lead anywhere.
        if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(self.root)):
            raise BadBlobName(name)
        return path

    def get(self, container: str, name: str) -> Blob | None:
        """Return a blob, or None if it does not exist."""
        path = self.path(container, name)
        try:
            status = path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        if not path.is_file():
            return None
        sidecar = self._read_sidecar(container, name)
        etag = f"0x{(status.st_mtime_ns ^ status.st_ino) & _ETAG_BITS:015X}"
        uploaded = sidecar.get("etag") == etag
        md5 = sidecar.get("md5") if uploaded else None
        return Blob(name, path, status.st_size, status.st_mtime, etag, sidecar.get("metadata", {}), md5, uploaded)

    def put(self, container: str, name: str, content: bytes, metadata: dict[str, str]) -> Blob:
        """Write a blob atomically and return it."""
        path = self.path(container, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        md5 = base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()
        self._write_atomically(path, content)
        self._write_sidecar(container, name, {"metadata": metadata})
        blob = self.get(container, name)
        assert blob is not None
        # A step may change the file in place; then its ETag differs, and the digest no longer counts.
        self._write_sidecar(container, name, {"metadata": metadata, "md5": md5, "etag": blob.etag})
        return replace(blob, md5=md5, uploaded=True)

    def set_metadata(self, container: str, name: str, metadata: dict[str, str]) -> None:
        """Replace a blob's metadata."""
        sidecar = self._read_sidecar(container, name)
        self._write_sidecar(container, name, {**sidecar, "metadata": metadata})

    def delete(self, container: str, name: str) -> None:
        """Remove a blob."""
        self.path(container, name).unlink(missing_ok=True)
        self._sidecar(container, name).unlink(missing_ok=True)

    def find(self, container: str, prefix: str) -> list[Blob]:
        """Return the blobs whose names start with ``prefix``, in order of their names."""
        base = self.path(container)
        start = self.path(container, prefix.rpartition("/")[0])
        names = sorted(
            str(PurePosixPath(folder, file).relative_to(base.as_posix()))
            for folder, _, files in os.walk(start)
            for file in files
        )
        blobs = (self._listed(container, name) for name in names if name.startswith(prefix))
        return [blob for blob in blobs if blob]

    def _listed(self, container: str, name: str) -> Blob | None:
        try:
            return self.get(container, name)
        except BadBlobName:
            return None

    def stage_block(self, container: str, name: str, block: str, content: bytes) -> None:
        """Store one block of a blob that is uploaded in blocks."""
        folder = self._staging(container, name)
        folder.mkdir(parents=True, exist_ok=True)
        self._write_atomically(folder / hashlib.sha256(block.encode()).hexdigest(), content)

    def commit_blocks(self, container: str, name: str, blocks: list[str], metadata: dict[str, str]) -> Blob | None:
        """Join staged ``blocks`` into the blob and return it, or return None if one of them was not staged."""
        folder = self._staging(container, name)
        path = self.path(container, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._staging_root(container).mkdir(parents=True, exist_ok=True)
        try:
            with temporary_file(self._staging_root(container)) as joined:
                for block in blocks:
                    with (folder / hashlib.sha256(block.encode()).hexdigest()).open("rb") as source:
                        shutil.copyfileobj(source, joined)
                move_into_place(joined, path)
        except FileNotFoundError:
            return None
        shutil.rmtree(folder, ignore_errors=True)
        self._write_sidecar(container, name, {"metadata": metadata})
        if blob := self.get(container, name):
            self._write_sidecar(container, name, {"metadata": metadata, "etag": blob.etag})
            return replace(blob, uploaded=True)
        return None

    def _staging_root(self, container: str) -> Path:
        return self.root / _STAGING / container

    def _staging(self, container: str, name: str) -> Path:
        return self._staging_root(container) / hashlib.sha256(name.encode()).hexdigest()

    def _sidecar(self, container: str, name: str) -> Path:
        self.path(container, name)
        return self.root / _SIDECARS / container / (name.strip("/") + ".json")

    def _read_sidecar(self, container: str, name: str) -> _Sidecar:
        try:
            content: _Sidecar = json.loads(self._sidecar(container, name).read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            return {}
        return content

    def _write_sidecar(self, container: str, name: str, content: _Sidecar) -> None:
        path = self._sidecar(container, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._write_atomically(path, json.dumps(content).encode())

    def _write_atomically(self, path: Path, content: bytes) -> None:
        staging = self.root / _STAGING
        staging.mkdir(parents=True, exist_ok=True)
        with temporary_file(staging) as file:
            file.write(content)
            move_into_place(file, path)
