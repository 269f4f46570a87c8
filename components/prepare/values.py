"""What the text of a cell means: a number, a date, a category."""

import datetime
import math


def number(text: bytes) -> float:
    """Return the number, and infinity when it is none."""
    try:
        found = float(text)
    except ValueError:
        return math.inf
    return found if math.isfinite(found) and b"_" not in text else math.inf


def days(text: bytes) -> float:
    """Return the days from 1970 to a date or time (ISO 8601, in its own zone), and infinity when it is none."""
    try:
        found = datetime.datetime.fromisoformat(text.decode().replace("Z", "+00:00"))
    except ValueError:
        return math.inf
    return (found.replace(tzinfo=None) - datetime.datetime(1970, 1, 1)) / datetime.timedelta(days=1)


def canonical(text: str) -> str:
    """Return the one text of a category: ``3`` and ``3.0`` are the same."""
    try:
        found = float(text)
    except ValueError:
        return text
    if not math.isfinite(found):
        return text
    return str(int(found)) if found.is_integer() else repr(found)
