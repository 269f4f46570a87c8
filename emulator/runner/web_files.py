"""Files of web servers, brought here whole for the steps that read them."""

import hashlib
import json
import os
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emulator.runner.processes import Stopped
from emulator.runner.turns import take_turn
from emulator.state.files import move_into_place, temporary_file

if TYPE_CHECKING:
    from http.client import HTTPResponse
    from urllib.request import OpenerDirector

_SILENCE_SECONDS = 30.0
_CHUNK_BYTES = 1 << 18
_PART = "part-"
LIMIT_VARIABLE = "AZUREML_EMULATOR_WEB_INPUT_MIB"
_LARGEST_MIB = 10 * 1024
_LONGEST_NAME = 120
# What stays as it is in an address: all that RFC 3986 gives a meaning, and what is quoted already.
_ADDRESS = "%/:?#[]@!$&'()*+,;=~"


class Unavailable(Exception):
    """A file that a server did not give, and why."""


@dataclass(frozen=True)
class WebFile:
    """What a server gave: the file here, its size in bytes, and the SHA-256 of its content in hexadecimal digits."""

    path: Path
    size: int
    digest: str


class WebFiles:
    """Files below ``folder``, for one job: each address is asked for once, so that all its steps read the same.

    Any number of jobs may use one folder. A file is there whole or not at all, and is not replaced by other content:
    it lies under the digest of what it holds.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._fetched: dict[str, WebFile] = {}

    def fetch(self, url: str, stopped: Callable[[], bool]) -> WebFile:
        """Bring the file at ``url`` here, or only ask whether it changed where the server can tell.

        Raises:
            Unavailable: the server cannot be reached, has no such file, or did not send all of it.
            Stopped: ``stopped`` said so.
        """
        place = self._folder / hashlib.sha256(url.encode()).hexdigest()[:32]
        place.mkdir(parents=True, exist_ok=True)
        with (place / "lock").open("ab") as turn:
            take_turn(turn, stopped)
            if url not in self._fetched:
                for abandoned in place.glob(f"{_PART}*"):
                    abandoned.unlink()
                self._fetched[url] = _bring(url, place, stopped)
            return self._fetched[url]


def _bring(url: str, place: Path, stopped: Callable[[], bool]) -> WebFile:
    # They take longer to import than most runners live.
    from http.client import HTTPException
    from urllib.error import HTTPError, URLError
    from urllib.parse import quote
    from urllib.request import Request

    known = _known(place)
    headers = {"User-Agent": "azureml-embedded", **({"If-None-Match": known[1]} if known else {})}
    try:
        request = Request(quote(url, safe=_ADDRESS), headers=headers)
        with _opener().open(request, timeout=_SILENCE_SECONDS) as response:
            return _keep(response, url, place, stopped)
    except HTTPError as error:
        error.close()
        if known and error.code == 304:
            return known[0]
        raise Unavailable(f"HTTP {error.code} {error.reason}") from None
    except TimeoutError:
        raise Unavailable(f"no answer for {_SILENCE_SECONDS:g} s") from None
    except URLError as error:
        raise Unavailable(str(error.reason)) from None
    except (HTTPException, OSError, ValueError) as error:
        raise Unavailable(f"{type(error).__name__}: {error}") from None


def largest_bytes() -> int:
    """Return how large a file of a web server may be."""
    text = os.environ.get(LIMIT_VARIABLE, "")
    return (int(text) if text.isascii() and text.isdigit() else _LARGEST_MIB) * 1024**2


def _opener() -> "OpenerDirector":
    """Return what speaks HTTP, through a proxy where the environment names one, and nothing else: no ftp, no files."""
    from urllib import request

    class WithinReach(request.HTTPRedirectHandler):
        """Follows a redirection, but not from the world into this machine or its network."""

        def redirect_request(self, asked: Any, *others: Any) -> Any:
            again = super().redirect_request(asked, *others)
            if again is not None and not _inside(asked.host) and _inside(again.host):
                raise OSError(f"it redirects to {again.host}, which is not a host of the internet")
            return again

    opener = request.OpenerDirector()
    for handler in (
        request.ProxyHandler,
        request.HTTPHandler,
        request.HTTPSHandler,
        WithinReach,
        request.HTTPErrorProcessor,
        request.HTTPDefaultErrorHandler,
        request.UnknownHandler,
    ):
        opener.add_handler(handler())
    return opener


def _inside(host: str) -> bool:
    """Say whether an address of the host, ``NAME`` or ``NAME:PORT``, is this machine's or of a private network."""
    from ipaddress import ip_address
    from urllib.parse import urlsplit

    name = urlsplit(f"//{host}").hostname or ""
    found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    return any(not ip_address(str(address[0]).partition("%")[0]).is_global for *_, address in found)


