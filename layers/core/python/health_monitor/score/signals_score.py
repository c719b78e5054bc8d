"""Signals that the score itself gives: it is low, it fell, it keeps falling."""

from typing import NamedTuple

from health_monitor.model.evidence import Evidence
from health_monitor.model.records import AT_RISK, STATUS
from health_monitor.model.score import Score, Standing
from health_monitor.model.scorecard import Scorecard
from health_monitor.score.status import tenths
from health_monitor.score.trend import declines_three_months

LOW = 250
"""Seed 002: critical below 25, for every segment alike (D4)."""
PLUNGE = -200
"""Seed 002: 20 points in 30 days."""
ADOPTION_AGE = 120
"""Days of tenure: 30 of onboarding (seed 000) and three months after it."""
ADOPTED = 0.40
"""Share of core features in use below which adoption is low; product.md MODERATE (ours)."""


class Case(NamedTuple):
    """One account tonight; `standing` is as it will be, but for its signals."""

    evidence: Evidence
    score: Score
    standing: Standing
    scorecard: Scorecard

    @property
    def day(self) -> int:
        """Today, as an ordinal."""
        return self.evidence.day.toordinal()


class Found(NamedTuple):
    """What a signal says, and the records that it speaks of."""

    said: str
    records: tuple[str, ...] = ()


def points(value: int) -> str:
    """Tenths for people: 749 is 74.9."""
    return f"{value / 10:.1f}"


def score_below_25(case: Case) -> Found | None:
    """The score is below 25, whatever the bands say, unless somebody has judged otherwise."""
    value, kept = case.score.value, case.standing.override is None or case.standing.status == "critical"
    return Found(f"health score is {points(value)}, below 25") if value is not None and value < LOW and kept else None


def drop_20_30d(case: Case) -> Found | None:
    """It lost 20 points or more within 30 days."""
    return _fell(case.standing.deltas.d30, PLUNGE, 30)


def drop_10_30d(case: Case) -> Found | None:
    """It lost 10 points or more within 30 days."""
    return _fell(case.standing.deltas.d30, tenths(case.scorecard.trend.rapid_30d), 30)


def sustained_15_90d(case: Case) -> Found | None:
    """It lost 15 points or more within 90 days."""
    return _fell(case.standing.deltas.d90, tenths(case.scorecard.trend.sustained_90d), 90)


def entered_at_risk(case: Case) -> Found | None:
    """The status that counts is at risk or worse: by score, by a limit, or by somebody's judgement."""
    standing = case.standing
    if standing.status is None or standing.status not in AT_RISK:
        return None
    why = f"health score {points(standing.score)}" if standing.score is not None else "no health score"
    why = f"held down by the limit “{standing.limited_by}”, {why}" if standing.limited_by else why
    why = f"set by override, {why}" if standing.override else why
    return Found(f"status is {STATUS[standing.status]} ({why})")


def declining_3_months(case: Case) -> Found | None:
    """The score fell in each of the last three months."""
    history = case.standing.history
    if not declines_three_months(history, case.day, case.scorecard.trend):
        return None
    fell = -(case.standing.deltas.d90 or 0)
    return Found(f"health score fell three months in a row, by {points(fell)} points in all")


def low_adoption(case: Case) -> Found | None:
    """Three months after onboarding few of the core features are in use."""
    use, core = case.evidence.use, case.evidence.core_features
    if use is None or not core or use.age < ADOPTION_AGE:
        return None
    used = len(set(core).intersection(use.features))
    return Found(f"uses {used} of {len(core)} core features") if used < ADOPTED * len(core) else None


def _fell(moved: int | None, limit: int, days: int) -> Found | None:
    if moved is None or moved > limit:
        return None
    return Found(f"health score fell by {points(-moved)} points in {days} days")
