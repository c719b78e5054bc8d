"""A health score with everything it came from. Scores are whole tenths (750 = 75.0), measures whole hundredths.

Integers, so that bands, deltas and waterfalls are exact: 74.96 is kept as 749 and shown as 74.9, never as 75.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal, NamedTuple

from health_monitor.model.records import HealthStatus
from health_monitor.model.strict import Strict

FULL = 10_000
"""A measure's or dimension's best value, in hundredths of a point."""
Number = int | float | str | None
Color = Literal["green", "yellow", "orange", "red"]
COLOR: dict[HealthStatus, Color] = {"healthy": "green", "moderate": "yellow", "at_risk": "orange", "critical": "red"}
TrendWord = Literal["improving", "stable", "declining"]
CoverageTier = Literal["T1", "T2", "T3", "T4", "T5"]


class Reading(NamedTuple):
    """What a measure says: a value from 0 (worst) to FULL, or None with the reason why nobody can say.

    numbers: what it was made of, by name, for people. records: the names of the records that were looked at.
    """

    value: int | None
    numbers: Mapping[str, Number] = {}
    records: tuple[str, ...] = ()
    because: str | None = None


class MeasureScore(NamedTuple):
    """A reading with its points (in hundredths) in the dimension."""

    name: str
    points: int
    reading: Reading


class DimensionScore(NamedTuple):
    """A dimension's weight (in hundredths of a percent) and value; None when none of its measures has one."""

    name: str
    weight: int
    value: int | None
    measures: tuple[MeasureScore, ...]


class Score(NamedTuple):
    """One account's score on one day under one scorecard. value: tenths, None when nothing at all is known.

    coverage: hundredths of a percent of weight and points of which something is known.
    """

    day: date
    version: str
    card: str
    value: int | None
    coverage: int
    provisional: bool
    dimensions: tuple[DimensionScore, ...]

    def reading(self, measure: str) -> Reading | None:
        """What a measure said; None when the card does not use it."""
        found = (one.reading for each in self.dimensions for one in each.measures if one.name == measure)
        return next(found, None)


class History(NamedTuple):
    """An account's scores day by day under one version: tenths, None where there is none; at most HISTORY_DAYS."""

    version: str
    first_day: int
    values: tuple[int | None, ...]

    def on(self, day: int) -> int | None:
        """The score of that day (an ordinal)."""
        at = day - self.first_day
        return self.values[at] if 0 <= at < len(self.values) else None


HISTORY_DAYS = 190
"""180 days of deltas, and some nights that were missed."""


class Deltas(NamedTuple):
    """Change in tenths since 30, 90 and 180 days ago, on one version; None when there was no score."""

    d30: int | None
    d90: int | None
    d180: int | None


Flag = Literal["rapid_decline", "sustained_decline", "crossed_down", "crossed_up"]


class Signal(NamedTuple):
    """Something that a person should hear of: what it is, how fast (critical: now), in words.

    since: the first day on which it was seen; it is told once, for that day. at: the moment of the rescoring between
    two nights that saw it first, and told it. silent: it came about with another scorecard, so nobody is told. until:
    the last day on which it was seen, once it is over.
    """

    kind: str
    severity: Literal["critical", "high", "moderate"]
    said: str
    records: tuple[str, ...] = ()
    since: date | None = None
    at: datetime | None = None
    silent: bool = False
    until: date | None = None


class Driver(NamedTuple):
    """A measure that pulls the score down (points below zero) or holds it up: in tenths of the score, and in words."""

    measure: str
    dimension: str
    points: int
    said: str


class Standing(Strict):
    """Where an account stands: its latest score with everything that lists, tiers and alerts read of it.

    `as_of` is the day whose use it counts; `at` the moment of a rescoring between two nights. `status` is what counts:
    the override's while one is in force, else the bands', limited; `model_status` is the model's own, always.
    """

    account_id: str
    as_of: date
    at: datetime | None = None
    version: str
    card: str
    score: int | None
    coverage: int
    provisional: bool
    status: HealthStatus | None
    model_status: HealthStatus | None
    limited_by: str | None = None
    override: str | None = None
    display_color: Color | None = None
    trend: TrendWord | None = None
    deltas: Deltas = Deltas(None, None, None)
    flags: tuple[Flag, ...] = ()
    tier: CoverageTier | None = None
    dimensions: dict[str, int | None] = {}  # noqa: RUF012  (copied by pydantic)
    drivers: tuple[Driver, ...] = ()
    signals: tuple[Signal, ...] = ()
    ended: tuple[Signal, ...] = ()
    """Signals that are over for less than two weeks: should one come back, it goes on and is not told again."""
    expansion_ready: bool = False
    expansion_score: int | None = None
    p_churn: float | None = None
    priority: float | None = None
    last_touch: date | None = None
    history: History
