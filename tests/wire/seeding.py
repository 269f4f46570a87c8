"""What a recorded session found in its workspace, as requests that put the same into an empty one."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.wire.sessions import Exchange, Session

ARM = "https://management.azure.com"
READ_ONLY = {"provisioningState", "environmentType", "createdOn", "modifiedOn", "provisioningErrors"}
REFERENCE = re.compile(
    r"/subscriptions/[^\"]*?/workspaces/[^/\"]+"
    r"/(?:computes/[^/\"]+|codes/[^/\"]+/versions/[^/\"]+|environments/[^/\"]+/versions/[^/\"]+)"
)
SOME_CLUSTER = {
    "computeType": "AmlCompute",
    "properties": {"vmSize": "STANDARD_DS3_V2", "scaleSettings": {"minNodeCount": 0, "maxNodeCount": 4}},
}
CLUSTER = ("osType", "vmSize", "vmPriority", "scaleSettings", "remoteLoginPortPublicAccess")


@dataclass(frozen=True)
class Call:
    """A request to be made before the session is played."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes


def seeds(session: Session, skipped: set[int]) -> list[Call]:
    """The requests that create what the session reads or refers to without having created it."""
    known: set[str] = set()
    calls: list[Call] = []
    for exchange in session.exchanges:
        if exchange.number not in skipped:
            for key, more in (*_found(exchange), *_referred(exchange)):
                if key.lower() not in known:
                    calls += more
                    known.add(key.lower())
        known |= {made.lower() for made in _made(exchange)}
    return sorted(calls, key=_order)


def _order(call: Call) -> int:
    """Files before code, code and computes before components, so that references hold."""
    order = ("/codes/", "/computes/", "/environments/", "/data/", "/components/")
    return next((place for place, kind in enumerate(order, 1) if kind in call.url), 0)


def _made(exchange: Exchange) -> set[str]:
    body = exchange.response.body
    made = {urlsplit(exchange.url).path} if exchange.method == "PUT" else set()
    return made | ({body["id"]} if isinstance(body, dict) and "id" in body else set())


def _found(exchange: Exchange) -> Iterator[tuple[str, list[Call]]]:
    """Resources that must have been there for the answer to be as it was."""
    path, body = urlsplit(exchange.url).path, exchange.response.body
    if exchange.is_blob and exchange.method == "HEAD" and exchange.status == 200:
        yield path, [_blob(exchange.url.split("?")[0], exchange.response.headers)]
    elif exchange.method == "PUT" and exchange.status == 200 and "/codes/" in path:
        yield path, list(_code(path, exchange.request.body["properties"]))
    elif exchange.method == "GET" and exchange.status == 200 and isinstance(body, dict):
        for item in body.get("value", [body]) if "hash=" in exchange.url else [body]:
            if "id" in item and isinstance(item.get("properties"), dict):
                yield item["id"], list(_resource(item))


def _referred(exchange: Exchange) -> Iterator[tuple[str, list[Call]]]:
    """Computes, code and environments that an accepted request names; what they hold matters to nobody."""
    if exchange.method != "PUT" or exchange.status >= 300 or exchange.is_blob:
        return
    for path in sorted(set(REFERENCE.findall(json.dumps(exchange.request.body)))):
        if "/computes/" in path:
            item = {"id": path, "location": "eastus", "properties": SOME_CLUSTER}
            yield path, list(_resource(item))
        elif "/codes/" in path:
            yield path, list(_code(path, {"codeUri": _some_container(exchange, path), "isAnonymous": True}))
        else:
            yield path, [_arm(path, "2023-04-01-preview", {"properties": {"image": "ubuntu"}})]


def _some_container(exchange: Exchange, path: str) -> str:
    found = re.search(r"https://\w+\.blob\.core\.windows\.net", str(exchange))
    account = found[0] if found else "https://recorded.blob.core.windows.net"
    return f"{account}/referred/{path.split('/')[-3]}"


def _resource(item: dict) -> Iterator[Call]:
    path, properties = item["id"], item["properties"]
    kept = {key: value for key, value in properties.items() if key not in READ_ONLY and value is not None}
    kind = path.rpartition("/workspaces/")[2].split("/")[1:]
    if kind[:1] == ["computes"]:
        inner = {key: value for key, value in properties["properties"].items() if key in CLUSTER}
        body = {"computeType": properties["computeType"], "properties": inner}
        whole = {"location": item["location"], "tags": item.get("tags") or {}, "properties": body}
        yield _arm(path, "2023-08-01-preview", whole)
    elif kind[:1] == ["codes"]:
        yield from _code(path, kept)
    elif kind[:1] in (["environments"], ["data"], ["components"]) and "versions" in kind:
        yield _arm(path, "2023-04-01-preview", {"properties": kept})


def _code(path: str, properties: dict) -> Iterator[Call]:
    yield _blob(f"{properties['codeUri'].replace(':443', '')}/code.py", {})
    yield _arm(path, "2023-04-01", {"properties": properties})


def _arm(path: str, version: str, body: dict) -> Call:
    headers = {"Content-Type": "application/json"}
    return Call("PUT", f"{ARM}{path}?api-version={version}", headers, json.dumps(body).encode())


def _blob(url: str, answer: dict[str, str]) -> Call:
    metadata = {name: value for name, value in answer.items() if name.startswith("x-ms-meta-")}
    headers = {"x-ms-blob-type": "BlockBlob", "x-ms-version": "2021-08-06", **metadata}
    return Call("PUT", url, headers, b"print('seeded')\n")
