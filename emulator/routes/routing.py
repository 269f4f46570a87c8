"""Which function answers which request: a table filled by decorators, and the docs' list of operations."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from emulator.state.workspace import Workspace
from emulator.wire.http import Request, Response
from emulator.wire.names import PROVIDER, host_kind

WORKSPACE = f"/subscriptions/{{subscription}}/resourceGroups/{{group}}/providers/{PROVIDER}/workspaces/{{workspace}}"
LOCATIONS = f"/subscriptions/{{subscription}}/providers/{PROVIDER}/locations/{{region}}"
_ASSETS = re.compile(r"(?<=/\{WS\}/)(components|data|environments|models)\b")


@dataclass(frozen=True)
class Call:
    """One request on its way: who answers for it, what was asked, and the names in its path."""

    workspace: Workspace
    request: Request
    params: dict[str, str]

    def __getitem__(self, name: str) -> str:
        return self.params[name]


Handler = Callable[[Call], Response]


@dataclass(frozen=True)
class Route:
    """A method and a path on one of the service's hosts."""

    host: str
    method: str
    template: str
    pattern: re.Pattern[str]
    handler: Handler


ROUTES: list[Route] = []
# By host, method and number of segments; None where a template ends with the rest of a path.
_KINDS: dict[tuple[str, str, int | None], list[Route]] = {}


def route(host: str, method: str, template: str) -> Callable[[Handler], Handler]:
    """Answer ``method`` on ``template`` of ``host`` (``management``, ``api``, ``scoring``, ``blob``).

    ``{name}`` matches one path segment, ``{name*}`` the rest of the path.
    """
    pattern = re.sub(
        r"\{(\w+)(\*?)\}",
        lambda match: f"(?P<{match[1]}>{'.+' if match[2] else '[^/]+'})",
        template.replace(".", r"\."),
    )

    def register(handler: Handler) -> Handler:
        entry = Route(host, method, template, re.compile(pattern + "/?", re.IGNORECASE), handler)
        ROUTES.append(entry)
        segments = None if "*" in template else template.count("/")
        _KINDS.setdefault((host, method, segments), []).append(entry)
        return handler

    return register


def find(request: Request) -> tuple[Handler, dict[str, str]] | None:
    """Find who answers ``request``, with the names in its path."""
    kind = host_kind(request.host) or ""
    for segments in (request.path.rstrip("/").count("/"), None):
        for entry in _KINDS.get((kind, request.method, segments), ()):
            if match := entry.pattern.fullmatch(request.path):
                return entry.handler, match.groupdict()
    return None


def operations_table() -> str:
    """Write all routes as a Markdown table: request and what it does; ``docs/emulator.md`` holds it.

    Import ``emulator.routes`` first: its modules fill the routes.
    """
    rows: dict[tuple[str, str, str], list[str]] = {}
    for entry in sorted(ROUTES, key=lambda entry: (entry.host, entry.template.lower(), entry.method)):
        path = entry.template.replace(WORKSPACE, "/{WS}").replace(LOCATIONS, "/{LOCATION}")
        path = _ASSETS.sub("{assets}", path)
        does = (entry.handler.__doc__ or "").strip().splitlines()[0].replace("``", "`")
        methods = rows.setdefault((entry.host, path, does), [])
        if entry.method not in methods:
            methods.append(entry.method)
    lines = ["| host | request | operation |", "|---|---|---|"]
    lines += [f"| {host} | `{', '.join(methods)} {path}` | {does} |" for (host, path, does), methods in rows.items()]
    return "\n".join(lines) + "\n"
