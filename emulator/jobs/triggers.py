"""When a schedule is due: cron expressions and recurrences, in the time zone of the schedule."""

import re
from calendar import monthrange
from datetime import datetime, timedelta, timezone, tzinfo

from emulator.wire.errors import bad_request
from emulator.wire.http import JsonObject

_FIELDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
_DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_MINUTE = timedelta(minutes=1)
_STEPS = {"minute": _MINUTE, "hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}
# Zones of Windows that Unicode's table does not have any more.
_OLD_ZONES = {
    "Mid-Atlantic Standard Time": "Etc/GMT+2",
    "Kamchatka Standard Time": "Asia/Kamchatka",
}
# A workspace that nobody used for longer has missed what it missed.
_LOOK_BACK = timedelta(days=400)


def check_trigger(trigger: JsonObject) -> None:
    """Check a trigger.

    Raises:
        ServiceError: its time zone, its times, its expression or its recurrence is not valid.
    """
    zone = _zone(str(trigger.get("timeZone") or "UTC"))
    _time(trigger.get("startTime"), zone)
    _time(trigger.get("endTime"), zone)
    if trigger.get("triggerType") == "Cron":
        _cron(str(trigger.get("expression")))
    elif trigger.get("triggerType") == "Recurrence":
        _recurrence(trigger)
    else:
        raise bad_request(f"A trigger of type {trigger.get('triggerType')} is not valid.", "ArgumentInvalid")


def local_time(trigger: JsonObject, moment: float) -> str:
    """Return a time in seconds since the epoch as a text in the zone of ``trigger``, as a trigger has its times."""
    return f"{datetime.fromtimestamp(moment, _zone(str(trigger['timeZone']))):%Y-%m-%dT%H:%M:%S}"


def latest_due(trigger: JsonObject, created: float, after: float, now: float) -> float | None:
    """Return the last time after ``after`` and until ``now`` at which ``trigger`` is due; None if there is none.

    All are seconds since the epoch; the schedule was ``created`` at that time, and is due at once without a start.
    """
    zone = _zone(str(trigger.get("timeZone") or "UTC"))
    start, end = _time(trigger.get("startTime"), zone), _time(trigger.get("endTime"), zone)
    earliest = max(after, start.timestamp() - 1e-6 if start else 0.0, now - _LOOK_BACK.total_seconds())
    latest = min(now, end.timestamp()) if end else now
    first = created if start is None else start.timestamp()
    if trigger["triggerType"] == "Recurrence" and not trigger.get("schedule"):
        due = _by_interval(trigger, datetime.fromtimestamp(first, zone), earliest, latest)
    else:
        due = _by_clock(trigger, zone, earliest, latest)
    if due is None and start is None and after < created <= latest:
        return created
    return due


def _by_clock(trigger: JsonObject, zone: tzinfo, earliest: float, latest: float) -> float | None:
    """Return the last minute in the given range that fits a cron expression or the times of a recurrence."""
    if trigger["triggerType"] == "Cron":
        minutes, hours, _, _, weekdays = _cron(str(trigger["expression"]))
        days: set[int] | None = None
    else:
        times = trigger["schedule"]
        minutes, hours = set(times["minutes"]), set(times["hours"])
        weekdays = {_DAYS.index(str(day).lower()) for day in times.get("weekDays") or _DAYS}
        days = set(times.get("monthDays") or ()) or None
    moment = datetime.fromtimestamp(latest, timezone.utc).replace(second=0, microsecond=0)
    while moment.timestamp() > earliest:
        local = moment.astimezone(zone)
        fits_day = (local.weekday() + 1) % 7 in weekdays and (days is None or local.day in days)
        if fits_day and local.hour in hours and local.minute in minutes:
            return moment.timestamp()
        moment -= _MINUTE
    return None


def _by_interval(trigger: JsonObject, first: datetime, earliest: float, latest: float) -> float | None:
    frequency, interval = _recurrence(trigger)
    if frequency == "month":
        months = 0
        found = None
        while (moment := _plus_months(first, months).timestamp()) <= latest:
            found, months = moment, months + interval
    else:
        step = _STEPS[frequency].total_seconds() * interval
        passed = latest - first.timestamp()
        found = first.timestamp() + passed // step * step if passed >= 0 else None
    return found if found is not None and found > earliest else None


def _plus_months(first: datetime, months: int) -> datetime:
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return first.replace(year=year, month=month + 1, day=min(first.day, monthrange(year, month + 1)[1]))


def _recurrence(trigger: JsonObject) -> tuple[str, int]:
    frequency, interval = str(trigger.get("frequency")).lower(), trigger.get("interval")
    if frequency not in (*_STEPS, "month") or not isinstance(interval, int) or interval < 1:
        raise bad_request(f"A recurrence of {interval} {frequency} is not valid.", "ArgumentInvalid")
    times = trigger.get("schedule") or {}
    if unknown := [day for day in times.get("weekDays") or () if str(day).lower() not in _DAYS]:
        raise bad_request(f"{unknown[0]} is not a day of the week.", "ArgumentInvalid")
    return frequency, interval


def _cron(expression: str) -> list[set[int]]:
    """Return the numbers that each field of a cron expression allows.

    As documented for Azure, the fields of days and months count as ``*``, whatever they are.

    Raises:
        ServiceError: it has not five fields, or one is not valid.
    """
    fields = expression.split()
    if len(fields) != len(_FIELDS):
        raise bad_request(f"The cron expression {expression!r} has not five fields.", "ArgumentInvalid")
    allowed = []
    for text, (least, most) in zip(fields, _FIELDS, strict=True):
        numbers: set[int] = set()
        for part in text.split(","):
            match = re.fullmatch(r"(?:\*|(\d+)(?:-(\d+))?)(?:/([1-9]\d*))?", _as_numbers(part) if most == 6 else part)
            if not match:
                raise bad_request(f"{part} in the cron expression {expression!r} is not valid.", "ArgumentInvalid")
            low = int(match[1]) if match[1] else least
            high = int(match[2]) if match[2] else low if match[1] and not match[3] else most
            if not least <= low <= high <= most:
                raise bad_request(f"{part} in the cron expression {expression!r} is out of range.", "ArgumentInvalid")
            numbers |= set(range(low, high + 1, int(match[3] or 1)))
        allowed.append(numbers)
    return allowed


def _as_numbers(part: str) -> str:
    return re.sub(r"[a-z]{3,}", lambda match: _number_of_day(match[0]), part.lower())


def _number_of_day(name: str) -> str:
    found = [str(number) for number, day in enumerate(_DAYS) if name in (day, day[:3])]
    return found[0] if found else name


def _zone(name: str) -> tzinfo:
    """Return the time zone with a name of Windows.

    Raises:
        ServiceError: there is none.
    """
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    from tzlocal.windows_tz import win_tz

    try:
        return ZoneInfo(_OLD_ZONES.get(name) or win_tz.get(name, name))
    except (ZoneInfoNotFoundError, ValueError):
        raise bad_request(f"{name!r} is not a time zone.", "ArgumentInvalid") from None


def _time(text: object, zone: tzinfo) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        raise bad_request(f"{text!r} is not a time.", "ArgumentInvalid") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)
