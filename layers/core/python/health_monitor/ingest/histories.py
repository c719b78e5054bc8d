"""From rows to daily counts: duplicates collapse, days are counted, users are remembered."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter
from typing import Any

from health_monitor.model.intake import Intake
from health_monitor.model.usage import History, Series, UsageEvent, UserUse, kept_features

Use = tuple[str, str, str, int, str]
"""User, event, occurred_at, day and event_id: one account's event without how often."""
Uses = dict[Use, int]

NEVER = 10_000_000
"""Later than any day."""
FORTNIGHT = 14
RECENT = (1 << FORTNIGHT) - 1

_USE = itemgetter(1, 2, 3, 4, 6)
_N = itemgetter(5)
_SESSION = itemgetter(7)
_DAY = itemgetter(3)
_WHO_WHEN = itemgetter(0, 3)


def build_history(
    account_id: str, pieces: Iterable[Sequence[UsageEvent]], first: int | None, last: int, intake: Intake
) -> History | None:
    """One account's usage from its start (`first`, None = its first event) to its last day; None without any.

    A row's identity is account, user, event, occurred_at and event_id: repeated rows collapse to the larger n. A piece
    holds all rows of its days, so memory need only hold one of them.
    """
    counted, people = _Counted(), _People()
    for rows in pieces:
        uses = _uses(rows, first, last, intake)
        counted.add(uses)
        people.add(uses)
        people.hear(row for row in rows if _SESSION(row) is not None and _USE(row) in uses)
    return History(account_id, counted.series(), tuple(people.users())) if counted.users else None


def build_series(pieces: Iterable[Sequence[UsageEvent]], first: int | None, last: int, intake: Intake) -> Series | None:
    """The same usage without its users, for those who read only the counts."""
    counted = _Counted()
    for rows in pieces:
        counted.add(_uses(rows, first, last, intake))
    return counted.series() if counted.users else None


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


class _Counted:
    """Events and distinct users per day, and each user's first day."""

    def __init__(self) -> None:
        self.events: dict[int, int] = defaultdict(int)
        self.users: Counter[int] = Counter()
        self.first_days: dict[str, int] = {}

    def add(self, uses: Uses) -> None:
        """Count a piece: days that no other piece holds."""
        active = set(map(_WHO_WHEN, uses))
        self.users.update(map(itemgetter(1), active))
        for user_id, day in active:
            if day < self.first_days.get(user_id, NEVER):
                self.first_days[user_id] = day
        events = self.events
        for use, n in uses.items():
            events[use[3]] += n

    def series(self) -> Series:
        first, last = min(self.users), max(self.users)
        newcomers, days = Counter(self.first_days.values()), range(first, last + 1)
        events = [self.events.get(day, 0) for day in days]
        return Series(first, events, [self.users[day] for day in days], [newcomers[day] for day in days])


class _People:
    """Each user's entry so far: first and last day, the last one's moment and feature, fortnight; features, session."""

    def __init__(self) -> None:
        self._known: dict[str, list[Any]] = {}
        self._features: dict[str, dict[str, int]] = defaultdict(dict)
        self._sessions: dict[str, tuple[str, int | None]] = {}

    def add(self, uses: Uses) -> None:
        """Remember a piece, in whatever order its days come."""
        for user_id, event, occurred_at, day, _ in uses:
            features = self._features[user_id]
            if day > features.get(event, 0):
                features[event] = day
            known = self._known.get(user_id)
            if known is None:
                self._known[user_id] = [day, day, (occurred_at, event), 1]
                continue
            if day > known[1]:
                known[1:] = [day, (occurred_at, event), moved(known[3], day - known[1]) | 1]
                continue
            known[0] = min(known[0], day)
            known[3] |= moved(1, known[1] - day)
            if day == known[1]:
                known[2] = max(known[2], (occurred_at, event))

    def hear(self, rows: Iterable[UsageEvent]) -> None:
        """Remember of each user the latest session that a source told of; of two that end together, the longer."""
        for row in rows:
            told = (row.occurred_at, row.session_seconds)
            self._sessions[row.user_id] = max(self._sessions.get(row.user_id, told), told)

    def users(self) -> Iterator[UserUse]:
        for user_id, (first, last, (last_seen, feature), fortnight) in sorted(self._known.items()):
            at, seconds = self._sessions.get(user_id, ("", None))
            used = kept_features(self._features[user_id], last)
            yield UserUse(user_id, first, last, feature, fortnight, last_seen, seconds, at, used)


def moved(fortnight: int, days: int) -> int:
    """The same fortnight seen some days later: the oldest days leave it."""
    return fortnight << min(days, FORTNIGHT) & RECENT
