"""The properties of a blob: those of its file, and those that a file beside it holds."""

import base64
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

# An ETag has 15 hexadecimal digits.
_ETAG_BITS = (1 << 60) - 1
# Of larger files that steps wrote no digest is made: clients upload such files in blocks, and then Azure has none.
_MOST_DIGESTED = 4 << 20


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


class Sidecar(TypedDict, total=False):
    """What a file beside a blob holds: metadata, and the MD5 of the content that had the ``etag``."""

    metadata: dict[str, str]
    md5: str
    etag: str


def etag_of(status: os.stat_result) -> str:
    """Return the ETag of a file: another one after each change of its content."""
    return f"0x{(status.st_mtime_ns ^ status.st_ino) & _ETAG_BITS:015X}"


def blob_of(name: str, path: Path, status: os.stat_result, sidecar: Sidecar) -> Blob:
    """Return the blob in the file ``path``, of which the file system says ``status``."""
    etag = etag_of(status)
    uploaded = sidecar.get("etag") == etag
    md5 = sidecar.get("md5") if uploaded else None
    return Blob(name, path, status.st_size, status.st_mtime, etag, sidecar.get("metadata", {}), md5, uploaded)
