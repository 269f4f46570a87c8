"""Copies of web servers' files, downloaded whole for the steps that read them and kept for later jobs."""

import hashlib
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from emulator.runner.locks import lock_file
from emulator.runner.processes import Stopped
from emulator.runner.web_client import Unavailable, content_length, opened
from emulator.state.files import move_into_place, temporary_file

if TYPE_CHECKING:
    from http.client import HTTPResponse

_CHUNK_BYTES = 1 << 18
_PART = "part-"
_LATEST = "latest.json"
_LONGEST_NAME = 120


@dataclass(frozen=True)
class WebFile:
    """A downloaded file: its local path, its size in bytes, and the SHA-256 of its content in hexadecimal digits."""

    path: Path
    size: int
    digest: str


class _Latest(TypedDict):
    """What ``latest.json`` records of the last download of an address; ``changed`` is a time in nanoseconds."""

    path: str
    changed: int
    size: int
    digest: str
    etag: str


class WebFiles:
    """The web files of one job, below ``folder``: one request for each address, so that all steps read the same file.

    Many jobs may share the folder. A download appears in it whole or not at all, under the digest of its content, and
    is never replaced by other content.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._fetched: dict[str, WebFile] = {}

    def fetch(self, url: str, stopped: Callable[[], bool]) -> WebFile:
        """Download the file at ``url`` and return it; reuse the last download if the server says that it is current.

        Raises:
            Unavailable: the server cannot be reached, has no such file, or did not send all of it.
            Stopped: ``stopped`` returned true.
        """
        place = self._folder / hashlib.sha256(url.encode()).hexdigest()[:32]
        place.mkdir(parents=True, exist_ok=True)
        with (place / "lock").open("ab") as lock:
            lock_file(lock, stopped)
            if url not in self._fetched:
                for abandoned in place.glob(f"{_PART}*"):
                    abandoned.unlink()
                self._fetched[url] = _fetch(url, place, stopped)
            return self._fetched[url]


def _fetch(url: str, place: Path, stopped: Callable[[], bool]) -> WebFile:
    latest = _read_latest(place)
    with opened(url, latest[1] if latest else None) as response:
        if response is None:
            assert latest is not None
            return latest[0]
        return _download(response, url, place, stopped)


def _download(response: "HTTPResponse", url: str, place: Path, stopped: Callable[[], bool]) -> WebFile:
    length = content_length(response)
    digest = hashlib.sha256()
    with temporary_file(place, _PART) as file:
        while chunk := response.read1(_CHUNK_BYTES):
            if stopped():
                raise Stopped
            file.write(chunk)
            digest.update(chunk)
            if file.tell() > length:
                raise Unavailable(f"the server sends more than the {length} bytes that it told")
        size = file.tell()
        if size != length:
            raise Unavailable(f"the connection was cut after {size} of {length} bytes")
        path = place / digest.hexdigest() / _file_name(url)
        path.parent.mkdir(exist_ok=True)
        # Azure mounts it read-only.
        os.chmod(file.name, 0o444)
        move_into_place(file, path)
    downloaded = WebFile(path, size, digest.hexdigest())
    _write_latest(place, downloaded, response.headers.get("ETag") or "")
    return downloaded


def _file_name(url: str) -> str:
    """Return the last part of the path of ``url``, without characters that need quotes in a shell command."""
    from urllib.parse import unquote, urlsplit

    name = re.sub(r"[^A-Za-z0-9_@%+=:,.-]", "_", unquote(urlsplit(url).path).rpartition("/")[2])[-_LONGEST_NAME:]
    return name if name.strip(".") else "data"


def _write_latest(place: Path, file: WebFile, etag: str) -> None:
    latest = _Latest(
        path=f"{file.digest}/{file.path.name}",
        changed=file.path.stat().st_mtime_ns,
        size=file.size,
        digest=file.digest,
        # A weak ETag may stay the same when the content changes.
        etag="" if etag.startswith("W/") else etag,
    )
    with temporary_file(place, _PART) as target:
        target.write(json.dumps(latest).encode())
        move_into_place(target, place / _LATEST)


def _read_latest(place: Path) -> tuple[WebFile, str] | None:
    """Return the last download and its ETag, or None if the file has changed here or the server gave no strong ETag.

    The date of the last change does not serve instead of an ETag, because it has whole seconds.
    """
    try:
        latest: _Latest = json.loads((place / _LATEST).read_bytes())
        path = place / latest["path"]
        status = path.stat()
    except FileNotFoundError:
        return None
    if not latest["etag"] or (status.st_mtime_ns, status.st_size) != (latest["changed"], latest["size"]):
        return None
    return WebFile(path, latest["size"], latest["digest"]), latest["etag"]
