"""Joins a step's Python to the embedded workspace at its first HTTP request; until then costs next to nothing."""

from __future__ import annotations

import os
import sys
from importlib.machinery import PathFinder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any

_HERE = os.path.dirname(os.path.abspath(__file__))
_LIBRARY = "requests.adapters"


class _WatchForRequests:
    """Waits for the HTTP library that Azure's clients and MLflow share."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find the library as ever, and have its first request open the workspace."""
        if name != _LIBRARY:
            return None
        sys.meta_path.remove(self)
        spec = PathFinder.find_spec(name, path, target)
        if spec and spec.loader:
            load = spec.loader.exec_module

            def load_and_intercept(module: ModuleType) -> None:
                load(module)
                _intercept_first_request(module.HTTPAdapter)

            spec.loader.exec_module = load_and_intercept  # type: ignore[method-assign]
        return spec


def _intercept_first_request(adapter_class: Any) -> None:
    from threading import Lock

    original, lock = adapter_class.send, Lock()

    def send(adapter: Any, *args: Any, **kwargs: Any) -> Any:
        with lock:
            if adapter_class.send is send:
                adapter_class.send = original
                _activate()
        return adapter_class.send(adapter, *args, **kwargs)

    adapter_class.send = send


def _activate() -> None:
    import json

    parent = os.path.dirname(os.path.dirname(_HERE))
    sys.path.insert(0, parent)
    try:
        from emulator.client import activate
        from emulator.wire.names import Names
    finally:
        sys.path.remove(parent)
    activate(names=Names(**json.loads(os.environ.get("AZUREML_EMULATOR_NAMES", "{}"))))


def _run_next_sitecustomize() -> None:
    others = [place for place in sys.path if os.path.abspath(place) != _HERE]
    spec = PathFinder.find_spec("sitecustomize", others)
    if spec and spec.loader and spec.origin:
        with open(spec.origin, "rb") as file:
            exec(compile(file.read(), spec.origin, "exec"), {"__name__": "sitecustomize", "__file__": spec.origin})


if os.environ.get("AZUREML_LOCAL_STATE"):
    sys.meta_path.insert(0, _WatchForRequests())
_run_next_sitecustomize()
