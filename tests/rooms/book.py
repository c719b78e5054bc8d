"""The rule once more, straight from its text, in fractions: slow, simple, and shared with nothing that ships.

An account's life is a list of users a day; position 0 is the day it began, and all of it was seen.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import NamedTuple

SIXTY, FORTY, SEVENTY = Fraction(60, 100), Fraction(40, 100), Fraction(70, 100)
PerUser = Callable[[int], Fraction | None]


class Judged(NamedTuple):
    """What the text says of one day: a reason for no verdict, or index and baseline."""

    reason: str | None
    index: Fraction = Fraction(0)
    baseline: Fraction = Fraction(1)

    @property
    def ratio(self) -> Fraction:
        return self.index / self.baseline


class Told(NamedTuple):
    """One episode; days are days of tenure."""

    opened: int
    level: str
    escalated: int | None
    resolved: int | None
    resolution: str | None


def mean(values: Sequence[int]) -> Fraction:
    return Fraction(sum(values), len(values))


def u14(life: Sequence[int], age: int) -> Fraction:
    return mean(life[max(0, age - 13) : age + 1])


def window(life: Sequence[int], age: int, excluding: bool) -> Sequence[int]:
    """t-89…t, or t-103…t-14, as far as the account has lived."""
    return life[max(0, age - 103) : max(0, age - 13)] if excluding else life[max(0, age - 89) : age + 1]


def newcomer(life: Sequence[int], age: int, norm: Fraction | None) -> Judged:
    if not norm:
        return Judged("no_benchmark")
    return Judged(None, Fraction(sum(life[: age + 1]), age + 1), norm / (age + 1))


def judged(
    life: Sequence[int], people: int, age: int, *, excluding: bool, cumulative: PerUser, per_user: PerUser
) -> Judged:
    """`cumulative` and `per_user` are the benchmarks for a day of tenure; all people appear on the first day."""
    if age < 3:
        return Judged("too_new")
    if age <= 29:
        return newcomer(life, age, cumulative(age))
    own = window(life, age, excluding)
    if sum(own) < 5:
        long_silent = age >= 29 and not any(life[age - 29 : age + 1])
        return Judged("dormant" if long_silent else "insufficient_baseline")
    if age >= (104 if excluding else 90):
        return Judged(None, u14(life, age), mean(own))
    norm = per_user(age)
    if norm is None:
        return Judged("no_benchmark")
    weight = Fraction(len(own), 90)
    return Judged(None, u14(life, age), weight * mean(own) + (1 - weight) * norm * people)


def episodes(life: Sequence[int], days: Sequence[Judged]) -> list[Told]:
    told: list[Told] = []
    current: Told | None = None
    against = Fraction(0)
    for age, day in enumerate(days):
        if day.reason:
            continue
        if current is None and day.ratio < SIXTY:
            current, against = Told(age, "severe" if day.ratio < FORTY else "moderate", None, None, None), day.baseline
        elif current and day.ratio < FORTY and current.level == "moderate" and current.escalated is None:
            current = current._replace(escalated=age)
        elif current and day.ratio >= SEVENTY:
            how = "recovered" if u14(life, age) >= SEVENTY * against else "new_normal"
            told.append(current._replace(resolved=age, resolution=how))
            current = None
    return [*told, current] if current else told
