"""Time limits: a number of seconds, or a duration in the form of ISO 8601."""

import re
from typing import Any

from emulator.wire.errors import bad_request


def duration_seconds(value: Any) -> float | None:
    """Return the seconds of a time limit: a number, or an ISO 8601 duration such as ``PT1H30M``; None if it is empty.

    Raises:
        ServiceError: ``value`` is neither.
    """
    if value in (None, ""):
        return None
    match = re.fullmatch(r"P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?", str(value))
    if match:
        days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
        return ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    try:
        return float(value)
    except ValueError:
        raise bad_request(f"{value!r} is not a time limit.", "ArgumentInvalid") from None
