"""Cron expressions and recurrences are due when another library says so."""

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from azure.ai.ml.constants import TimeZone
from dateutil import rrule
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.jobs.triggers import check_trigger, latest_due
from emulator.wire.errors import ServiceError

NOW = datetime(2026, 11, 4, 12, 30, 20, tzinfo=timezone.utc)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
some = {
    "minutes": st.sets(st.integers(0, 59), min_size=1, max_size=3),
    "hours": st.sets(st.integers(0, 23), min_size=1, max_size=3),
    "days": st.sets(st.integers(0, 6), min_size=1, max_size=3),
}


def due(trigger, after=NOW - timedelta(days=60), now=NOW):
    """Return when a trigger that has a start was due last."""
    found = latest_due({"startTime": "2020-01-31T06:15:10", **trigger}, 0.0, after.timestamp(), now.timestamp())
    return None if found is None else datetime.fromtimestamp(found, timezone.utc)


def last(frequency, zone="UTC", start=datetime(2026, 9, 1), **more):
    """Return when the rule of the other library was due last, in local time as schedules are."""
    local = NOW.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    found = rrule.rrule(frequency, dtstart=start, bysecond=0, **more).before(local, inc=True)
    return found and found.replace(tzinfo=ZoneInfo(zone)).astimezone(timezone.utc)


@settings(max_examples=25, deadline=None)
@given(minutes=some["minutes"], hours=some["hours"], days=some["days"])
def test_cron_is_due_when_another_library_says(minutes, hours, days):
    # Sunday is 0 in cron, and 6 there.
    texts = [",".join(map(str, part)) for part in (minutes, hours, {(day + 1) % 7 for day in days})]
    trigger = {"triggerType": "Cron", "expression": f"{texts[0]} {texts[1]} * * {texts[2]}", "timeZone": "UTC"}
    assert due(trigger) == last(rrule.DAILY, byminute=minutes, byhour=hours, byweekday=days)


@settings(max_examples=15, deadline=None)
@given(minutes=some["minutes"], hours=some["hours"], days=some["days"])
def test_a_pattern_is_due_when_another_library_says(minutes, hours, days):
    schedule = {"minutes": [*minutes], "hours": [*hours], "weekDays": [DAYS[day] for day in days]}
    trigger = {"triggerType": "Recurrence", "frequency": "Week", "interval": 1, "schedule": schedule}
    trigger["timeZone"] = "Pacific Standard Time"
    wanted = last(rrule.WEEKLY, "America/Los_Angeles", byminute=minutes, byhour=hours, byweekday=days)
    assert due(trigger) == wanted


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("*/20 * * * *", (4, 12, 20)),
        ("5-10/2 6 * * *", (4, 6, 9)),
        ("15 10 * * mon", (2, 10, 15)),
        ("0 0 * * 0", (1, 0, 0)),
        # As documented, days of the month and months count as *.
        ("0 9 25 12 *", (4, 9, 0)),
    ],
)
def test_forms_of_cron(expression, wanted):
    found = due({"triggerType": "Cron", "expression": expression, "timeZone": "UTC"})
    assert (found.day, found.hour, found.minute) == wanted


@pytest.mark.parametrize(
    ("frequency", "interval", "rule"),
    [
        ("Minute", 7, rrule.MINUTELY),
        ("Hour", 5, rrule.HOURLY),
        ("Day", 3, rrule.DAILY),
        ("Week", 2, rrule.WEEKLY),
    ],
)
def test_an_interval_is_counted_from_the_start(frequency, interval, rule):
    start = datetime(2020, 1, 31, 6, 15, 10)
    wanted = rrule.rrule(rule, dtstart=start, interval=interval).before(NOW.replace(tzinfo=None), inc=True)
    trigger = {"triggerType": "Recurrence", "frequency": frequency, "interval": interval}
    assert due(trigger) == wanted.replace(tzinfo=timezone.utc)


def test_a_month_without_the_day_is_due_on_its_last_day():
    trigger = {"triggerType": "Recurrence", "frequency": "month", "interval": 3}
    assert due(trigger, after=NOW - timedelta(days=200)) == datetime(2026, 10, 31, 6, 15, 10, tzinfo=timezone.utc)


def test_a_schedule_is_due_between_its_start_and_its_end_only():
    hourly = {"triggerType": "Cron", "expression": "0 * * * *", "timeZone": "UTC"}
    assert due(hourly).hour == 12
    assert due({**hourly, "startTime": "2026-11-04 12:10:00"}) is None
    assert due({**hourly, "endTime": "2026-11-04T11:10:00"}).hour == 11
    assert due(hourly, after=NOW - timedelta(minutes=10)) is None


def test_a_schedule_without_a_start_is_due_at_once():
    """The documentation of the SDK says so."""
    trigger = {"triggerType": "Cron", "expression": "0 0 * * 1", "timeZone": "UTC"}
    created = NOW.timestamp() - 60
    assert latest_due(trigger, created, created - 1e-3, NOW.timestamp()) == created
    assert latest_due(trigger, created, created, NOW.timestamp()) is None


def test_all_time_zones_of_the_sdk_are_known():
    for zone in TimeZone:
        check_trigger({"triggerType": "Cron", "expression": "0 0 * * *", "timeZone": zone.value})


@pytest.mark.parametrize(
    "wrong",
    [
        {"expression": "0 0 * *"},
        {"expression": "60 0 * * *"},
        {"expression": "0 0 * * someday"},
        {"expression": "5-1 0 * * *"},
        {"timeZone": "Middle Earth Standard Time"},
        {"startTime": "tomorrow"},
        {"triggerType": "Moon"},
        {"triggerType": "Recurrence", "frequency": "Year", "interval": 1},
        {"triggerType": "Recurrence", "frequency": "Day", "interval": 0},
        {
            "triggerType": "Recurrence",
            "frequency": "Day",
            "interval": 1,
            "schedule": {"hours": [1], "minutes": [1], "weekDays": ["Noday"]},
        },
    ],
)
def test_what_is_not_valid_is_refused(wrong):
    with pytest.raises(ServiceError):
        check_trigger({"triggerType": "Cron", "expression": "0 0 * * *", "timeZone": "UTC", **wrong})
