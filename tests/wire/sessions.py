"""Reads the recorded sessions of live traffic between the vendor's SDK and Azure."""

import base64
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

ROOT = Path(__file__).resolve().parents[2] / ".." / "shared" / "azure_wire"
FOLDERS = (ROOT / "recordings", ROOT / "recordings_later")
_TIME = re.compile(r"\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d")
_RUN_FILE = re.compile(r"/ExperimentRun/dcid\.[^/]+/(.+)")
_CHANGED = ("createdAt", "lastModifiedAt", "createdUtc", "createdTimeUtc", "startTime")


@dataclass(frozen=True)
class Message:
    """Headers (names in lower case) and body of a request or response."""

    headers: dict[str, str]
    body: object
    """Parsed JSON, text, or None."""


@dataclass(frozen=True)
class Exchange:
    """One recorded request with the answer of the real service."""

    number: int
    method: str
    url: str
    request: Message
    status: int
    response: Message

    @property
    def operation(self) -> str:
        """Method and path with every name left open, such as ``PUT jobs/*``."""
        return f"{self.method} {_template(self.url)}"

    @property
    def api_version(self) -> str:
        """The api-version that was asked for; empty on the data plane."""
        return dict(parse_qsl(urlsplit(self.url).query)).get("api-version", "")

    @property
    def is_blob(self) -> bool:
        """Whether it went to the blob service."""
        return (urlsplit(self.url).hostname or "").endswith(".blob.core.windows.net")

    def request_bytes(self) -> bytes:
        """The body as it was sent; bodies of blobs are recorded in base64."""
        body = self.request.body
        if body is None:
            return b""
        if isinstance(body, str):
            return base64.b64decode(body) if self.is_blob else body.encode()
        return json.dumps(body).encode()


def _template(url: str) -> str:
    parts = urlsplit(url)
    if (parts.hostname or "").endswith(".blob.core.windows.net"):
        if file := _RUN_FILE.search(parts.path):
            return f"run/{file[1]}"
        return "container/blob" if parts.path.count("/") > 1 else "container"
    if ".inference." in (parts.hostname or ""):
        return "scoring" + parts.path
    head, found, tail = parts.path.partition("/providers/Microsoft.MachineLearningServices/")
    front = head.split("/subscriptions")[0].strip("/")  # of the data plane
    if not found:
        return front or parts.path
    steps = tail.split("/")
    named = "/".join("*" if number % 2 else step for number, step in enumerate(steps))
    return "/".join(filter(None, (front, named.removeprefix("workspaces/*").strip("/")))) or "workspace"


@dataclass(frozen=True)
class Session:
    """The traffic of one test of the vendor's SDK, in its order."""

    name: str
    exchanges: tuple[Exchange, ...]

    @property
    def account(self) -> str:
        """The storage account that it names most often, or one of ours where it names none."""
        found = Counter(re.findall(r"https://(\w+)\.blob\.core\.windows\.net", str(self.exchanges)))
        return found.most_common(1)[0][0] if found else "recorded"

    @cached_property
    def recorded(self) -> str:
        """The month in which it was recorded, such as ``2023-02``: that of the latest change that it shows."""
        return max((time for exchange in self.exchanges for time in _times(exchange.response.body)), default="")[:7]

    @property
    def workspace_id(self) -> str | None:
        """The id of the workspace, where the name of its default container tells it."""
        found = re.search(r"azureml-blobstore-([0-9a-f-]{36})", str(self.exchanges))
        return found and found[1]


def _times(body: object) -> Iterator[str]:
    if isinstance(body, list):
        for item in body:
            yield from _times(item)
    elif isinstance(body, dict):
        for key, item in body.items():
            if isinstance(item, str) and key in _CHANGED and _TIME.match(item):
                yield item
            else:
                yield from _times(item)


def _message(headers: dict[str, str], body: object) -> Message:
    lower = {name.lower(): value for name, value in headers.items()}
    if isinstance(body, str) and "json" in lower.get("content-type", ""):
        body = json.loads(body) if body else None
    if isinstance(body, list) and "json" not in lower.get("content-type", ""):
        body = "".join(body)  # long XML is recorded line by line
    return Message(lower, None if body == "" else body)


def _exchange(number: int, entry: dict) -> Exchange:
    return Exchange(
        number=number,
        method=entry["method"],
        url=entry["uri"],
        request=_message(entry["request_headers"], entry["request_body"]),
        status=entry["status"],
        response=_message(entry["response_headers"], entry["response_body"]),
    )


@cache
def read_sessions(folders: tuple[Path, ...] | Path = FOLDERS) -> tuple[Session, ...]:
    """Every recorded session under the folder or ``folders``, by name (folder and file without its ending)."""
    roots = (folders,) if isinstance(folders, Path) else folders
    return tuple(_read(root, path) for root in roots for path in sorted(root.rglob("*.json")))


def _read(root: Path, path: Path) -> Session:
    entries = json.loads(path.read_text(encoding="utf-8"))["entries"]
    name = path.relative_to(root).with_suffix("").as_posix()
    return Session(name, tuple(_exchange(number, entry) for number, entry in enumerate(entries)))


def exchanges() -> Iterator[tuple[Session, Exchange]]:
    """Every recorded exchange with its session."""
    for session in read_sessions():
        for exchange in session.exchanges:
            yield session, exchange
