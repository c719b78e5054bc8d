"""What became of an account after a warning, as far as anybody could see."""

from collections.abc import Sequence
from typing import NamedTuple

from health_monitor.learn.stretches import Stretch, verdict_days
from health_monitor.model.replay import Kept

HORIZON_DAYS = 90
"""A warning was right when the account left within this many days."""


def came_true(stretch: Stretch, day: int) -> bool | None:
    """Whether the account left within 90 days after `day`; None when observation ended before anybody could know."""
    if stretch.churn is not None:
        return day < stretch.churn <= day + HORIZON_DAYS
    return None if stretch.walk.end < day + HORIZON_DAYS else False


class Exposure(NamedTuple):
    """An account's verdict days whose outcome is known, and how many of them churn followed within 90 days."""

    known: int
    followed: int


def exposure(stretch: Stretch, first: int, last: int) -> Exposure:
    """The base rate's two numbers over the days first..last."""
    walk = stretch.walk
    if stretch.churn is None:
        return Exposure(verdict_days(walk, first, min(last, walk.end - HORIZON_DAYS)), 0)
    near = max(first, stretch.churn - HORIZON_DAYS)
    return Exposure(verdict_days(walk, first, last), verdict_days(walk, near, last))


class Tally(NamedTuple):
    """One method's alerts on one account: all, those with a known outcome, those that came true, lead of the first."""

    alerts: int
    known: int
    hits: int
    lead_days: int


def tally(stretch: Stretch, days: Sequence[int]) -> Tally:
    """`lead_days` counts from the first alert in the 90 days before churn; 0 without one. `days` must rise."""
    known = hits = lead = 0
    for day in days:
        true = came_true(stretch, day)
        known += true is not None
        hits += bool(true)
        if true and not lead and stretch.churn is not None:
            lead = stretch.churn - day
    return Tally(len(days), known, hits, lead)


def days_by_account(kept: Sequence[Kept]) -> dict[str, list[int]]:
    """Each account's alert days, rising."""
    days: dict[str, list[int]] = {}
    for alert in kept:
        days.setdefault(alert.account_id, []).append(alert.day)
    return {account_id: sorted(found) for account_id, found in days.items()}


def left_in_period(stretch: Stretch, from_day: int, to_day: int) -> bool:
    """Whether the account left while the report was looking: its last day with us is one of the period's days."""
    return stretch.churn is not None and from_day < stretch.churn <= to_day + 1


def was_eligible(stretch: Stretch) -> bool:
    """Whether the rule ever had a verdict on the account in the period, before it left."""
    return verdict_days(stretch.walk, stretch.first, stretch.last) > 0
