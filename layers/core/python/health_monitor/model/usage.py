"""Usage as the rule sees it: plain tuples, because a year of a portfolio is millions of account-days.

Days are proleptic ordinals (`date.toordinal()`), UTC. Every ratio is a pair of integers, so no verdict
ever depends on how a float was rounded.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class UsageEvent(NamedTuple):
    """`n` uses of one feature by one user; account, user, event, occurred_at and event_id are its identity.

    `event_id` is the source's own, empty where it gives none; `session_seconds` the length of the session it ended.
    """

    account_id: str
    user_id: str
    event: str
    occurred_at: str
    day: int
    n: int
    event_id: str = ""
    session_seconds: int | None = None


class DayCounts(NamedTuple):
    """One account's one day: Σ n, distinct active users, and users never seen before since the account's start."""

    day: int
    events: int
    active_users: int
    new_users: int


class Series(NamedTuple):
    """One account's daily counts without gaps; position i is day `first_day + i`, a silent day is a zero."""

    first_day: int
    events: list[int]
    active_users: list[int]
    new_users: list[int]


class Drop(StrEnum):
    """How far usage has fallen below its baseline."""

    NONE = "none"
    MODERATE = "moderate"
    SEVERE = "severe"

    __hash__ = str.__hash__  # Enum hashes in Python code; this is read three million times in a replay


class NoVerdict(StrEnum):
    """Why a day cannot be judged."""

    TOO_NEW = "too_new"
    NO_BENCHMARK = "no_benchmark"
    INSUFFICIENT_BASELINE = "insufficient_baseline"
    DORMANT = "dormant"

    __hash__ = str.__hash__  # Enum hashes in Python code; this is read three million times in a replay


class Basis(StrEnum):
    """What the index was compared with."""

    NEW_ACCOUNT = "new_account"
    BLENDED = "blended"
    OWN = "own"


class Resolution(StrEnum):
    """How an episode ended: usage came back, or the account settled on a lower level."""

    RECOVERED = "recovered"
    NEW_NORMAL = "new_normal"


class Tenure(NamedTuple):
    """The day an account began, and the first day its use could be seen: missing days are unknown, not silent."""

    start: int
    seen_from: int


class Sums(NamedTuple):
    """All that one day's verdict needs of an account's own activity; windows never reach before seen_from.

    seen_days = days seen so far, age + 1 when the whole tenure is; index_sum over index_days (14, fewer in the first
    fortnight); own_sum, own_user_days over own_days of the baseline window; cumulative and known_users (distinct
    users) since seen_from; silent_days since anybody was active (seen_days if nobody ever was).
    """

    day: int
    age: int
    seen_days: int
    index_sum: int
    index_days: int
    own_sum: int
    own_days: int
    own_user_days: int
    cumulative: int
    known_users: int
    silent_days: int


class Benchmark(NamedTuple):
    """The median num/den over n accounts that passed this day of tenure before; scope says which accounts."""

    num: int
    den: int
    n: int
    scope: str


class Verdict(NamedTuple):
    """One day's judgement. With `reason` set there is none, and the numbers are zero."""

    drop: Drop
    reason: NoVerdict | None
    basis: Basis | None
    index_num: int = 0
    index_den: int = 1
    baseline_num: int = 0
    baseline_den: int = 1

    @property
    def index(self) -> float:  # type: ignore[override]  # the business's word; nobody searches a verdict
        return self.index_num / self.index_den

    @property
    def baseline(self) -> float:
        return self.baseline_num / self.baseline_den

    @property
    def ratio(self) -> float | None:
        """Index over baseline, for people to read; the rule compares the integers."""
        if self.reason:
            return None
        return self.index_num * self.baseline_den / (self.index_den * self.baseline_num)


class Episode(NamedTuple):
    """One stretch of low usage, from the day it opened; it keeps the numbers of that day."""

    opened_on: int
    usage_drop: Drop
    opening: Verdict
    escalated_on: int | None = None
    resolved_on: int | None = None
    resolution: Resolution | None = None

    @property
    def highest(self) -> Drop:
        """The worst level reached."""
        return Drop.SEVERE if self.escalated_on else self.usage_drop


class State(NamedTuple):
    """Where an account stands after one day. A resolved episode is shown on its last day, then forgotten."""

    day: int
    verdict: Verdict
    episode: Episode | None = None

    @property
    def open(self) -> Episode | None:
        """The episode that goes on, if any."""
        return self.episode if self.episode and self.episode.resolved_on is None else None

    @property
    def happened(self) -> str | None:
        """What this day did to the episode: opened, escalated, resolved or nothing."""
        if self.episode is None:
            return None
        marks = {
            self.episode.opened_on: "opened",
            self.episode.escalated_on: "escalated",
            self.episode.resolved_on: "resolved",
        }
        return marks.get(self.day)


class Thresholds(NamedTuple):
    """Ratios in ten-thousandths: alert below `fire`, severe below `severe`, resolved from `resolve` up."""

    fire: int
    severe: int
    resolve: int


class Rules(NamedTuple):
    """Every number the rule uses for one account, read from its profile in `config/segments.yaml`."""

    profile: str
    by_events: bool
    exclude_current: bool
    index_days: int
    baseline_days: int
    new_from: int
    new_to: int
    min_user_days: int
    dormant_days: int
    new: Thresholds
    young: Thresholds
    mature: Thresholds

    @property
    def gap(self) -> int:
        """Days between the end of the baseline window and today."""
        return self.index_days if self.exclude_current else 0

    @property
    def mature_from(self) -> int:
        """The first age whose baseline window is all its own."""
        return self.baseline_days + (self.index_days if self.exclude_current else 0)


SCALE = 10_000
"""Thresholds are whole ten-thousandths."""

FEATURES_KEPT = 64
"""So many features are remembered of a user, those used last."""
FEATURE_DAYS = 90
"""A feature is remembered for so many days before the user's last one."""


class UserUse(NamedTuple):
    """One user of an account; `fortnight` has one bit a day, bit 0 = last_day.

    `last_seen` is when the last event occurred. `session_seconds` is the length of the latest session that the source
    told of, `session_at` the moment of that event; None and empty when none ever was told. `features`: each feature
    with the last day of its use, by name, as far as `kept_features` keeps them.
    """

    user_id: str
    first_day: int
    last_day: int
    last_feature: str
    fortnight: int
    last_seen: str
    session_seconds: int | None = None
    session_at: str = ""
    features: tuple[tuple[str, int], ...] = ()


def kept_features(used: Mapping[str, int], last_day: int) -> tuple[tuple[str, int], ...]:
    """What is remembered of a user's features (name → last day), by name.

    Of two parts of the same user's use each may be cut before they are joined: the result is the same.
    """
    recent = [(day, name) for name, day in used.items() if day > last_day - FEATURE_DAYS]
    if len(recent) > FEATURES_KEPT:
        recent = sorted(recent)[-FEATURES_KEPT:]
    return tuple(sorted((name, day) for day, name in recent))


class History(NamedTuple):
    """One account's usage, rebuilt from its records. `compacted`: arrivals of earlier hours are all in it."""

    account_id: str
    series: Series
    users: tuple[UserUse, ...]
    compacted: datetime | None = None


class Ring(NamedTuple):
    """What is stored of an account's usage; `users` is None where they are too many to come along."""

    series: Series
    users: tuple[UserUse, ...] | None
    compacted: datetime | None
