"""Connect a step's Python to the embedded workspace when it starts."""

from __future__ import annotations

import os
import sys
from importlib.machinery import PathFinder

_HERE = os.path.dirname(os.path.abspath(__file__))


def _run_next_sitecustomize() -> None:
    others = [place for place in sys.path if os.path.abspath(place) != _HERE]
    spec = PathFinder.find_spec("sitecustomize", others)
    if spec and spec.loader and spec.origin:
        with open(spec.origin, "rb") as file:
            exec(compile(file.read(), spec.origin, "exec"), {"__name__": "sitecustomize", "__file__": spec.origin})


if os.environ.get("AZUREML_LOCAL_STATE"):
    # The import connects; a second import of the module does nothing.
    import azureml_in_step  # noqa: F401
_run_next_sitecustomize()
