"""One policy of repetition for every request that the SDK makes: what may be repeated is, for a limited time.

The SDK has one policy for Azure ML and another for storage. Neither repeats a POST that only reads once its connection
drops, and the one for storage takes "too many requests" for final. The SDK makes some twenty pipelines, those for its
uploads among them, and takes a policy for none of them; so this one takes the place of both in this process.

- A read (GET, HEAD, and POST where it only reads), a PUT and a DELETE are repeated after no answer and after 408, 429,
  500, 502, 503 and 504. A cancellation is too.
- Any other POST is repeated after 429 alone: that one was certainly not carried out.
- What the SDK asks of another host and does without, the schema of MLTable files, is asked for once, and not for long.
- ``Retry-After`` is obeyed; else the pauses grow from 0.1 s to 10 s.
- After 120 s, or ``$RELEASE_PATIENCE_SECONDS``, the last answer counts. One with a ``Retry-After`` that does not fit
  into them counts at once.
"""

import contextlib
import math
import os
import random
import re
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

from scripts.lib.errors import BadConfiguration
from scripts.lib.telling import results

VARIABLE = "RELEASE_PATIENCE_SECONDS"
_LIMIT_SECONDS = 120.0
_PATIENCE_SECONDS = 3.0  # a longer pause is told
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 10.0
_STATUSES = (408, 429, 500, 502, 503, 504)
_NOT_CARRIED_OUT = (429,)
_IDEMPOTENT = ("GET", "HEAD", "OPTIONS", "PUT", "DELETE")
_READING_POST = re.compile(
    r"/(listSecrets|listKeys|listStorageAccountKeys|rundata|batchGetResolvedUris|cancel|query|token)/?$", re.IGNORECASE
)
_CONVENIENCE = re.compile(r"^https://[^/]*\.azureedge\.net/")
_INVOCATION = re.compile(r"^https://[^/]*\.inference\.[^?]*/jobs")
_limit: ContextVar[float] = ContextVar("limit", default=math.inf)
_originals: dict[type, Callable[..., Any]] = {}


class AnswerLost(Exception):
    """The request may have been carried out, but its answer did not arrive; it must not simply be sent again."""


@contextlib.contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Give up earlier inside: where the answer is a convenience, or nobody has the time."""
    token = _limit.set(min(seconds, _limit.get()))
    try:
        yield
    finally:
        _limit.reset(token)


def limit() -> float:
    """Return for how many seconds a request is repeated here.

    Raises:
        BadConfiguration: the variable holds no number of seconds.
    """
    text = os.environ.get(VARIABLE) or str(_LIMIT_SECONDS)
    if not re.fullmatch(r"\d+(\.\d+)?", text):
        raise BadConfiguration(f"{VARIABLE} is {text!r}; it is a number of seconds, such as 120.")
    return min(float(text), _limit.get())


def install() -> None:
    """Take the place of the SDK's policies in this process, from now on."""
    from azure.core.pipeline.policies import RetryPolicy
    from azure.storage.blob._shared.policies import StorageRetryPolicy

    for kind in (RetryPolicy, StorageRetryPolicy):
        if kind not in _originals:
            _originals[kind] = kind.send
            kind.send = _sending(kind.send)  # type: ignore[method-assign]


def uninstall() -> None:
    """Give their place back to the SDK's policies."""
    for kind, send in _originals.items():
        kind.send = send  # type: ignore[attr-defined]
    _originals.clear()


def _sending(send: Callable[..., Any]) -> Callable[..., Any]:
    """Return what the SDK's policy shall do in place of ``send``: let that try once each time, and decide here."""

    def repeating(policy: Any, request: Any) -> Any:
        return _repeat(request, lambda: send(policy, request))

    return repeating


def _repeat(request: Any, attempt: Callable[[], Any]) -> Any:
    from azure.core.exceptions import ServiceRequestError, ServiceResponseError

    http_request = request.http_request
    if _CONVENIENCE.match(http_request.url):
        request.context.options["connection_timeout"] = _PATIENCE_SECONDS
    ends = time.monotonic() + limit()
    start = _position(http_request.body)
    pause = _FIRST_PAUSE
    while True:
        request.context.options["retry_total"] = 0
        response, wanted = None, 0.0
        try:
            response = attempt()
            status = response.http_response.status_code
            if status not in (_STATUSES if _may_repeat(http_request) else _NOT_CARRIED_OUT):
                return response
            wanted = _retry_after(response.http_response.headers)
            why = f"it answered {status}"
            error = None
        except (ServiceRequestError, ServiceResponseError) as lost:
            if _INVOCATION.match(http_request.url):
                raise AnswerLost(str(lost)) from lost
            if not _may_repeat(http_request):
                raise
            error, why = lost, "it did not answer"
        wait = max(wanted, pause * random.uniform(0.5, 1.0))
        if time.monotonic() + wait > ends or not _rewound(http_request.body, start):
            if error:
                raise error
            return response
        if wait > _PATIENCE_SECONDS:
            results.tell(f"    The workspace is busy ({why}); asking again in {wait:.0f} s")
        time.sleep(wait)
        pause = min(pause * 2, _LONGEST_PAUSE)


def _may_repeat(http_request: Any) -> bool:
    method = http_request.method.upper()
    if _CONVENIENCE.match(http_request.url):
        return False
    return method in _IDEMPOTENT or (method == "POST" and bool(_READING_POST.search(http_request.url.split("?")[0])))


def _retry_after(headers: Any) -> float:
    from azure.core.pipeline.policies._utils import parse_retry_after

    try:
        return max(0.0, float(parse_retry_after(headers["Retry-After"])))
    except (KeyError, TypeError, ValueError):
        return 0.0


def _position(body: Any) -> int | None:
    """Return where a body that is read begins, or None where it is no such body or cannot be rewound."""
    with contextlib.suppress(Exception):
        return int(body.tell())
    return None


def _rewound(body: Any, start: int | None) -> bool:
    """Make a body ready to be sent again, and say whether it is."""
    if not hasattr(body, "read"):
        return True
    if start is None:
        return False
    body.seek(start)
    return True