def _keep(response: "HTTPResponse", url: str, place: Path, stopped: Callable[[], bool]) -> WebFile:
    length = response.headers.get("Content-Length")
    if length is None:
        # The service's own words: "Mounting http resource requires 'Content-Length' header to be returned by the web
        # server" (MicrosoftDocs/azure-docs#111159). Without it nobody can tell a whole file from one cut short.
        raise Unavailable("the server does not tell its length (no Content-Length), and Azure mounts nothing without")
    largest = largest_bytes()
    if int(length) > largest:
        raise Unavailable(f"it has {length} bytes, more than the limit of {largest} ({LIMIT_VARIABLE})")
    digest = hashlib.sha256()
    with temporary_file(place, _PART) as file:
        while chunk := response.read1(_CHUNK_BYTES):
            if stopped():
                raise Stopped
            file.write(chunk)
            digest.update(chunk)
            if file.tell() > int(length):
                raise Unavailable(f"the server sends more than the {length} bytes that it told")
        size = file.tell()
        if size != int(length):
            raise Unavailable(f"the connection was cut after {size} of {length} bytes")
        path = place / digest.hexdigest() / _file_name(url)
        path.parent.mkdir(exist_ok=True)
        # Azure mounts it read-only.
        os.chmod(file.name, 0o444)
        move_into_place(file, path)
    _note(place, WebFile(path, size, digest.hexdigest()), response.headers.get("ETag") or "")
    return WebFile(path, size, digest.hexdigest())


def _file_name(url: str) -> str:
    """Return the last part of the path of ``url`` without what a shell takes apart: commands do not quote inputs."""
    from urllib.parse import unquote, urlsplit

    name = re.sub(r"[^A-Za-z0-9_@%+=:,.-]", "_", unquote(urlsplit(url).path).rpartition("/")[2])[-_LONGEST_NAME:]
    return name if name.strip(".") else "data"


def _note(place: Path, file: WebFile, etag: str) -> None:
    """Remember ``file`` as what the server gave last, if its ``etag`` says for certain whether content is the same."""
    facts = {
        "path": f"{file.digest}/{file.path.name}",
        "changed": file.path.stat().st_mtime_ns,
        "size": file.size,
        "digest": file.digest,
        "etag": "" if etag.startswith("W/") else etag,
    }
    with temporary_file(place, _PART) as target:
        target.write(json.dumps(facts).encode())
        move_into_place(target, place / "latest.json")


def _known(place: Path) -> tuple[WebFile, str] | None:
    """Return what the server gave last and its ETag, if it is still here as it came and the server can compare.

    A date of last change is no ground for a comparison: it has whole seconds.
    """
    try:
        facts: dict[str, Any] = json.loads((place / "latest.json").read_bytes())
        path = place / facts["path"]
        found = path.stat()
    except FileNotFoundError:
        return None
    if not facts["etag"] or (found.st_mtime_ns, found.st_size) != (facts["changed"], facts["size"]):
        return None
    return WebFile(path, facts["size"], facts["digest"]), facts["etag"]
