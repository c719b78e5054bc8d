"""Who plays which part in a portfolio, and when it begins."""

from random import Random
from typing import Literal, NamedTuple

from health_monitor.simulate.behaviours import STORIES, Cause, Ending
from health_monitor.simulate.chance import shuffled, weighted, whole
from health_monitor.simulate.product import SEGMENT_MIX

Unknown = Literal["csm_email", "segment"]


class Part(NamedTuple):
    """One account's part: nothing happens (no cause), or this cause from this day on, with this ending."""

    segment: str
    cause: Cause | None = None
    began: int = 0
    ending: Ending = Ending.STAYS
    unknown: Unknown | None = None


PER_THOUSAND = (
    (Cause.DEPARTED_CHAMPION, 25),
    (Cause.BUDGET_CUT, 22),
    (Cause.QUIET_QUITTER, 32),
    (Cause.FAILED_ONBOARDING, 20),
    (Cause.COMPETITOR_TRIAL, 18),
    (Cause.MERGED_AWAY, 10),
    (Cause.SEASONAL, 18),
    (Cause.GROWER, 18),
    (Cause.DORMANT, 6),
    (Cause.NEVER_STARTED, 4),
)
"""How many of a thousand accounts play each part; the others are steady."""
FRESH_PER_THOUSAND = 36
FRESH = (
    (Cause.BUDGET_CUT, "enterprise", (10, 13)),
    (Cause.FAILED_ONBOARDING, "smb", (3, 8)),
    (Cause.DEPARTED_CHAMPION, "mid_market", (25, 29)),
    (Cause.DEPARTED_CHAMPION, "enterprise", (30, 34)),
    (Cause.QUIET_QUITTER, "mid_market", (53, 58)),
    (Cause.FAILED_ONBOARDING, "mid_market", (3, 8)),
    (Cause.BUDGET_CUT, "smb", (9, 12)),
    (Cause.BUDGET_CUT, "mid_market", (14, 16)),
    (Cause.DEPARTED_CHAMPION, "enterprise", (25, 28)),
    (Cause.COMPETITOR_TRIAL, "mid_market", (24, 27)),
    (Cause.QUIET_QUITTER, "smb", (50, 56)),
)
"""Troubles so young that nobody has heard of them yet: the cause, the segment, how many days ago it began."""
BEFORE_ANYTHING = 100
"""Days of ordinary life at the beginning of the story, where the story is long enough."""


def a_cast(rng: Random, accounts: int, first: int, last: int) -> tuple[Part, ...]:
    """One part for every account, in any order."""
    planted = [*_fresh(rng, accounts, last), *_older(rng, accounts, first, last)][:accounts]
    steady = [Part(weighted(rng, SEGMENT_MIX)) for _ in range(accounts - len(planted))]
    return tuple(shuffled(rng, [*planted, *_with_gaps(steady, accounts)]))


def monday(day: int) -> int:
    """The Monday of this day's week."""
    return day - (day - 1) % 7


def _quota(per_thousand: int, accounts: int) -> int:
    return (per_thousand * accounts + 500) // 1000


def _fresh(rng: Random, accounts: int, last: int) -> list[Part]:
    parts = []
    for number in range(_quota(FRESH_PER_THOUSAND, accounts)):
        cause, segment, (low, high) = FRESH[number % len(FRESH)]
        began = last - whole(rng, low, high)
        if cause is Cause.FAILED_ONBOARDING:
            began = min(monday(last - low) + number % 2, last - low)
        parts.append(Part(segment, cause, began, Ending.LEAVES))
    return parts


def _older(rng: Random, accounts: int, first: int, last: int) -> list[Part]:
    return [
        Part(weighted(rng, SEGMENT_MIX), cause, _begin(rng, cause, first, last), weighted(rng, STORIES[cause].endings))
        for cause, per_thousand in PER_THOUSAND
        for _ in range(_quota(per_thousand, accounts))
    ]


def _begin(rng: Random, cause: Cause, first: int, last: int) -> int:
    if cause in (Cause.DORMANT, Cause.NEVER_STARTED):
        return last - whole(rng, 140, 200)
    if cause is Cause.GROWER:
        return first + whole(rng, 0, max(1, (last - first) // 3))
    quiet = min(BEFORE_ANYTHING, (last - first) // 3)
    began = whole(rng, first + quiet, max(first + quiet, last - 25))
    return monday(began) if cause is Cause.FAILED_ONBOARDING else began


def _with_gaps(steady: list[Part], accounts: int) -> list[Part]:
    """A few records are incomplete, as records are."""
    gaps = min(_quota(4, accounts), len(steady) // 2)
    for place in range(gaps):
        steady[2 * place] = steady[2 * place]._replace(unknown="csm_email")
        steady[2 * place + 1] = steady[2 * place + 1]._replace(unknown="segment")
    return steady
