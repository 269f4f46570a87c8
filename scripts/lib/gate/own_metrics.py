"""A metric of a problem's own: a function in a file beside gate.yml, which gives each row a number.

The function takes labels and predictions, as NumPy arrays of shape (rows,) or (rows, classes), and returns a number a
row: the metric is their mean. It may return a pair of such arrays instead: the metric is the sum of the first over that
of the second. So the gate knows what each row contributes, whatever the function computes.
"""

import importlib.util
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from scripts.lib.digests import content_digest
from scripts.lib.errors import BadConfiguration
from scripts.lib.gate.influence import Influence, ratio
from scripts.lib.gate.metrics import Metric, MetricName
from scripts.lib.gate.predictions import Predictions

FILE = "metrics.py"


def load_own_metrics(content: Mapping[str, Any], folder: Path) -> dict[MetricName, Metric]:
    """Return the metrics that ``own_metrics`` of a gate file describes, from ``metrics.py`` in ``folder``.

    Raises BadConfiguration when the file or a function is not there.
    """
    if not content:
        return {}
    path = folder / FILE
    functions = _functions(path)
    found = {}
    for name, described in content.items():
        if name not in functions:
            available = ", ".join(sorted(functions)) or "none"
            raise BadConfiguration(f"`own_metrics.{name}`: {path} has no function `{name}`; it has: {available}.")
        low, high = described.get("minimum", -math.inf), described.get("maximum", math.inf)
        found[name] = Metric(
            name, described["title"], described["better"], (low, high), "mean", _computed(functions[name], name, path)
        )
    return found


def own_metrics_digest(folder: Path) -> str:
    """Return the digest of the file that holds the functions."""
    return content_digest((folder / FILE).read_text(encoding="utf-8"))


def _functions(path: Path) -> dict[str, Callable[..., Any]]:
    if not path.is_file():
        raise BadConfiguration(f"There is no {path}, which must hold the functions that `own_metrics` names.")
    spec = importlib.util.spec_from_file_location(f"own_metrics_{path.parent.name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise BadConfiguration(f"{path} cannot be imported: {error!r}.") from error
    return {name: one for name, one in vars(module).items() if callable(one) and not name.startswith("_")}


def _computed(function: Callable[..., Any], name: str, path: Path) -> Callable[[Predictions], Influence]:
    def influence(given: Predictions) -> Influence:
        try:
            made = function(given.target, given.score)
            parts = made if isinstance(made, tuple) else (made, np.ones(len(given.target)))
            hits, trials = (np.asarray(part, dtype=np.float64) for part in parts)
        except Exception as error:
            raise BadConfiguration(f"`{name}` of {path} cannot be computed: {error!r}.") from error
        for part in (hits, trials):
            if part.shape != given.target.shape or not np.isfinite(part).all():
                raise BadConfiguration(
                    f"`{name}` of {path} returns shape {part.shape} for {len(given.target)} rows, or a number that is "
                    "not finite; it must return one finite number a row."
                )
        return ratio(hits, trials, given.weight)

    return influence
