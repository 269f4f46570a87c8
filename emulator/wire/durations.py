"""Time limits as they are written: seconds, or durations of ISO 8601."""

import re
from typing import Any

from emulator.wire.errors import bad_request


def duration_seconds(value: Any) -> float | None:
    """Read a time limit: seconds, or an ISO 8601 duration such as ``PT1H30M``.

    Raises:
        ServiceError: it is neither.
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
