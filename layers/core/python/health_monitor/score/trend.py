"""Where a score is going: deltas, the slope over three months, and what fell fast. Always on one scoring version."""

from collections.abc import Iterator
from itertools import combinations, pairwise
from statistics import median

from health_monitor.model.score import HISTORY_DAYS, Deltas, Flag, History, TrendWord
from health_monitor.model.scorecard import STATUSES, BandSet, Trend
from health_monitor.score.status import status_of, tenths

NEAR_DAYS = 3
"""A score of so many days before or after stands in for a day without one: of weekly scores one is always as near."""
SLOPE_DAYS = 90
POINTS = 13
"""The slope looks at one score a week: thirteen weeks are three months."""
MIN_POINTS = 8
"""With fewer weekly scores than these nobody can tell a trend of three months; eight span at least seven weeks."""
_AROUND = tuple(shift for far in range(1, NEAR_DAYS + 1) for shift in (-far, far))
_WEEK = 7


def extended(history: History | None, version: str, day: int, value: int | None) -> History:
    """The history with this day's score (tenths), as of that day; another version begins a new one.

    Telling a day again replaces it, and nights that were missed are None.
    """
    gap = day - history.first_day - len(history.values) if history else 0
    if history is None or history.version != version or day < history.first_day or gap >= HISTORY_DAYS:
        return History(version, day, (value,))
    values = (*history.values[: day - history.first_day], *(None,) * max(gap, 0), value)[-HISTORY_DAYS:]
    return History(version, day - len(values) + 1, values)


def near(history: History, day: int) -> int | None:
    """The score of that day, else the nearest of the days around it; of two as near the older."""
    found = history.on(day)
    if found is not None:
        return found
    around = (history.on(day + shift) for shift in _AROUND)
    return next((found for found in around if found is not None), None)


def change(history: History, day: int, days: int) -> int | None:
    """How many tenths the score changed in so many days; None when one of the two is unknown."""
    now, then = history.on(day), near(history, day - days)
    return None if now is None or then is None else now - then


def deltas(history: History, day: int) -> Deltas:
    """Changes in tenths over 30, 90 and 180 days, from point to point (D16)."""
    return Deltas(change(history, day, 30), change(history, day, 90), change(history, day, 180))


def momentum_of(moved: Deltas, trend: Trend) -> TrendWord | None:
    """Where it went in the last 30 days (D6): what the colour and the coverage tiers look at."""
    if moved.d30 is None:
        return None
    return _word(moved.d30, tenths(trend.declining_30d), tenths(trend.improving_30d))


def slope_of(history: History, day: int) -> float | None:
    """The Theil–Sen slope of the last 13 weekly scores, in points in 90 days; None with fewer than 8 of them.

    The median of the slopes between all pairs (Theil 1950, Sen 1968): up to three weeks out of line change little.
    """
    points = list(_weekly(history, day))
    if len(points) < MIN_POINTS:
        return None
    rises = [(late - early) / (to - since) for (since, early), (to, late) in combinations(points, 2)]
    return round(median(rises) * SLOPE_DAYS / 10, 6)


def trend_of(history: History, day: int, trend: Trend) -> TrendWord | None:
    """Improving, stable or declining over three months; None while there are too few scores to say.

    Three falls in a row are a decline, however flat: nobody hears of them beside the word stable.
    """
    if declines_three_months(history, day, trend):
        return "declining"
    slope = slope_of(history, day)
    return None if slope is None else _word(slope, -trend.slope_90d, trend.slope_90d)


def flags_of(history: History, day: int, moved: Deltas, trend: Trend, bands: BandSet) -> tuple[Flag, ...]:
    """Seed 002's flags: −10 in 30 days, −15 in 90 days, and the night on which a score crosses into another band."""
    flags: list[Flag] = []
    if moved.d30 is not None and moved.d30 <= tenths(trend.rapid_30d):
        flags.append("rapid_decline")
    if moved.d90 is not None and moved.d90 <= tenths(trend.sustained_90d):
        flags.append("sustained_decline")
    before, now = (status_of(value, bands) for value in (_last_before(history, day), history.on(day)))
    if before and now and before != now:
        flags.append("crossed_up" if STATUSES.index(now) > STATUSES.index(before) else "crossed_down")
    return tuple(flags)


def declines_three_months(history: History, day: int, trend: Trend) -> bool:
    """Three falls of 30 days one after the other, together as much as the slope that counts (§1c: 5 points)."""
    values = [near(history, day - days) for days in (90, 60, 30)] + [history.on(day)]
    known = [value for value in values if value is not None]
    falls = len(known) == len(values) and all(late < early for early, late in pairwise(known))
    return falls and known[-1] - known[0] <= -tenths(trend.slope_90d)


def _word(change: float, declining: float, improving: float) -> TrendWord:
    return "declining" if change <= declining else "improving" if change >= improving else "stable"


def _weekly(history: History, day: int) -> Iterator[tuple[int, int]]:
    for at in range(day - _WEEK * (POINTS - 1), day + 1, _WEEK):
        found = near(history, at)
        if found is not None:
            yield at, found


def _last_before(history: History, day: int) -> int | None:
    """The score of the night before, or of the last one within a week."""
    earlier = (history.on(one) for one in range(day - 1, day - _WEEK - 1, -1))
    return next((value for value in earlier if value is not None), None)
