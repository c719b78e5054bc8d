"""From rows to daily counts: duplicates collapse, days are counted, users are remembered."""

from collections.abc import Iterable

from health_monitor.model.intake import Intake
from health_monitor.model.usage import History, Series, UsageEvent, UserUse


def build_history(
    account_id: str, rows: Iterable[UsageEvent], first: int | None, last: int, intake: Intake
) -> History | None:
    """One account's usage from its start (`first`, None = its first event) to its last day; None without any.

    A row's identity is account, user, event and occurred_at: repeated rows collapse to the larger n.
    """
    uses = _unique(rows, intake)
    inside = {key: n for key, n in uses.items() if (first is None or first <= key[0]) and key[0] <= last}
    intake.outside_tenure += len(uses) - len(inside)
    if not inside:
        return None
    series, users = _count(inside)
    return History(account_id, series, users)


def _unique(rows: Iterable[UsageEvent], intake: Intake) -> dict[tuple[int, str, str, str], int]:
    uses: dict[tuple[int, str, str, str], int] = {}
    for _, user_id, event, occurred_at, day, n in rows:
        key = (day, user_id, event, occurred_at)
        known = uses.get(key)
        if known is None:
            uses[key] = n
            continue
        intake.duplicates += 1
        if known != n:
            intake.conflicts += 1
            uses[key] = max(known, n)
    return uses


def _count(uses: dict[tuple[int, str, str, str], int]) -> tuple[Series, tuple[UserUse, ...]]:
    first, last = min(uses)[0], max(uses)[0]
    days = last - first + 1
    series = Series(first, [0] * days, [0] * days, [0] * days)
    active: dict[tuple[int, str], None] = {}
    people: dict[str, tuple[int, str, str]] = {}
    totals: dict[str, int] = {}
    for (day, user_id, event, occurred_at), n in uses.items():
        series.events[day - first] += n
        active[day, user_id] = None
        people[user_id] = max(people.get(user_id, (0, "", "")), (day, occurred_at, event))
        totals[user_id] = totals.get(user_id, 0) + n
    by_user: dict[str, list[int]] = {}
    for day, user_id in sorted(active):
        series.active_users[day - first] += 1
        by_user.setdefault(user_id, []).append(day)
    for days_active in by_user.values():
        series.new_users[days_active[0] - first] += 1
    users = (_user(user_id, by_user[user_id], people[user_id], totals[user_id]) for user_id in sorted(by_user))
    return series, tuple(users)


def _user(user_id: str, days: list[int], last: tuple[int, str, str], total: int) -> UserUse:
    bits = sum(1 << (last[0] - day) for day in days if last[0] - day < 14)
    return UserUse(user_id, days[0], last[0], last[2], bits, total)
