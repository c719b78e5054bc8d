"""An account's use as of a day: from its ring and users for a night, from its events for many days of the past."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from health_monitor.model.evidence import Use, UserDays
from health_monitor.model.usage import FEATURES_KEPT, Series, UserUse
from health_monitor.score.users import DORMANT_DAYS, FORTNIGHT, days_of, rhythm_of, user_days, user_score, user_state

SEEN_DAYS = 90
"""Users seen within so many days make the account's user health."""
_RECENT = (1 << FORTNIGHT) - 1

Event = tuple[int, str, str]
"""A day (ordinal), a user, a feature."""
Total = Callable[[int, int], int]
"""Sum of active users from one day to another."""


def use_of(
    series: Series, users: Sequence[UserUse], seen_from: int, start: int, day: int, core: Collection[str],
    key_users: frozenset[str], baseline: float | None,
) -> Use:  # fmt: skip
    """The account's use as of the end of that day; users and days after it do not count.

    start, seen_from: when its tenure began, and the first day of which use can be known. core: its core features.
    """
    counted = (user for user in users if day - user.last_day < SEEN_DAYS or user.user_id in key_users)
    found = [days for user in counted if (days := user_days(user, day)) is not None]
    total = _total(series.first_day, series.active_users)
    return _use(found, total, seen_from, start, day, core, key_users, baseline)


def walk_use(
    events: Iterable[Event], start: int, seen_from: int, days: Sequence[int], core: Collection[str],
    key_users: frozenset[str],
) -> Iterator[tuple[int, Use]]:  # fmt: skip
    """The same for many days, in one pass over all events of an account, by day; days must rise.

    Days before the first event are left out: of them nothing is known. Repeated events change nothing.
    """
    walked, coming = _Walked(), iter(events)
    waiting = next(coming, None)
    for day in days:
        while waiting is not None and waiting[0] <= day:
            walked.add(*waiting)
            waiting = next(coming, None)
        if walked.users:
            found, total = walked.seen(day, key_users), _total(walked.first_day, walked.active)
            yield day, _use(found, total, seen_from, start, day, core, key_users, None)


def _total(first_day: int, active: list[int]) -> Total:
    def total(begin: int, end: int) -> int:
        return sum(active[max(0, begin - first_day) : max(0, end - first_day + 1)])

    return total


def _use(
    users: list[UserDays], total: Total, seen_from: int, start: int, day: int, core: Collection[str],
    key_users: frozenset[str], baseline: float | None,
) -> Use:  # fmt: skip
    def index(back: int) -> int | None:
        end = day - back
        return total(end - FORTNIGHT + 1, end) if end - FORTNIGHT + 1 >= seen_from else None

    recent, core = [user for user in users if user.silent_days < SEEN_DAYS], frozenset(core)
    active = [user for user in recent if user.silent_days < DORMANT_DAYS]
    rhythms = list(map(rhythm_of, active))
    states = list(map(user_state, recent))
    return Use(
        age=day - start,
        seen_days=day - seen_from + 1,
        index_now=total(max(seen_from, day - FORTNIGHT + 1), day),
        index_30=index(30),
        index_60=index(60),
        index_90=index(90),
        baseline=baseline,
        active_30=len(active),
        new_90=sum(user.known_days < SEEN_DAYS for user in recent),
        daily=rhythms.count("daily"),
        weekly=rhythms.count("weekly"),
        monthly=rhythms.count("monthly"),
        user_health=(sum(user_score(user, core) for user in recent), len(recent)),
        engaged=states.count("engaged"),
        at_risk=states.count("at_risk"),
        dormant=states.count("dormant"),
        features=tuple(sorted(set[str]().union(*[user.features for user in active]))),
        key_users=tuple(user for user in users if user.user_id in key_users),
    )


class _Walked:
    """All users so far ([first day, last day, fortnight, features]) and the active ones of each day."""

    def __init__(self) -> None:
        self.users: dict[str, tuple[int, int, int, dict[str, int]]] = {}
        self.first_day, self.active = 0, list[int]()

    def add(self, day: int, user_id: str, feature: str) -> None:
        first, last, fortnight, features = self.users.get(user_id) or (day, 0, 0, dict[str, int]())
        features[feature] = day
        if last != day:
            moved = fortnight << min(day - last, FORTNIGHT) & _RECENT
            self.users[user_id] = first, day, moved | 1, features
            self._count(day)

    def _count(self, day: int) -> None:
        if not self.active:
            self.first_day = day
        self.active += [0] * (day - self.first_day + 1 - len(self.active))
        self.active[-1] += 1

    def seen(self, day: int, key_users: frozenset[str]) -> list[UserDays]:
        """Those who count on that day, by id; others were last seen too long ago to count for anything."""
        return [
            days_of(user_id, first, last, fortnight, _latest(features, day), day)
            for user_id, (first, last, fortnight, features) in sorted(self.users.items())
            if day - last < SEEN_DAYS or user_id in key_users
        ]


def _latest(features: dict[str, int], day: int) -> Iterable[tuple[str, int]]:
    """As many features as a user's entry keeps, by name."""
    used_from = day - DORMANT_DAYS
    recent = [(used, name) for name, used in features.items() if used > used_from]
    if len(recent) > FEATURES_KEPT:
        recent = sorted(recent)[-FEATURES_KEPT:]
    return sorted((name, used) for used, name in recent)
