"""One account under two scorecards: where it stood week by week, what was raised, and what became of it."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from health_monitor.learn.outcomes import HORIZON_DAYS
from health_monitor.model.records import AT_RISK, HealthStatus

EARLY_DAYS = 28
"""A warning so many days before the customer left was early enough to do something."""
SIDES = (0, 1)
"""The scorecard that is live, and the other."""


class Point(NamedTuple):
    """Where an account stood on a day (an ordinal); value in tenths. alerts: kinds of signal that were new then."""

    day: int
    value: int | None
    status: HealthStatus | None
    alerts: tuple[str, ...] = ()


class Facts(NamedTuple):
    """What is known of an account whatever its score. left: the first day without it; renewed: the days it did.

    seen_until: the last day on which anybody could have seen it leave. Days are ordinals.
    """

    account_id: str
    label: str
    segment: str | None = None
    csm: str | None = None
    arr: Decimal | None = None
    left: int | None = None
    renewed: tuple[int, ...] = ()
    seen_until: int = 0


class Replayed(NamedTuple):
    """An account's points, rising, on the same days under the scorecard that is live and under the other."""

    facts: Facts
    points: tuple[tuple[Point, ...], tuple[Point, ...]]


class Outcome(NamedTuple):
    """What one scorecard made of one account.

    judged, lead: whether it had a status in the 90 days before it left, and so many days before it left it first
    stood at risk; 0 when it never did. renewals, false_alarms: renewals that could be judged, and those at risk before.
    warnings, right: times it came to stand at risk with a known outcome, and those after which it left within 90 days.
    """

    alerts: int
    judged: bool
    lead: int
    renewals: int
    false_alarms: int
    warnings: int
    right: int

    @property
    def missed(self) -> bool:
        """It left, and had not stood at risk in the 90 days before."""
        return self.judged and not self.lead


def outcome(facts: Facts, points: Sequence[Point]) -> Outcome:
    """Everything that is counted about one side."""
    judged, lead = _leaving(facts.left, points)
    renewals = [found for day in facts.renewed if (found := _before(points, day)) is not None]
    warned = [right for day in _warnings(points) if (right := came_true(facts, day)) is not None]
    alerts = sum(len(point.alerts) for point in points)
    return Outcome(alerts, judged, lead, len(renewals), sum(renewals), len(warned), sum(warned))


def came_true(facts: Facts, day: int) -> bool | None:
    """Whether the account left within 90 days after that day; None while nobody can know."""
    if facts.left is not None:
        return day < facts.left <= day + HORIZON_DAYS
    return None if facts.seen_until < day + HORIZON_DAYS else False


def _leaving(left: int | None, points: Sequence[Point]) -> tuple[bool, int]:
    if left is None:
        return False, 0
    seen = _window(points, left)
    first = next((point.day for point in seen if point.status in AT_RISK), left)
    return bool(seen), left - first


def _before(points: Sequence[Point], day: int) -> bool | None:
    """Whether it stood at risk in the 90 days before that day; None when it had no status then."""
    seen = _window(points, day)
    return any(point.status in AT_RISK for point in seen) if seen else None


def _window(points: Sequence[Point], before: int) -> list[Point]:
    return [point for point in points if before - HORIZON_DAYS <= point.day < before and point.status is not None]


def _warnings(points: Sequence[Point]) -> Iterator[int]:
    """The days on which it came to stand at risk."""
    was = False
    for point in points:
        at_risk = point.status in AT_RISK
        if at_risk and not was:
            yield point.day
        was = at_risk
