"""What a replay saw: every account's walk from its start to its last judged day."""

from array import array
from typing import NamedTuple

from health_monitor.model.account import Account
from health_monitor.model.usage import Episode, Series, State

NO_RATIO = 0xFFFF
"""In `Walk.ratios`: the day had no verdict."""


class Walk(NamedTuple):
    """One judged account. Position i of `codes` and `ratios` is day `start + i`; `end` is the last one.

    codes: 0 too_new, 1 no_benchmark, 2 insufficient_baseline, 3 dormant, 4 no drop, 5 moderate, 6 severe
    (the day's own verdict, whether an episode is open or not); ratios: index / baseline in ten-thousandths,
    capped at 6.5534, NO_RATIO without a verdict. `last` is the state after `end`.
    """

    account: Account
    start: int
    end: int
    series: Series
    codes: bytes
    ratios: "array[int]"
    episodes: tuple[Episode, ...]
    last: State | None


class Incident(NamedTuple):
    """A day on which the portfolio's median U14(t) / U14(t-7) fell too low; the median in ten-thousandths."""

    day: int
    median: int
    accounts: int


class Kept(NamedTuple):
    """An alert that a selection let through on that day; `opened_on` is the episode's, None for other methods."""

    account_id: str
    day: int
    opened_on: int | None


class Replay(NamedTuple):
    """A whole replay, before anything is counted."""

    walks: list[Walk]
    never_judged: list[Account]
    incidents: dict[int, Incident]
    suppressed: frozenset[tuple[str, int]]
    first_day: int
    last_day: int
    config: str


CODES = ("too_new", "no_benchmark", "insufficient_baseline", "dormant", "none", "moderate", "severe")
"""What each number in `Walk.codes` stands for."""
FIRST_VERDICT = 4
"""Codes from here on are verdicts."""
