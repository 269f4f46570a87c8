"""HTTP requests for files of web servers, within the limits that a step's input has."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from http.client import HTTPResponse
    from urllib.request import OpenerDirector

_TIMEOUT_SECONDS = 30.0
LIMIT_VARIABLE = "AZUREML_EMULATOR_WEB_INPUT_MIB"
_DEFAULT_LIMIT_MIB = 10 * 1024
# The characters of an address that stay unquoted: all that RFC 3986 reserves, and the percent sign of quoted ones.
_ADDRESS = "%/:?#[]@!$&'()*+,;=~"


class Unavailable(Exception):
    """A web server did not deliver a file; the message says why."""


@contextmanager
def opened(url: str, etag: str | None) -> Iterator["HTTPResponse | None"]:
    """Request ``url`` and give the response, or None if the server still has the version with this ``etag``.

    Raises:
        Unavailable: the server cannot be reached or has no such file, or the connection fails while it is read.
    """
    # These imports take longer than most runners live.
    from http.client import HTTPException
    from urllib.error import HTTPError, URLError
    from urllib.parse import quote
    from urllib.request import Request

    headers = {"User-Agent": "azureml-embedded", **({"If-None-Match": etag} if etag else {})}
    try:
        request = Request(quote(url, safe=_ADDRESS), headers=headers)
        with _opener().open(request, timeout=_TIMEOUT_SECONDS) as response:
            yield response
    except HTTPError as error:
        error.close()
        if etag and error.code == 304:
            yield None
            return
        raise Unavailable(f"HTTP {error.code} {error.reason}") from None
    except TimeoutError:
        raise Unavailable(f"no answer for {_TIMEOUT_SECONDS:g} s") from None
    except URLError as error:
        raise Unavailable(str(error.reason)) from None
    except (HTTPException, OSError, ValueError) as error:
        raise Unavailable(f"{type(error).__name__}: {error}") from None


def content_length(response: "HTTPResponse") -> int:
    """Return the length of a response in bytes.

    Raises:
        Unavailable: the response does not state its length, or the length is over the limit.
    """
    length = response.headers.get("Content-Length")
    if length is None:
        # The service's own words: "Mounting http resource requires 'Content-Length' header to be returned by the web
        # server" (MicrosoftDocs/azure-docs#111159). Without it nobody can tell a whole file from one cut short.
        raise Unavailable("the server does not tell its length (no Content-Length), and Azure mounts nothing without")
    limit = largest_bytes()
    if int(length) > limit:
        raise Unavailable(f"it has {length} bytes, more than the limit of {limit} ({LIMIT_VARIABLE})")
    return int(length)


def largest_bytes() -> int:
    """Return the largest allowed size of a file, in bytes."""
    text = os.environ.get(LIMIT_VARIABLE, "")
    return (int(text) if text.isascii() and text.isdigit() else _DEFAULT_LIMIT_MIB) * 1024**2


def _opener() -> "OpenerDirector":
    """Return an opener for HTTP alone (no ftp, no local files), through a proxy if the environment names one."""
    from urllib import request

    class PublicRedirects(request.HTTPRedirectHandler):
        """Follows redirections, but not from a public host to this machine or a private network."""

        def redirect_request(self, original: Any, *others: Any) -> Any:
            redirected = super().redirect_request(original, *others)
            if redirected is not None and not _is_private(original.host) and _is_private(redirected.host):
                raise OSError(f"it redirects to {redirected.host}, which is not a host of the internet")
            return redirected

    opener = request.OpenerDirector()
    for handler in (
        request.ProxyHandler,
        request.HTTPHandler,
        request.HTTPSHandler,
        PublicRedirects,
        request.HTTPErrorProcessor,
        request.HTTPDefaultErrorHandler,
        request.UnknownHandler,
    ):
        opener.add_handler(handler())
    return opener


def _is_private(host: str) -> bool:
    """Return whether ``host`` (``NAME`` or ``NAME:PORT``) has an address of this machine or of a private network."""
    from ipaddress import ip_address
    from urllib.parse import urlsplit

    name = urlsplit(f"//{host}").hostname or ""
    found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    return any(not ip_address(str(address[0]).partition("%")[0]).is_global for *_, address in found)
