"""Numbers that carry their denominator, their interval, and the refusal to be read when there are too few cases."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random

MIN_N = 20
"""Below so many cases a figure says more about chance than about customers."""
DRAWS = 200
MONTH_DAYS = 30.44
TOO_SMALL = "n too small"


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure from n cases with its 95 % interval; value is None, and note says why, when n is too small."""

    value: float | None
    n: int
    count: int | None = None
    low: float | None = None
    high: float | None = None
    note: str | None = None


def figure(value: float | None, n: int, count: int | None = None, spread: Sequence[float] = ()) -> Figure:
    """`spread` holds the same figure over the bootstrap draws; `n` the cases it rests on."""
    if n < MIN_N or value is None:
        return Figure(None, n, count, note=TOO_SMALL)
    low, high = interval(spread)
    return Figure(round(value, 6), n, count, low, high)


def share(count: int, n: int, spread: Sequence[float] = ()) -> Figure:
    """count of n."""
    return figure(count / n if n else None, n, count, spread)


def interval(spread: Sequence[float]) -> tuple[float | None, float | None]:
    """The middle 95 % of the draws."""
    if len(spread) < MIN_N:
        return None, None
    rising = sorted(spread)
    edge = int(len(rising) * 0.025)
    return round(rising[edge], 6), round(rising[-1 - edge], 6)


def per_100_a_month(alerts: int, account_days: int) -> float | None:
    """Alerts per 100 judged accounts and month of 30.44 days."""
    return round(alerts * 100 * MONTH_DAYS / account_days, 4) if account_days else None


def median(counts: Mapping[int, int]) -> float | None:
    """The middle value when each key occurred so many times."""
    n = sum(counts.values())
    if not n:
        return None
    keys = sorted(counts)
    passed = list(accumulate(counts[key] for key in keys))
    return (keys[bisect_right(passed, (n - 1) // 2)] + keys[bisect_right(passed, n // 2)]) / 2


FIELD_BITS = 40


def pack(numbers: Iterable[int]) -> int:
    """Several counts side by side in one integer, so that one addition adds them all."""
    packed = 0
    for position, number in enumerate(numbers):
        packed |= number << (position * FIELD_BITS)
    return packed


def unpack(packed: int, size: int) -> list[int]:
    """The counts again; sums stay apart as long as each is below 2**40."""
    return [packed >> (position * FIELD_BITS) & ((1 << FIELD_BITS) - 1) for position in range(size)]


@dataclass(frozen=True, slots=True)
class Draw:
    """One bootstrap draw of accounts: the sums of every count, and how often each lead occurred, by method."""

    sums: list[int]
    leads: list[Counter[int]]


def bootstrap(counts: Sequence[Sequence[int]], leads: Sequence[Sequence[int]], seed: int) -> list[Draw]:
    """Draws whole accounts with replacement, the same ones for every method, so that methods stay comparable.

    counts: one row an account; leads: one sequence a method, by account, 0 = none.
    """
    if not counts:
        return []
    size = len(counts[0])
    packed = [pack(row) for row in counts]
    random = Random(seed)  # noqa: S311 - a repeatable draw, not a secret
    draws = []
    for _ in range(DRAWS):
        drawn = random.choices(range(len(packed)), k=len(packed))
        sums = unpack(sum(map(packed.__getitem__, drawn)), size)
        draws.append(Draw(sums, [_without_zero(Counter(map(of.__getitem__, drawn))) for of in leads]))
    return draws


def _without_zero(found: Counter[int]) -> Counter[int]:
    found.pop(0, None)
    return found
