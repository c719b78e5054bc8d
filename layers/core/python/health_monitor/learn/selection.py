"""One causal selector for every way of warning: what it keeps on a day depends on nothing that came later."""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from heapq import nsmallest
from typing import NamedTuple

from health_monitor.model.replay import Kept

ACCOUNT_BITS = 24
ACCOUNT_MASK = (1 << ACCOUNT_BITS) - 1
COOLDOWN_DAYS = 30
WHOLE = 304_400
"""Quotas are whole parts of an alert, so that fractions of one add up exactly: hundredths of an alert per 100
accounts and month of 30.44 days."""
CARRY_DAYS = 7

NEVER = -(10**6)


class Pool(NamedTuple):
    """One day's candidates: each is urgency << 24 | position of its account, the smaller the more urgent.

    `opened` holds, by position, the day the candidate's episode opened; it is empty for methods without episodes.
    A pool is good until the next one is asked for.
    """

    day: int
    candidates: Iterable[int]
    opened: Mapping[int, int]


class Quota(NamedTuple):
    """How much may be kept each day, in parts (WHOLE = one alert), and for how many days unused parts last.

    However short they last, a small portfolio may save up for one whole alert.
    """

    by_day: Mapping[int, int]
    carry_days: int | None = None

    def credit(self, left: int, day: int) -> int:
        grant = self.by_day.get(day, 0)
        return grant + (left if self.carry_days is None else min(left, max(self.carry_days * grant, WHOLE)))


def select(
    candidates_by_day: Iterable[Pool],
    quota: Quota,
    account_ids: Sequence[str],
    cooldown_days: int = COOLDOWN_DAYS,
) -> list[Kept]:
    """Each day's most urgent candidates within the quota, leaving out accounts in their cool-down.

    An episode is kept at most once. Days must rise; an account is free again `cooldown_days` after it was kept.
    """
    last_kept = array("q", [NEVER]) * len(account_ids)
    kept: list[Kept] = []
    left = 0
    for pool in candidates_by_day:
        left = quota.credit(left, pool.day)
        chosen = nsmallest(left // WHOLE, _free(pool, last_kept, cooldown_days)) if left >= WHOLE else []
        for candidate in chosen:
            position = candidate & ACCOUNT_MASK
            last_kept[position] = pool.day
            kept.append(Kept(account_ids[position], pool.day, pool.opened.get(position)))
        left -= WHOLE * len(chosen)
    return kept


def _free(pool: Pool, last_kept: "array[int]", cooldown_days: int) -> list[int]:
    """The candidates whose account has rested and whose episode was not kept before."""
    latest = pool.day - cooldown_days
    rested = [c for c in pool.candidates if last_kept[c & ACCOUNT_MASK] <= latest]
    opened = pool.opened
    return [c for c in rested if last_kept[c & ACCOUNT_MASK] < opened[c & ACCOUNT_MASK]] if opened else rested


def budget_quota(budget: float, judged_by_day: Mapping[int, int]) -> Quota:
    """`budget` alerts per 100 judged accounts a month, spread evenly over its days; unused credit lasts a week."""
    parts = round(budget * 100)
    return Quota({day: parts * judged for day, judged in judged_by_day.items()}, CARRY_DAYS)


def same_volume(kept_by_day: Mapping[int, int]) -> Quota:
    """As many alerts each day as another method raised; what could not be kept that day is made up for later."""
    return Quota({day: WHOLE * n for day, n in kept_by_day.items()})
