"""What a recorded session found in its workspace, as requests that put the same into an empty one."""

import json
import re
from collections.abc import Iterator
from functools import cache
from urllib.parse import urlsplit

from tests.wire.seeded_files import Call, public_data, seeded_file
from tests.wire.sessions import Exchange, Session, exchanges

ARM = "https://management.azure.com"
READ_ONLY = {"provisioningState", "environmentType", "createdOn", "modifiedOn", "provisioningErrors"}
REFERENCE = re.compile(
    r"/subscriptions/[^\"]*?/workspaces/[^/\"]+"
    r"/(?:computes/[^/\"]+|(?:codes|environments|components|data|models)/[^/\"]+/(?:versions|labels)/[^/\"]+)"
)
ASSETS = (["environments"], ["data"], ["components"], ["models"])
OUTPUT_ASSET = re.compile(r'"(?:assetName|name)": "([^"]+)", "(?:assetVersion|version)": "([^"]+)"')
SCRIPT = re.compile(r"\bpython3? ([\w/-]+\.py)\b")
SOME_CLUSTER = {
    "computeType": "AmlCompute",
    "properties": {"vmSize": "STANDARD_DS3_V2", "scaleSettings": {"minNodeCount": 0, "maxNodeCount": 4}},
}
SOME_COMPONENT = {"type": "command", "version": "1", "command": "true", "environment": "azureml:AzureML-none:1"}
SOME_FOLDER = "//datastores/workspaceblobstore/paths/seeded"
CLUSTER = (
    "osType", "vmSize", "vmPriority", "scaleSettings", "remoteLoginPortPublicAccess", "enableNodePublicIp",
)  # fmt: skip
OWN_DATASTORES = ("workspaceblobstore", "workspaceartifactstore")


def seeds(session: Session, skipped: set[int]) -> list[Call]:
    """The requests that create what the session reads or refers to without having created it."""
    known: set[str] = set(_registered(session))
    scripts = sorted(
        set(SCRIPT.findall(json.dumps([e.request.body for e in session.exchanges]) + json.dumps(library())))
    )
    calls = [seeded_file(address) for address in public_data(session).values()]
    compared = [exchange for exchange in session.exchanges if exchange.number not in skipped]
    shown = {path.lower(): item for exchange in compared for path, item in _found(exchange) if item}

    def need(path: str, item: dict) -> None:
        if path.lower() in known:
            return
        known.add(path.lower())
        item = item or shown.get(path.lower()) or _item(path, session.account)
        for other in _references(item):
            need(other, {})
        calls.extend(_resource({**item, "id": path}, scripts, set(shown)))

    for exchange in session.exchanges:
        if exchange.number not in skipped:
            for path, item in _found(exchange):
                need(path, item)
            known |= {made.lower() for made in _made(exchange)}
    return sorted(calls, key=_order)


def _registered(session: Session) -> Iterator[str]:
    """The paths of the assets that jobs of the session register, in lower case."""
    for exchange in session.exchanges:
        if exchange.operation == "PUT jobs/*":
            text = json.dumps(exchange.request.body)
            arm = urlsplit(exchange.url).path.partition("/jobs/")[0]
            for name, version in OUTPUT_ASSET.findall(text):
                for kind in ("data", "models"):
                    yield f"{arm}/{kind}/{name}/versions/{version}".lower()


def _order(call: Call) -> int:
    """Files before code, code and computes before components, so that references hold."""
    order = ("/datastores/", "/codes/", "/computes/", "/environments/", "/data/", "/models/", "/components/")
    return next((place for place, kind in enumerate(order, 1) if kind in call.url), 0)


def _made(exchange: Exchange) -> set[str]:
    body = exchange.response.body
    made = {urlsplit(exchange.url).path} if exchange.method == "PUT" else set()
    return made | ({body["id"]} if isinstance(body, dict) and "id" in body else set())


def _found(exchange: Exchange) -> Iterator[tuple[str, dict]]:
    """Resources that must have been there for the answer to be as it was; ``{}`` where it shows no content."""
    path, body = urlsplit(exchange.url).path, exchange.response.body
    if exchange.is_blob and exchange.method == "HEAD" and exchange.status == 200:
        yield path, {"url": exchange.url.split("?")[0], "headers": exchange.response.headers}
    elif exchange.method == "PUT" and exchange.status == 200 and "/models/" in path:
        yield path, exchange.response.body
    elif exchange.method == "PUT" and exchange.status == 200 and "/codes/" in path:
        yield path, exchange.request.body
    elif exchange.method == "PUT" and exchange.status < 300 and not exchange.is_blob:
        for other in _references(exchange.request.body):
            yield other, {}
    elif exchange.method == "GET" and exchange.status == 200 and isinstance(body, dict):
        for item in body.get("value", [body]) if "hash=" in exchange.url else [body]:
            if "id" in item and isinstance(item.get("properties"), dict):
                yield re.sub("/labels/.*", f"/versions/{item['name']}", item["id"]), item


