"""Fetch the file on the web that a problem's data comes from."""

import hashlib
import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from scripts.lib.data.canonical import header, to_canonical
from scripts.lib.data.files import write_lines
from scripts.lib.errors import BadConfiguration, DataRejected, NotFound, ReleaseError
from scripts.lib.repository.problem import Origin, Problem

_SCHEMES = ("https:", "http:", "file:")
_BLOCK = 1 << 16


def origin_of(problem: Problem) -> Origin:
    """Return where the problem's data comes from.

    Raises:
        NotFound: its description names no file on the web.
    """
    if problem.origin is None:
        raise NotFound(f"{problem.description_file} names no file on the web: a resource with an address as `path`.")
    return problem.origin


def fetch_origin(problem: Problem, url: str, target: Path, timeout: float) -> int:
    """Download the file that the data comes from, check it, write it to ``target`` as canonical CSV; return the rows.

    ``timeout``: seconds, for the whole download. Nothing is written unless the content is the pinned one:
    DataRejected says which it is. Raises BadConfiguration for a URL that is none, ReleaseError when the
    download fails.
    """
    wanted = origin_of(problem).sha256
    content = _download(url, timeout)
    digest = hashlib.sha256(content).hexdigest()
    if digest != wanted:
        raise DataRejected(
            f"{url} delivered {len(content):,} bytes with SHA-256 {digest}; the file described has {wanted}. "
            "Nothing was kept."
        )
    rows = list(to_canonical(content.decode().splitlines(), problem))
    write_lines(target, [header(problem), *rows])
    return len(rows)


def _download(url: str, timeout: float) -> bytes:
    if not url.startswith(_SCHEMES):
        raise BadConfiguration(f"{url!r} is not a URL that starts with one of {', '.join(_SCHEMES)}")
    try:
        return b"".join(_blocks(url, timeout))
    except urllib.error.HTTPError as error:
        reason = f"the server answered {error.code} {error.reason}"
    except urllib.error.URLError as error:
        reason = str(error.reason)
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = str(error) or type(error).__name__
    raise ReleaseError(
        f"{url} could not be downloaded: {reason}. Run it again, or give --url a copy's address (also file://)."
    )


def _blocks(url: str, timeout: float) -> Iterator[bytes]:
    deadline = time.monotonic() + timeout
    with urllib.request.urlopen(url, timeout=timeout) as response:
        expected = response.headers.get("Content-Length")
        received = 0
        while block := response.read1(_BLOCK) if hasattr(response, "read1") else response.read(_BLOCK):
            received += len(block)
            yield block
            if time.monotonic() > deadline:
                raise TimeoutError(f"not done after {timeout:g} s")
        if expected and received != int(expected):
            raise ConnectionError(f"the connection ended after {received:,} of {expected} bytes")
