"""From daily counts to the sums that one day's verdict needs."""

from collections.abc import Iterator
from itertools import accumulate, islice, repeat
from operator import sub

from health_monitor.model.account import Account
from health_monitor.model.usage import Rules, Series, Sums, Tenure


def start_of(account: Account, first_event_day: int | None) -> int | None:
    """The day an account's tenure begins: usage_start, else signup_date, else its first event."""
    known = account.usage_start or account.signup_date
    return known.toordinal() if known else first_event_day


def tenure_of(account: Account, first_event_day: int | None, data_from: int | None, rules: Rules) -> Tenure | None:
    """When the account began, and from when it is seen: data that begin more than an index window later begin there.

    An export of one year holds accounts that began years ago; their first years are not a silence. A gap of up to
    14 days is: somebody signs up, and the first events of all come some days later.
    """
    start = start_of(account, first_event_day)
    if start is None:
        return None
    return Tenure(start, data_from if data_from and data_from - start > rules.index_days else start)


def walk_sums(series: Series | None, tenure: Tenure, end: int, rules: Rules) -> Iterator[Sums]:
    """The sums of every day from seen_from to end, in order. Work is linear in the days."""
    start, first = tenure
    users = _padded(series, series.active_users if series else [], first, end)
    activity = _padded(series, series.events, first, end) if series and rules.by_events else users
    newcomers = _padded(series, series.new_users if series else [], first, end)
    days = len(users)
    total, total_users, known = _prefix(activity), _prefix(users), _prefix(newcomers)
    gap, width = rules.gap, rules.mature_from
    own = _window(total, gap, width, days)
    # Named tuples made by their own constructor would cost more than adding up.
    return map(
        tuple.__new__,
        repeat(Sums),
        zip(
            range(first, end + 1),
            range(first - start, end + 1 - start),
            range(1, days + 1),
            _window(total, 0, rules.index_days, days),
            _capped(range(1, days + 1), rules.index_days),
            own,
            _capped(range(1 - gap, days + 1 - gap), rules.baseline_days),
            own if activity is users else _window(total_users, gap, width, days),
            total[1:],
            known[1:],
            _silence(users),
            strict=True,
        ),
    )


def sums_at(series: Series | None, tenure: Tenure, day: int, rules: Rules) -> Sums:
    """The sums of one day; `series` may be a ring that no longer reaches back to the start."""
    activity = series.events if series and rules.by_events else series.active_users if series else []
    users = series.active_users if series else []
    first = tenure.seen_from
    own_to, own_from = day - rules.gap, max(first, day - rules.mature_from + 1)
    return Sums(
        day=day,
        age=day - tenure.start,
        seen_days=day - first + 1,
        index_sum=_between(series, activity, max(first, day - rules.index_days + 1), day),
        index_days=min(day - first + 1, rules.index_days),
        own_sum=_between(series, activity, own_from, own_to),
        own_days=max(0, own_to - own_from + 1),
        own_user_days=_between(series, users, own_from, own_to),
        cumulative=_between(series, activity, first, day),
        known_users=_between(series, series.new_users if series else [], first, day),
        silent_days=_silent_days(series, first, day),
    )


def _padded(series: Series | None, counts: list[int], start: int, end: int) -> list[int]:
    """The counts of exactly the days start…end; days outside the series are silent."""
    days = end - start + 1
    if series is None:
        return [0] * days
    offset = series.first_day - start
    inside = counts[max(0, -offset) : max(0, days - offset)]
    head = [0] * min(max(0, offset), days)
    return head + inside + [0] * (days - len(head) - len(inside))


def _prefix(counts: list[int]) -> list[int]:
    return list(accumulate(counts, initial=0))


def _window(prefix: list[int], gap: int, width: int, days: int) -> list[int]:
    """Σ over days t-width+1 … t-gap for each t, clipped at the first day."""
    ends = [0] * min(gap, days) + prefix[1 : max(1, days + 1 - gap)]
    starts = [0] * min(width, days) + prefix[1 : max(1, days + 1 - width)]
    return list(map(sub, ends, starts))


def _capped(lengths: range, most: int) -> Iterator[int]:
    return map(min, map(max, lengths, repeat(0)), repeat(most))


def _silence(users: list[int]) -> Iterator[int]:
    return islice(accumulate(users, lambda silent, active: 0 if active else silent + 1, initial=0), 1, None)


def _between(series: Series | None, counts: list[int], first: int, last: int) -> int:
    if series is None or last < first:
        return 0
    return sum(counts[max(0, first - series.first_day) : max(0, last - series.first_day + 1)])


def _silent_days(series: Series | None, start: int, day: int) -> int:
    if series is None:
        return day - start + 1
    for silent in range(day - start + 1):
        position = day - silent - series.first_day
        if position < 0:
            break
        if position < len(series.active_users) and series.active_users[position]:
            return silent
    return day - start + 1
