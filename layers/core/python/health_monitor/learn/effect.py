"""Did writing help? Accounts that were written to beside accounts that were not, and what cannot be concluded from it.

Only a holdout answers the question: chance alone decides who is left out, after everything else has allowed the mail.
Without one, similar accounts stand in that got no mail for a reason that says little about them, and it is a hint.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from math import log2
from typing import Literal

from health_monitor.learn.conversations import Case
from health_monitor.learn.intervals import Lift, of_means, of_shares, wilson

UNRELATED = frozenset({"not_live", "stopped", "csm_away", "sender_not_verified"})
"""Why no mail went out that says nothing about the account: nothing was switched on, the CSM was away, or could not
send. Everything else (an open ticket, a renewal, no address, a pilot that people chose) goes with how it fares."""
MOST_APART = 0.1
"""Alerts are alike if their usage had fallen to shares of the usual that differ by no more, and if neither account is
more than twice as old as the other."""
MEASURED = (14, 30, 60)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Accounts that were written to beside others: recovered, and the change in use after so many days."""

    kind: Literal["holdout", "matched"]
    written_to: int
    beside: int
    recovered: Lift
    use: dict[int, Lift]


@dataclass(frozen=True, slots=True)
class ByThemselves:
    """How many flagged accounts recovered although nobody wrote: the least with which any effect has to be compared."""

    recovered: int
    n: int
    low: float
    high: float


def compare(cases: Iterable[Case]) -> Comparison:
    """The holdout if there is one, else similar accounts. Each account counts once, with its first alert."""
    moderate = sorted(
        (one for one in cases if one.level == "moderate"), key=lambda one: (one.opened_on, one.account_id)
    )
    if withheld := [one for one in moderate if one.left_out]:
        return _beside_holdout(moderate, withheld[0].opened_on)
    written = _first_of_each(one for one in moderate if one.by_itself)
    names = {one.account_id for one in written}
    others = (one for one in moderate if one.stopped_by in UNRELATED and one.account_id not in names)
    pairs = _matched(written, _first_of_each(others))
    return _comparison("matched", [one for one, _ in pairs], [other for _, other in pairs])


def by_themselves(cases: Iterable[Case]) -> ByThemselves:
    """Of the flagged accounts to which nobody wrote."""
    known = [one.recovered for one in cases if not one.sent and one.recovered is not None]
    return ByThemselves(sum(known), len(known), *wilson(sum(known), len(known)))


def _beside_holdout(moderate: Sequence[Case], since: date) -> Comparison:
    """Since the holdout began: who was written to earlier had nobody who could have been left out beside them."""
    drawn = _first_of_each(one for one in moderate if one.opened_on >= since and (one.by_itself or one.left_out))
    return _comparison("holdout", [one for one in drawn if one.by_itself], [one for one in drawn if one.left_out])


def _first_of_each(cases: Iterable[Case]) -> list[Case]:
    """Alerts of one account are not independent."""
    first: dict[str, Case] = {}
    for one in cases:
        first.setdefault(one.account_id, one)
    return list(first.values())


def _comparison(kind: Literal["holdout", "matched"], written: Sequence[Case], beside: Sequence[Case]) -> Comparison:
    return Comparison(
        kind=kind,
        written_to=len(written),
        beside=len(beside),
        recovered=of_shares(_outcomes(written), _outcomes(beside)),
        use={days: of_means(_changes(written, days), _changes(beside, days)) for days in MEASURED},
    )


def _outcomes(cases: Iterable[Case]) -> list[bool]:
    return [one.recovered for one in cases if one.recovered is not None]


def _changes(cases: Iterable[Case], days: int) -> list[float]:
    return [one.index_change[days] for one in cases if days in one.index_change]


def _matched(written: Sequence[Case], others: Sequence[Case]) -> list[tuple[Case, Case]]:
    """Each with the nearest of the same segment who is alike and not taken yet; who finds nobody is left out."""
    free, pairs = list(others), []
    for one in written:
        near = [(apart, number) for number, other in enumerate(free) if (apart := _apart(one, other)) is not None]
        if near:
            pairs.append((one, free.pop(min(near)[1])))
    return pairs


def _apart(one: Case, other: Case) -> float | None:
    """How unlike two alerts are; None: too much so to stand beside each other."""
    fallen, older = abs(one.ratio - other.ratio), _times_older(one, other)
    if one.segment != other.segment or fallen > MOST_APART or older is None or older > 1:
        return None
    return fallen / MOST_APART + older


def _times_older(one: Case, other: Case) -> float | None:
    """The doublings between their ages."""
    younger, older = sorted((one.age_days or 0, other.age_days or 0))
    return log2(older / younger) if younger > 0 else None