def _references(item: object) -> list[str]:
    """Ids of computes, code, environments and components inside ``item``."""
    own = item.get("id") if isinstance(item, dict) else None
    return [path for path in sorted(set(REFERENCE.findall(json.dumps(item)))) if path != own]


def _item(path: str, account: str) -> dict:
    """What a referred resource may hold: as another session recorded it, else something valid."""
    if "/components/" in path:
        shown = (item for known, item in library().items() if known.startswith(_stem(path)))
        name = path.rpartition("/components/")[2].partition("/")[0]
        return next(shown, {"properties": {"componentSpec": {**SOME_COMPONENT, "name": name}}, "name": "1"})
    if "/computes/" in path:
        return {"location": "eastus", "properties": SOME_CLUSTER}
    if "/codes/" in path:
        uri = f"https://{account}.blob.core.windows.net/referred/{path.split('/')[-3]}"
        return {"properties": {"codeUri": uri, "isAnonymous": True}}
    if "/data/" in path:
        return {"properties": {"dataType": "uri_folder", "dataUri": f"azureml:{SOME_FOLDER}"}, "name": "1"}
    if "/models/" in path:
        return {"properties": {"modelType": "custom_model", "modelUri": f"azureml:{SOME_FOLDER}"}, "name": "1"}
    return {"properties": {"image": "ubuntu"}, "name": "1"}


@cache
def library() -> dict[str, dict]:
    """Every component version that any session shows, by its path in lower case."""
    bodies = (exchange.response.body for _, exchange in exchanges())
    items = (body for body in bodies if isinstance(body, dict) and "/components/" in str(body.get("id")))
    return {item["id"].lower(): item for item in items if "componentSpec" in item.get("properties", {})}


def _stem(path: str) -> str:
    return path.lower().partition("/labels/")[0]


def _resource(item: dict, scripts: list[str], known: set[str]) -> Iterator[Call]:
    if "url" in item:
        yield seeded_file(item["url"], item["headers"])
        return
    path, properties = item["id"], item["properties"]
    kind = path.rpartition("/workspaces/")[2].split("/")[1:]
    if kind[:1] == ["datastores"] and kind[1] not in OWN_DATASTORES:
        yield _arm(path, "2023-04-01", {"properties": properties})
        return
    if kind[:1] in ASSETS and len(kind) == 2:
        kept = {key: properties.get(key) for key in ("description", "tags", "properties", "isArchived")}
        yield _arm(path, "2023-04-01", {"properties": kept})
        return
    if "/computes/" not in path and "/versions/" not in path and "/labels/" not in path:
        return  # the workspace, its own datastores, endpoints and jobs need no seed
    kept = {key: value for key, value in properties.items() if key not in READ_ONLY and value is not None}
    if kind[0] == "computes":
        inner = {key: value for key, value in properties["properties"].items() if key in CLUSTER}
        body = {"computeType": properties["computeType"], "properties": inner}
        whole = {"location": item["location"], "tags": item.get("tags") or {}, "properties": body}
        if identity := item.get("identity"):
            users = identity.get("userAssignedIdentities") or {}
            whole["identity"] = {"type": identity["type"], "userAssignedIdentities": {name: {} for name in users}}
        yield _arm(path, "2023-08-01-preview", whole)
    elif kind[0] == "codes":
        for script in scripts:
            # A file that the session shows is seeded with its own metadata.
            url = f"{properties['codeUri'].replace(':443', '')}/{script}"
            if urlsplit(url).path.lower() not in known:
                yield seeded_file(url)
        yield _arm(path, "2023-04-01", {"properties": properties})
    elif kind[:1] in ASSETS and len(kind) > 2:
        version = item["name"] if kind[2] == "labels" else kind[3]
        target = f"{path.partition(f'/{kind[2]}/')[0]}/versions/{version}"
        yield _arm(target, "2023-04-01-preview", {"properties": kept})


def _arm(path: str, version: str, body: dict) -> Call:
    headers = {"Content-Type": "application/json"}
    return Call("PUT", f"{ARM}{path}?api-version={version}", headers, json.dumps(body).encode())
