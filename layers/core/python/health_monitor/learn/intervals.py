"""Intervals for differences between two groups, and the refusal to give one when a group is too small.

Shares: Wilson (1927) for one, Newcombe (1998, method 10) for the difference of two. Means: Welch (1947), with the t
quantile by Abramowitz and Stegun 26.7.5. All are 95 %.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, variance

from health_monitor.learn.figures import MIN_N

Z = 1.959964
"""Of the normal distribution 95 % lie within so many standard deviations."""
EXPECTED = 5
"""Cochran (1954): two shares are compared only if each group would have so many of either kind were they alike."""


@dataclass(frozen=True, slots=True)
class Lift:
    """How much more in the first group of n than in the second; no numbers, and `too_few` says why, when n is small."""

    n: tuple[int, int]
    values: tuple[float, float] | None = None
    low: float = 0.0
    high: float = 0.0
    too_few: str | None = None

    @property
    def difference(self) -> float:
        """First minus second."""
        return self.values[0] - self.values[1] if self.values else 0.0


def wilson(count: int, n: int) -> tuple[float, float]:
    """The interval of a share, count of n; the whole range when nobody was counted."""
    if n == 0:
        return 0.0, 1.0
    share, z2 = count / n, Z * Z
    middle, half = share + z2 / (2 * n), Z * sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return max(0.0, (middle - half) / (1 + z2 / n)), min(1.0, (middle + half) / (1 + z2 / n))


def of_shares(first: Sequence[bool], second: Sequence[bool]) -> Lift:
    """The difference of two shares."""
    n = len(first), len(second)
    if why := _too_small(n) or _too_alike(sum(first) + sum(second), n):
        return Lift(n, too_few=why)
    one, other = sum(first) / n[0], sum(second) / n[1]
    (low1, high1), (low2, high2) = wilson(sum(first), n[0]), wilson(sum(second), n[1])
    below = sqrt((one - low1) ** 2 + (high2 - other) ** 2)
    above = sqrt((high1 - one) ** 2 + (other - low2) ** 2)
    return Lift(n, (one, other), one - other - below, one - other + above)


def of_means(first: Sequence[float], second: Sequence[float]) -> Lift:
    """The difference of two means, whatever their spreads."""
    n = len(first), len(second)
    if why := _too_small(n):
        return Lift(n, too_few=why)
    one, other = fmean(first), fmean(second)
    parts = variance(first, one) / n[0], variance(second, other) / n[1]
    error = sum(parts)
    freedom = error**2 / (parts[0] ** 2 / (n[0] - 1) + parts[1] ** 2 / (n[1] - 1)) if error else float(sum(n))
    half = _student(freedom) * sqrt(error)
    return Lift(n, (one, other), one - other - half, one - other + half)


def _too_small(n: tuple[int, int]) -> str | None:
    return f"needs {MIN_N} in each group" if min(n) < MIN_N else None


def _too_alike(count: int, n: tuple[int, int]) -> str | None:
    rarer = min(count, sum(n) - count)
    if rarer * min(n) < EXPECTED * sum(n):
        return f"needs {EXPECTED} or more of either outcome to be expected in each group"
    return None


def _student(freedom: float) -> float:
    """The 97.5 % quantile of Student's t; within 0.001 from 10 degrees of freedom on."""
    terms = (Z**3 + Z) / 4, (5 * Z**5 + 16 * Z**3 + 3 * Z) / 96, (3 * Z**7 + 19 * Z**5 + 17 * Z**3 - 15 * Z) / 384
    return Z + sum(term / freedom**power for power, term in enumerate(terms, 1))
