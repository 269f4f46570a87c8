"""Import packages of thousands of modules in half the time."""

import gc
import importlib
import sys
from typing import Any


def import_large(name: str) -> Any:
    """Import a package without a look at what it makes for garbage, now or when the process ends: all of it stays."""
    if name in sys.modules:
        return sys.modules[name]
    collects = gc.isenabled()
    gc.disable()
    try:
        return importlib.import_module(name)
    finally:
        gc.freeze()
        if collects:
            gc.enable()
