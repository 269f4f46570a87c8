"""Fetch the Cleveland data from the UCI Machine Learning Repository (DOI 10.24432/C52P4X, CC BY 4.0)."""

import hashlib
import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from scripts.lib.data.canonical import HEADER, uci_to_canonical
from scripts.lib.data.files import write_lines
from scripts.lib.errors import BadConfiguration, DataRejected, ReleaseError

CLEVELAND_URL = "https://archive.ics.uci.edu/ml/machine-learning-databases/heart-disease/processed.cleveland.data"
CLEVELAND_SHA256 = "a74b7efa387bc9d108d7d0115d831fe9b414b29ae7124f331b622b4efa0427c8"
CLEVELAND_CANONICAL_SHA256 = "2a186c6f54de8ff8b3cbbee83c7003fe7b933372cf6bf5f13b7bb13b24d763a7"
_SCHEMES = ("https:", "http:", "file:")
_BLOCK = 1 << 16


def fetch_cleveland(url: str, target: Path, timeout: float) -> int:
    """Download UCI's Cleveland file, check it, write it to ``target`` as canonical CSV; return the rows.

    ``timeout``: seconds, for the whole download. Nothing is written unless the content is the pinned one:
    DataRejected says which it is. Raises BadConfiguration for a URL that is none, ReleaseError when the
    download fails.
    """
    content = _download(url, timeout)
    digest = hashlib.sha256(content).hexdigest()
    if digest != CLEVELAND_SHA256:
        raise DataRejected(
            f"{url} delivered {len(content):,} bytes with SHA-256 {digest}; UCI's Cleveland file has "
            f"{CLEVELAND_SHA256}. Nothing was kept."
        )
    rows = list(uci_to_canonical(content.decode().splitlines()))
    write_lines(target, [HEADER, *rows])
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
