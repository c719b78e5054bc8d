"""When automatic mail may arrive, in the recipient's time, also in the nights when the clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from health_monitor.model.outreach import Flag
from health_monitor.model.routing import Window

_DAYS = 10
"""Longer than any weekend, and than a day that a country skipped."""


def zone_of(*names: str | None) -> ZoneInfo:
    """The first name that is a time zone; a CRM may hold anything. UTC when none is."""
    for name in names:
        try:
            return ZoneInfo(name or "")
        except (KeyError, ValueError, OSError):  # unknown, no path below the zones, a folder of them
            continue
    return ZoneInfo("UTC")


def is_set(flag: Flag, now: datetime) -> bool:
    """Whether a flag counts today; its last day counts."""
    return flag.until is None or now.date() <= flag.until


def is_open(at: datetime, window: Window, zone: ZoneInfo) -> bool:
    """Whether mail may arrive at that moment."""
    local = at.astimezone(zone)
    return _is_day(local.date(), window) and window.from_hour <= local.hour < window.to_hour


def first_open(at: datetime, window: Window, zone: ZoneInfo) -> datetime:
    """The first moment from `at` on at which mail may arrive, in UTC."""
    today = at.astimezone(zone).date()
    moments = (_opening(today + timedelta(days=n), at, window, zone) for n in range(_DAYS))
    return next(moment for moment in moments if moment)


def _opening(day: date, at: datetime, window: Window, zone: ZoneInfo) -> datetime | None:
    """The hour may not exist on the day when the clocks change: then the moment lies elsewhere, and is looked at."""
    opens = datetime.combine(day, time(window.from_hour), zone).astimezone(UTC)
    found = max(at.astimezone(UTC), opens)
    return found if found.astimezone(zone).date() == day and is_open(found, window, zone) else None


def _is_day(day: date, window: Window) -> bool:
    return window.weekends or day.weekday() < 5
