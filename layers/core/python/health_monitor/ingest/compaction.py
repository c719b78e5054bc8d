"""From what arrived to what is kept: the days that new events touch are counted afresh, from all of their events.

A day is set, never added to, and a user's entry is the later, or earlier, of two. So it does not matter how often, in
which order or on how many nights the same events are compacted: the result is what a rebuild from the archive gives.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta

from health_monitor.ingest.histories import build_history, moved
from health_monitor.model.intake import Intake
from health_monitor.model.usage import History, Ring, Series, UsageEvent, UserUse, kept_features

LATEST_DAYS = 7
"""Days that an event may be late: all events of such a day are still among the arrivals. Later ones need a rebuild."""
SLACK = timedelta(hours=1)
"""How long a process may take between reading the clock and writing, and how far a vendor's clock may be ahead."""
EVER = datetime(2000, 1, 1, tzinfo=UTC)
NEVER = datetime(9999, 12, 31, 23, tzinfo=UTC)
"""Marks a ring that must stay as it is, until it is rebuilt."""

Arrived = Mapping[UsageEvent, datetime]
"""Events with the first hour they arrived in, of those hours that were read."""


def too_late(day: int, received: datetime) -> bool:
    """Whether an event of that day arrived so late that only a rebuild can count it."""
    return day < received.astimezone(UTC).toordinal() - LATEST_DAYS


def reading_from(compacted: datetime | None) -> datetime:
    """From which hour on arrivals are new; EVER for an account that has no ring yet."""
    return compacted - SLACK if compacted else EVER


def needed_from(compacted: datetime | None, arrived: Arrived) -> datetime:
    """From which hour on arrivals must be read to have every event of the days that new ones touch."""
    return _whole_day(min(_touched(compacted, arrived), default=NEVER.toordinal()))


def compact(
    account_id: str, ring: Ring | None, users: Iterable[UserUse], arrived: Arrived, first: int | None, last: int,
    through: date,
) -> History | None:  # fmt: skip
    """The account's usage with what arrived; None when that changes nothing. `users` are those of the ring.

    first, last: its tenure, None = no known start. through: a day that is over, so what arrived on it is all there.
    """
    compacted = ring.compacted if ring else None
    touched = _touched(compacted, arrived)
    fresh = build_history(account_id, [[one for one in arrived if one.day in touched]], first, last, Intake())
    if fresh is None:
        return None
    upto = max(compacted or EVER, datetime.combine(through + timedelta(days=1), time(), UTC))
    before = tuple(users)
    now = tuple(_joined(before, fresh.users))
    series = _with_days(ring.series if ring else None, fresh.series, touched, now)
    if ring and (series, now, upto) == (ring.series, before, compacted):
        return None
    return History(account_id, series, now, upto)


def whole_hour(at: datetime) -> datetime:
    """Arrivals are kept by the hour, and so is how far they were compacted."""
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _touched(compacted: datetime | None, arrived: Arrived) -> set[int]:
    """The days of what is new. Of a day too long ago not every event is at hand, so nothing is known of it."""
    fresh = reading_from(compacted)
    return {event.day for event, hour in arrived.items() if hour >= fresh and not too_late(event.day, hour)}


def _whole_day(day: int) -> datetime:
    return datetime.combine(date.fromordinal(day), time(), UTC) - SLACK


def _with_days(ring: Series | None, fresh: Series, touched: set[int], users: Iterable[UserUse]) -> Series:
    """The ring with the touched days as they are now; who is new on a day is known from all users."""
    counts = _by_day(ring) if ring else {}
    counts |= {day: found for day, found in _by_day(fresh).items() if day in touched}
    days, newcomers = range(min(counts), max(counts) + 1), Counter(user.first_day for user in users)
    events, active = zip(*(counts.get(day, (0, 0)) for day in days), strict=True)
    return Series(days.start, list(events), list(active), [newcomers[day] for day in days])


def _by_day(series: Series) -> dict[int, tuple[int, int]]:
    return dict(enumerate(zip(series.events, series.active_users, strict=True), series.first_day))


def _joined(before: Iterable[UserUse], fresh: Iterable[UserUse]) -> list[UserUse]:
    users = {user.user_id: user for user in before}
    for user in fresh:
        known = users.get(user.user_id)
        users[user.user_id] = _both(known, user) if known else user
    return [users[user_id] for user_id in sorted(users)]


def _both(one: UserUse, other: UserUse) -> UserUse:
    """One user's entry from two that each know some of the days."""
    early, late = sorted((one, other), key=_last)
    told = max(one, other, key=_session)
    used = Counter(dict(early.features)) | Counter(dict(late.features))  # of each feature the later day
    return late._replace(
        first_day=min(one.first_day, other.first_day),
        fortnight=moved(early.fortnight, late.last_day - early.last_day) | late.fortnight,
        session_seconds=told.session_seconds,
        session_at=told.session_at,
        features=kept_features(used, late.last_day),
    )


def _last(user: UserUse) -> tuple[int, str, str]:
    return user.last_day, user.last_seen, user.last_feature


def _session(user: UserUse) -> tuple[str, int]:
    return user.session_at, user.session_seconds or 0
