"""The judged days of every account that fall into the period a report is about."""

from collections.abc import Iterable, Sequence
from itertools import chain, repeat
from typing import NamedTuple

from health_monitor.model.replay import FIRST_VERDICT, Replay, Walk

FIRST_SEEN_DAYS = 3
"""Days for which an account must have been seen before last seen or chance may pick it; the rule waits as long."""


class Stretch(NamedTuple):
    """One account's judged days from `first` to `last`, both inclusive; never empty."""

    walk: Walk
    first: int
    last: int

    @property
    def account_id(self) -> str:
        return self.walk.account.account_id

    @property
    def segment(self) -> str:
        return self.walk.account.segment or "no segment"

    @property
    def churn(self) -> int | None:
        churned = self.walk.account.churn_date
        return churned.toordinal() if churned else None

    @property
    def began(self) -> int:
        """The day its tenure began, which may be long before it was first seen in the data."""
        known = self.walk.account.usage_start or self.walk.account.signup_date
        return min(known.toordinal(), self.walk.start) if known else self.walk.start

    @property
    def days(self) -> int:
        return self.last - self.first + 1


def stretches(replay: Replay, from_day: int, to_day: int) -> list[Stretch]:
    """Every account with at least one judged day in the period, in order of account id."""
    cut = (Stretch(w, max(w.start, from_day), min(w.end, to_day)) for w in replay.walks)
    return sorted((s for s in cut if s.first <= s.last), key=lambda s: s.account_id)


def count_codes(walk: Walk, code: int, first: int, last: int) -> int:
    """How many days from first to last, both inclusive and clipped to the walk, got this code."""
    return walk.codes.count(code, max(first - walk.start, 0), max(last - walk.start + 1, 0))


def verdict_days(walk: Walk, first: int, last: int) -> int:
    """How many days from first to last had a verdict."""
    return sum(count_codes(walk, code, first, last) for code in range(FIRST_VERDICT, FIRST_VERDICT + 3))


def daily(walk: Walk, values: Sequence[int]) -> list[int]:
    """One of the walk's series, cut or filled with zeros to exactly its days start..end."""
    offset = walk.start - walk.series.first_day
    length = walk.end - walk.start + 1
    kept = list(values[max(offset, 0) : max(offset + length, 0)])
    padded = chain(repeat(0, min(max(-offset, 0), length)), kept, repeat(0))
    return [n for n, _ in zip(padded, range(length), strict=False)]


def per_day(spans: Iterable[tuple[int, int]], from_day: int, to_day: int) -> list[int]:
    """For each day of the period, how many of the spans (first, last, inside the period) cover it."""
    change = [0] * (to_day - from_day + 2)
    for first, last in spans:
        change[first - from_day] += 1
        change[last - from_day + 1] -= 1
    running = 0
    counts = []
    for step in change[:-1]:
        running += step
        counts.append(running)
    return counts
