"""What a score means: its status by the bands, what limits it, and the colour people see."""

from decimal import Decimal

from health_monitor.model.records import HealthStatus
from health_monitor.model.score import COLOR, Color, Score, TrendWord
from health_monitor.model.scorecard import STATUSES, BandSet, Scorecard

FULL_SCORE = 1_000
"""The best score, in tenths."""


def tenths(points: float | Decimal) -> int:
    """Points as the whole tenths that scores and deltas are kept in."""
    return round(points * 10)


def status_of(value: int | None, bands: BandSet) -> HealthStatus | None:
    """The band that a score (tenths) lies in: each begins with its edge, so 75.0 is healthy and 74.9 is not (D4)."""
    if value is None:
        return None
    return next((status for status, edge in _edges(bands) if value >= edge), "critical")


def limited(score: Score, status: HealthStatus, scorecard: Scorecard) -> tuple[HealthStatus, str | None]:
    """The status after the scorecard's limits, and the limit that made it worse; the score itself is not touched.

    A measure that the account's card does not use, or that nobody knows, limits nothing.
    """
    worst, name = status, None
    for limit in scorecard.status_limits:
        reading = score.reading(limit.measure)
        bites = reading is not None and reading.value is not None and reading.value <= limit.at_most * 100
        if bites and STATUSES.index(limit.status) < STATUSES.index(worst):
            worst, name = limit.status, limit.name
    return worst, name


def color_of(status: HealthStatus | None, momentum: TrendWord | None) -> Color | None:
    """Seed 002's colour, as D6 settles it: it shows where an account is going, and nothing else reads it.

    Healthy and declining is yellow; improving is one step greener than the status; anything else is the status'.
    """
    if status is None:
        return None
    if status == "healthy" and momentum == "declining":
        return "yellow"
    step = 1 if momentum == "improving" else 0
    return COLOR[STATUSES[min(STATUSES.index(status) + step, len(STATUSES) - 1)]]


def within(value: int | None, status: HealthStatus | None, bands: BandSet) -> int | None:
    """The score for whatever follows the status (tiers, priority): the nearest one inside the status' band.

    It differs from the score only while an override or a limit says otherwise than the bands.
    """
    if status is None:
        return value
    edges = dict(_edges(bands))
    low = edges.get(status, 0)
    high = min((edge for edge in edges.values() if edge > low), default=FULL_SCORE + 1) - 1
    return low if value is None else min(max(value, low), high)


def _edges(bands: BandSet) -> tuple[tuple[HealthStatus, int], ...]:
    """Where each band begins, in tenths, the best first."""
    return ("healthy", tenths(bands.healthy)), ("moderate", tenths(bands.moderate)), ("at_risk", tenths(bands.at_risk))
