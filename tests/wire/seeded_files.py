"""Files that a recorded session finds in its workspace, and those that take the place of public data on the web."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.wire.sessions import Exchange, Session

# Runs as a step and as a scoring script, which says what the one of recorded deployments said.
SEEDED = b"""print('seeded')


def init():
    pass


def run(mini_batch):
    return [{'result': 'Hello World'}]
"""


@dataclass(frozen=True)
class Call:
    """A request to be made before the session is played."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes


def seeded_file(url: str, answer: dict[str, str] | None = None) -> Call:
    """The request that uploads a file to ``url``, with the metadata that ``answer`` shows."""
    metadata = {name: value for name, value in (answer or {}).items() if name.startswith("x-ms-meta-")}
    headers = {"x-ms-blob-type": "BlockBlob", "x-ms-version": "2021-08-06", **metadata}
    return Call("PUT", url, headers, SEEDED)


def public_data(session: Session) -> dict[str, str]:
    """Every address on the web that an invocation reads, with that of the file in the workspace which takes its place.

    No step of a played session reaches a web server.
    """
    own = f"https://{session.account}.blob.core.windows.net/"
    found = {address for exchange in session.exchanges for address in _inputs(exchange)}
    return {one: f"{own}public{urlsplit(one).path}" for one in sorted(found) if not one.startswith(own)}


def _inputs(exchange: Exchange) -> Iterator[str]:
    body = exchange.request.body
    if exchange.operation == "POST scoring/jobs" and isinstance(body, dict):
        for given in (body["properties"].get("inputData") or {}).values():
            if str(given.get("uri")).startswith("https://"):
                yield given["uri"]
