"""Connect a step's Python to the embedded workspace, and prevent connections to Azure.

The workspace answers the requests of the library ``requests``, which Azure's clients and MLflow use; it is opened by
the first of them. An audit hook, which no code can remove, stops all other connections to hosts of Azure.
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
# The oldest Python in which the code of the workspace runs.
_OLDEST = (3, 10)
# Per audit event, the position of the argument that holds the host, or an address (host, port).
_EVENTS = {
    "socket.getaddrinfo": 0,
    "socket.gethostbyname": 0,
    "socket.gethostbyaddr": 0,
    "socket.connect": 1,
    "socket.sendto": 1,
}


def _install() -> None:
    """Install the import hook and the audit hook in this process."""
    hosts = _load("wire", "azure_hosts")
    sys.addaudithook(lambda event, args: _check_host(event, args, hosts) if event in _EVENTS else None)
    sys.meta_path.insert(0, _WatchForRequests())


def _load(folder: str, name: str) -> ModuleType:
    """Import a module of a folder of the emulator without its package, which takes longer or needs a newer Python."""
    loader, module = SourceFileLoader(name, os.path.join(_PACKAGE, folder, f"{name}.py")), type(sys)(name)
    module.__file__ = loader.path
    loader.exec_module(module)
    return module


def _check_host(event: str, args: tuple[Any, ...], hosts: ModuleType) -> None:
    """Raise an error if the audited ``event`` is a connection to Azure, or a look-up of one of its hosts."""
    argument = args[_EVENTS[event]]
    host = argument[0] if isinstance(argument, tuple) and argument else argument
    if isinstance(host, (bytes, bytearray)):
        host = bytes(host).decode("latin-1")
    if isinstance(host, str) and hosts.is_azure(host):
        raise ConnectionRefusedError(111, hosts.refusal(host))


class _WatchForRequests:
    """Finder of modules that connects the HTTP library to the workspace when somebody imports it."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find the HTTP library as usual, and make its loader intercept requests."""
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
    """Replace the ``send`` of the HTTP library: the first request opens the workspace, which answers all requests.

    A fork waits until no thread opens the workspace or waits for its response: the child could not finish such work.
    """
    from threading import RLock

    original, lock = adapter_class.send, RLock()
    opened: list[Any] = []
    os.register_at_fork(before=lock.acquire, after_in_parent=lock.release, after_in_child=lock.release)

    def send(adapter: Any, *args: Any, **kwargs: Any) -> Any:
        if not opened:
            with lock:
                if not opened:
                    opened.append(_open_workspace(original, lock))
        return opened[0](adapter, *args, **kwargs)

    adapter_class.send = send


def _open_workspace(original: Any, lock: Any) -> Any:
    if sys.version_info < _OLDEST:
        library, hosts = _load("wire", "requests_library"), _load("wire", "azure_hosts")
        return _load("in_step", "older_python").OtherPython(original, lock, library, hosts).send
    import json

    parent = os.path.dirname(_PACKAGE)
    sys.path.insert(0, parent)
    try:
        from emulator.client import join_step
        from emulator.wire.names import Names
    finally:
        sys.path.remove(parent)
    return join_step(Names(**json.loads(os.environ.get("AZUREML_EMULATOR_NAMES", "{}"))), original, lock)


_install()
