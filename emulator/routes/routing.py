"""The table of routes, which decorators fill, and the list of operations for the documentation."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from emulator.state.workspace import Workspace
from emulator.wire.http import Request, Response
from emulator.wire.names import PROVIDER, host_kind

WORKSPACE = f"/subscriptions/{{subscription}}/resourceGroups/{{group}}/providers/{PROVIDER}/workspaces/{{workspace}}"
LOCATIONS = f"/subscriptions/{{subscription}}/providers/{PROVIDER}/locations/{{region}}"
_ASSETS = re.compile(r"(?<=/\{WS\}/)(components|data|environments|models)\b")


@dataclass(frozen=True)
class Call:
    """One call of a handler: the workspace, the request, and the values in the path of the request by name."""

    workspace: Workspace
    request: Request
    params: dict[str, str]

    def __getitem__(self, name: str) -> str:
        return self.params[name]


Handler = Callable[[Call], Response]


@dataclass(frozen=True)
class Route:
    """A method and a path on one of the service's hosts, with the function that handles such requests."""

    host: str
    method: str
    template: str
    handler: Handler

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What a path matches; made at the first request of its size, as each command and step imports every route."""
        pattern = re.sub(
            r"\{(\w+)(\*?)\}",
            lambda match: f"(?P<{match[1]}>{'.+' if match[2] else '[^/]+'})",
            self.template.replace(".", r"\."),
        )
        return re.compile(pattern + "/?", re.IGNORECASE)


ROUTES: list[Route] = []
# The routes by host, method and number of path segments; the number is None for templates that match a whole rest.
_BY_SIZE: dict[tuple[str, str, int | None], list[Route]] = {}


def route(host: str, method: str, template: str) -> Callable[[Handler], Handler]:
    """Register a handler for ``method`` on ``template`` of ``host``, which is a service that ``host_kind`` returns.

    ``{name}`` matches one path segment, ``{name*}`` the rest of the path.
    """

    def register(handler: Handler) -> Handler:
        entry = Route(host, method, template, handler)
        ROUTES.append(entry)
        segments = None if "*" in template else template.count("/")
        _BY_SIZE.setdefault((host, method, segments), []).append(entry)
        return handler

    return register


def find_route(request: Request) -> tuple[Handler, dict[str, str]] | None:
    """Return the handler for ``request`` and the values in its path by name, or None if there is no route."""
    kind = host_kind(request.host) or ""
    for segments in (request.path.rstrip("/").count("/"), None):
        for entry in _BY_SIZE.get((kind, request.method, segments), ()):
            if match := entry.pattern.fullmatch(request.path):
                return entry.handler, match.groupdict()
    return None


def operations_table() -> str:
    """Return all operations as a Markdown table, which ``docs/emulator.md`` contains.

    Import ``emulator.routes`` first, which registers the routes.
    """
    rows: dict[tuple[str, str, str], list[str]] = {}
    for entry in sorted(ROUTES, key=lambda entry: (entry.host, entry.template.lower(), entry.method)):
        path = entry.template.replace(WORKSPACE, "/{WS}").replace(LOCATIONS, "/{LOCATION}")
        path = _ASSETS.sub("{assets}", path)
        summary = (entry.handler.__doc__ or "").strip().splitlines()[0].replace("``", "`")
        methods = rows.setdefault((entry.host, path, summary), [])
        if entry.method not in methods:
            methods.append(entry.method)
    lines = ["| host | request | operation |", "|---|---|---|"]
    lines += [
        f"| {host} | `{', '.join(methods)} {path}` | {summary} |" for (host, path, summary), methods in rows.items()
    ]
    return "\n".join(lines) + "\n"
