"""Import XGBoost as quickly as it can be."""

import os
import sys
from types import ModuleType


def import_xgboost() -> ModuleType:
    """Import XGBoost without scikit-learn, an optional part that takes most of the import's time."""
    # Threads that wait by spinning slow each other down where other steps share the cores.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    absent = "sklearn" not in sys.modules
    if absent:
        sys.modules["sklearn"] = None  # type: ignore[assignment]
    try:
        import xgboost
    finally:
        if absent:
            del sys.modules["sklearn"]
    return xgboost
