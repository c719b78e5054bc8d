"""What a score was worth: how many accounts with such a score left within 90 days.

Every account counts once in 90 days, so that one that stayed low for months is not counted a hundred times. Shares are
smoothed by pooling neighbours that are out of order (isotonic regression, Ayer 1955) or too small, and carry Wilson's
interval over everybody who was pooled.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from zlib import crc32

from health_monitor.learn.figures import MIN_N
from health_monitor.learn.intervals import wilson
from health_monitor.learn.outcomes import HORIZON_DAYS
from health_monitor.model.account import Account
from health_monitor.model.dossier import Dossier
from health_monitor.model.retention import Retention, RetentionBin

EDGES = (0, 250, 500, 600, 700, 800, 900, 1_001)
"""Tenths: seed 002's bins, its lowest (below 50) in two."""
LATE_DAYS = 30
"""So long after the horizon somebody may still record that an account left: only then it counts as stayed."""
ENOUGH_CHURNED = 20
"""Fewer churns than these say nothing about a chance (ours; the same number as for every figure here)."""
_DIGITS = 6
Case = tuple[int, bool]
"""A score in tenths, and whether the account left within the horizon."""


def counts_on(account_id: str, day: int) -> bool:
    """Whether the account's score of that day (an ordinal) is the one that counts in its 90 days; spread over them."""
    return (day + crc32(account_id.encode())) % HORIZON_DAYS == 0


def firsts(account_id: str, scores: Iterable[tuple[int, int | None]]) -> Iterator[tuple[int, int]]:
    """Of scores by day, rising, the first in each of the account's 90 days: for a past that is known week by week."""
    last = None
    for day, value in scores:
        period = (day + crc32(account_id.encode())) // HORIZON_DAYS
        if value is not None and period != last:
            last = period
            yield day, value


def left_on(account: Account, dossier: Dossier) -> date | None:
    """The day the account left: as it says itself, else by a renewal that ended as churned."""
    days = [one.decided_on or one.due_on for one in dossier.renewals if one.outcome == "churned"]
    return account.churn_date or max(days, default=None)


def judged_through(until: date) -> date:
    """The last day whose scores can be judged by what is known at the end of `until`."""
    return until - timedelta(days=HORIZON_DAYS + LATE_DAYS)


def outcome(account: Account, left: date | None, day: date) -> bool | None:
    """Whether the account left within the horizon after that day; None when it was gone, or not observed so long."""
    end = day + timedelta(days=HORIZON_DAYS)
    if left is not None and left <= day:
        return None
    if left is not None and left <= end:
        return True
    return None if account.observed_until is not None and account.observed_until < end else False


def retention_of(past: Iterable[tuple[Account, Dossier, Iterable[tuple[int, int | None]]]], until: date) -> Retention:
    """The table from whole pasts: each account with its records and its scores (tenths) by day, rising."""
    through = judged_through(until)
    return with_cases(Retention(), _cases(past, through), through)


def _cases(
    past: Iterable[tuple[Account, Dossier, Iterable[tuple[int, int | None]]]], through: date
) -> Iterator[Case]:  # fmt: skip
    for account, dossier, scores in past:
        left = left_on(account, dossier)
        for day, value in firsts(account.account_id, scores):
            on = date.fromordinal(day)
            churned = outcome(account, left, on) if on <= through else None
            if churned is not None:
                yield value, churned


def with_cases(known: Retention, cases: Iterable[Case], through: date) -> Retention:
    """The table with more cases; it is calibrated once twenty of them left, and each chance rests on twenty cases."""
    counts = [[one.n, one.churned] for one in known.bins] or [[0, 0] for _ in EDGES[1:]]
    for value, churned in cases:
        at = next(at for at, edge in enumerate(EDGES[1:]) if value < edge)
        counts[at][0] += 1
        counts[at][1] += churned
    n, left = (sum(one[at] for one in counts) for at in (0, 1))
    calibrated = left >= ENOUGH_CHURNED and n - left >= ENOUGH_CHURNED
    blocks = _pooled([(one, other) for one, other in counts])
    spans = zip(pairwise(EDGES), counts, _spread(blocks), strict=True)
    bins = tuple(_bin(low, high, own, block) for (low, high), own, block in spans)
    return Retention(
        horizon_days=HORIZON_DAYS, calibrated=calibrated, n=n, churned=left, through=through, bins=bins if n else ()
    )


@dataclass(frozen=True, slots=True)
class _Block:
    """Neighbouring bins that are taken together."""

    bins: int
    n: int
    churned: int

    def __add__(self, other: "_Block") -> "_Block":
        return _Block(self.bins + other.bins, self.n + other.n, self.churned + other.churned)

    def out_of_order(self, better: "_Block") -> bool:
        """Whether the block with better scores lost a larger share, or one of the two is too small to tell."""
        return min(self.n, better.n) < MIN_N or better.churned * self.n > self.churned * better.n


def _pooled(counts: Iterable[tuple[int, int]]) -> list[_Block]:
    blocks: list[_Block] = []
    for n, churned in counts:
        blocks.append(_Block(1, n, churned))
        while len(blocks) > 1 and blocks[-2].out_of_order(blocks[-1]):
            better = blocks.pop()
            blocks.append(blocks.pop() + better)
    return blocks


def _spread(blocks: Iterable[_Block]) -> Iterator[_Block]:
    for block in blocks:
        yield from [block] * block.bins


def _bin(low: int, high: int, own: list[int], block: _Block) -> RetentionBin:
    share = block.churned / block.n if block.n else 0.0
    below, above = wilson(block.churned, block.n)
    return RetentionBin(
        low=low, high=high, n=own[0], churned=own[1], p_churn=round(share, _DIGITS), p_low=round(below, _DIGITS),
        p_high=round(above, _DIGITS),
    )  # fmt: skip
