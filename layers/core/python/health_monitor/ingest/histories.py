"""From rows to daily counts: duplicates collapse, days are counted, users are remembered."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter

from health_monitor.model.intake import Intake
from health_monitor.model.usage import History, Series, UsageEvent, UserUse

Use = tuple[str, str, str, int]
"""User, event, occurred_at and day: one account's event without how often."""
Uses = dict[Use, int]

_USE = itemgetter(slice(1, 5))
_N = itemgetter(5)
_DAY = itemgetter(3)
_WHO_WHEN = itemgetter(0, 3)


def build_history(
    account_id: str, rows: Iterable[UsageEvent], first: int | None, last: int, intake: Intake
) -> History | None:
    """One account's usage from its start (`first`, None = its first event) to its last day; None without any.

    A row's identity is account, user, event and occurred_at: repeated rows collapse to the larger n.
    """
    uses = _uses(list(rows), first, last, intake)
    return History(account_id, _series(uses), tuple(_users(uses))) if uses else None


def build_series(rows: Sequence[UsageEvent], first: int | None, last: int, intake: Intake) -> Series | None:
    """The same usage without its users, for those who read only the counts."""
    uses = _uses(rows, first, last, intake)
    return _series(uses) if uses else None


def _uses(rows: Sequence[UsageEvent], first: int | None, last: int, intake: Intake) -> Uses:
    uses: Uses = dict(zip(map(_USE, rows), map(_N, rows), strict=True))
    if len(uses) < len(rows):
        uses = _collapsed(rows, intake)
    days = set(map(_DAY, uses))
    if not days or ((first is None or first <= min(days)) and max(days) <= last):
        return uses
    inside = {use: n for use, n in uses.items() if (first is None or first <= use[3]) and use[3] <= last}
    intake.outside_tenure += len(uses) - len(inside)
    return inside


def _collapsed(rows: Sequence[UsageEvent], intake: Intake) -> Uses:
    uses: Uses = {}
    for row in rows:
        use, n = _USE(row), row.n
        known = uses.setdefault(use, n)
        if known != n:
            intake.conflicts += 1
            uses[use] = max(known, n)
    intake.duplicates += len(rows) - len(uses)
    return uses


def _series(uses: Uses) -> Series:
    active = set(map(_WHO_WHEN, uses))
    users = Counter(map(itemgetter(1), active))
    # Sorted backwards, so that what stays in the dictionary is each user's first day.
    newcomers = Counter(dict(sorted(active, reverse=True)).values())
    first, last = min(users), max(users)
    events = [0] * (last - first + 1)
    for use, n in uses.items():
        events[use[3] - first] += n
    days = range(first, last + 1)
    return Series(first, events, [users[day] for day in days], [newcomers[day] for day in days])


def _users(uses: Uses) -> Iterator[UserUse]:
    latest: dict[str, tuple[int, str, str]] = {}
    totals: dict[str, int] = defaultdict(int)
    days: dict[str, set[int]] = defaultdict(set)
    for (user_id, event, occurred_at, day), n in uses.items():
        latest[user_id] = max(latest.get(user_id, (0, "", "")), (day, occurred_at, event))
        totals[user_id] += n
        days[user_id].add(day)
    for user_id, (last, _, feature) in sorted(latest.items()):
        fortnight = sum(1 << (last - day) for day in days[user_id] if last - day < 14)
        yield UserUse(user_id, min(days[user_id]), last, feature, fortnight, totals[user_id])
