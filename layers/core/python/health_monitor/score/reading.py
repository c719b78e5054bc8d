"""What every measure needs: a share as a value, the moments of a window, an average in which the recent weighs more."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from math import exp2

from health_monitor.model.score import FULL, Number, Reading

Settings = Mapping[str, float]
"""All settings of a measure: the scorecard's, else its own."""
WORST, BEST = 0, FULL


def value_of(share: float) -> int:
    """A share of the best value, 0 to 1, in hundredths; what lies outside is the nearest of both."""
    return round(min(max(share, 0.0), 1.0) * FULL)


def unknown(because: str, **numbers: Number) -> Reading:
    """A reading of which nobody can say the value, and why."""
    return Reading(None, numbers, because=because)


@lru_cache(maxsize=256)  # a night asks for the same few windows of every account
def from_day(day: date, days: float) -> datetime:
    """When the window of so many days that ends with that day begins."""
    return datetime.combine(day - timedelta(days=int(days) - 1), time(), UTC)


def days_since(day: date, at: datetime) -> int:
    """Whole days from a moment to that day."""
    return (day - at.astimezone(UTC).date()).days


def weighted(answers: Iterable[tuple[float, int]], half_life: float) -> float:
    """The mean of values of which each is so many days old; one that is a half-life older counts half."""
    parts = [(value, exp2(-days / half_life)) for value, days in answers]
    return sum(value * weight for value, weight in parts) / sum(weight for _, weight in parts)
