"""Whether some of the judged rows are enough to decide anything, and how many would be."""

import math

from scripts.lib.gate.config import Gate
from scripts.lib.gate.estimates import Sample
from scripts.lib.gate.slice_rules import Slice


def too_few(sample: Sample, gate: Gate, part: Slice | None) -> str | None:
    """Say which rows are lacking; None when there are enough."""
    least_rows, least_of_class = _least(gate, part)
    where = f"Among {part.name} ({sample.rows} rows)" if part else f"Among {sample.rows} rows"
    if sample.rows < least_rows:
        return f"{where} nothing can be decided: at least {least_rows} rows are needed."
    if sample.rarer_class < least_of_class:
        return (
            f"{where} the rarest class has {sample.rarer_class}; {least_of_class} of each class are needed to decide."
        )
    return None


def rows_for_enough(sample: Sample, gate: Gate, part: Slice | None) -> int | None:
    """Return the number of judged rows at which ``sample`` would have enough; None where that cannot be computed."""
    least_rows, least_of_class = _least(gate, part)
    if not sample.rows or not sample.rarer_class:
        return None
    return math.ceil(sample.judged_rows * max(least_rows / sample.rows, least_of_class / sample.rarer_class))


def _least(gate: Gate, part: Slice | None) -> tuple[int, int]:
    """Return how many rows, and how many of each class, there must be; too few rows in all fail by their own rule."""
    return (gate.slices.minimum_rows, gate.slices.minimum_per_class) if part else (0, gate.minimum_per_class)
