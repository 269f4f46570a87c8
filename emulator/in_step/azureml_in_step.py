"""Joins a step's Python to the embedded workspace and keeps it from Azure; until its first request it costs nothing.

Two walls: requests of the library that Azure's clients and MLflow share are answered inside, and an audit hook, which
nothing can remove, stops whatever else looks up or connects to a host of Azure.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import PathFinder, SourceFileLoader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any

_HERE = os.path.dirname(os.path.abspath(__file__))
_PACKAGE = os.path.dirname(_HERE)
_LIBRARY = "requests.adapters"
# Where each event tells the host: the number of the argument. An address is a host and a port.
_EVENTS = {
    "socket.getaddrinfo": 0,
    "socket.gethostbyname": 0,
    "socket.gethostbyaddr": 0,
    "socket.connect": 1,
    "socket.sendto": 1,
}


def _join() -> None:
    """Put up both walls, once for a process."""
    hosts = _load("azure_hosts")
    sys.addaudithook(lambda event, args: _look(event, args, hosts) if event in _EVENTS else None)
    sys.meta_path.insert(0, _WatchForRequests())


def _load(name: str) -> dict[str, Any]:
    """Return what the module ``name`` of emulator/wire defines, without the package, which takes longer to import."""
    loader, found = SourceFileLoader(name, os.path.join(_PACKAGE, "wire", f"{name}.py")), {"__name__": name}
    exec(loader.get_code(name), found)  # type: ignore[arg-type]
    return found


def _look(event: str, args: tuple[Any, ...], hosts: dict[str, Any]) -> None:
    asked = args[_EVENTS[event]]
    host = asked[0] if isinstance(asked, tuple) and asked else asked
    if isinstance(host, (bytes, bytearray)):
        host = bytes(host).decode("latin-1")
    if isinstance(host, str) and hosts["is_azure"](host):
        raise ConnectionRefusedError(111, hosts["refusal"](host))


class _WatchForRequests:
    """Has each import of the HTTP library end with the library joined to the workspace."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find the library as ever, and have its first request open the workspace."""
        if name != _LIBRARY:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec and spec.loader:
            load = spec.loader.exec_module

            def load_and_intercept(module: ModuleType) -> None:
                load(module)
                _intercept_first_request(module.HTTPAdapter)

            spec.loader.exec_module = load_and_intercept  # type: ignore[method-assign]
        return spec


def _intercept_first_request(adapter_class: Any) -> None:
    """Have the first request open the workspace; from now on each request goes through here, and none around it.

    A fork waits until no other thread opens it or is answered: the child could not finish what that thread began.
    """
    from threading import RLock

    original, lock = adapter_class.send, RLock()
    answering: list[Any] = []
    os.register_at_fork(before=lock.acquire, after_in_parent=lock.release, after_in_child=lock.release)

    def send(adapter: Any, *args: Any, **kwargs: Any) -> Any:
        if not answering:
            with lock:
                if not answering:
                    answering.append(_open_workspace(original, lock))
        return answering[0](adapter, *args, **kwargs)

    adapter_class.send = send


def _open_workspace(original: Any, lock: Any) -> Any:
    import json

    parent = os.path.dirname(_PACKAGE)
    sys.path.insert(0, parent)
    try:
        from emulator.client import join_step
        from emulator.wire.names import Names
    finally:
        sys.path.remove(parent)
    return join_step(Names(**json.loads(os.environ.get("AZUREML_EMULATOR_NAMES", "{}"))), original, lock)


_join()
