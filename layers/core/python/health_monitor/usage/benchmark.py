"""What accounts of the same segment did on the same day of their tenure."""

from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import accumulate
from math import gcd
from typing import NamedTuple

from health_monitor.model.usage import Benchmark, Rules, Sums

PORTFOLIO = "*"
"""The scope of all segments together."""


_new = tuple.__new__  # a named tuple's own constructor is slow, and every account passes a hundred days


class Point(NamedTuple):
    """One account's contribution on one day of tenure: num/den in the unit of its kind."""

    scope: str
    kind: str
    age: int
    num: int
    den: int


def scope_of(segment: str | None, rules: Rules) -> str:
    """Accounts are compared with their segment, and only with those whose activity is counted in the same unit."""
    return _scope(segment or "-", rules.by_events)


@cache
def _scope(segment: str, by_events: bool) -> str:
    return f"{segment}/{'events' if by_events else 'active_user_days'}"


def point(segment: str | None, sums: Sums, rules: Rules) -> Point | None:
    """What an account adds to the benchmark by passing this day: cumulative use when new, index per user when young.

    None when part of the tenure is not seen: its missing days would pull everybody's benchmark towards zero.
    """
    age = sums.age
    if sums.seen_days <= age or age < rules.new_from or age >= LAST_AGE:
        return None
    if age <= rules.new_to:
        return _new(Point, (scope_of(segment, rules), "cumulative", age, sums.cumulative, 1))
    if not sums.known_users:
        return None
    num, den = sums.index_sum, sums.index_days * sums.known_users
    shared = gcd(num, den)
    return _new(Point, (scope_of(segment, rules), "per_user", age, num // shared, den // shared))


LAST_AGE = 104
"""From this age on every baseline is the account's own, whichever window it uses."""


class Ledger:
    """Every contribution so far, counted; medians of a day of tenure are read from it before that day's are added."""

    def __init__(self) -> None:
        self._tallies: dict[tuple[str, str, int], dict[tuple[int, int], int]] = defaultdict(dict)
        self._medians: dict[tuple[str, str, int], Benchmark] = {}

    def add(self, points: Iterable[Point]) -> None:
        """Count contributions, for their segment and for the portfolio."""
        for (scope, kind, age, *ratio), n in Counter(points).items():
            value = (ratio[0], ratio[1])
            for name in _scopes(scope):
                tally = self._tallies[name, kind, age]
                tally[value] = tally.get(value, 0) + n
                self._medians.pop((name, kind, age), None)

    def benchmark(self, scope: str, kind: str, age: int, min_accounts: int) -> Benchmark | None:
        """The segment's median, else the portfolio's, else None; never of fewer than `min_accounts`."""
        for name in _scopes(scope):
            found = self._median(name, kind, age)
            if found and found.n >= min_accounts:
                return found
        return None

    def table(self, min_accounts: int) -> dict[str, list[Benchmark | int | str]]:
        """Every median that has enough accounts, as `scope kind age` → [num, den, n, scope]."""
        keys = sorted(self._tallies)
        found = {" ".join(map(str, key)): self._median(*key) for key in keys}
        return {name: list(b) for name, b in found.items() if b and b.n >= min_accounts}

    def dump(self) -> Iterator[list[object]]:
        """Rows [scope, kind, age, [[num, den, count], …]], sorted: the same contributions are the same rows."""
        for key in sorted(self._tallies):
            yield [*key, sorted([num, den, n] for (num, den), n in self._tallies[key].items())]

    @classmethod
    def load(cls, rows: Iterable[tuple[str, str, int, list[list[int]]]]) -> "Ledger":
        """The ledger that `dump` wrote."""
        ledger = cls()
        for scope, kind, age, counts in rows:
            ledger._tallies[scope, kind, age] = {(num, den): n for num, den, n in counts}
        return ledger

    def _median(self, scope: str, kind: str, age: int) -> Benchmark | None:
        key = (scope, kind, age)
        if key not in self._medians:
            tally = self._tallies.get(key)
            if not tally:
                return None
            self._medians[key] = _median(tally, scope)
        return self._medians[key]


@cache
def _scopes(scope: str) -> tuple[str, ...]:
    """Where a contribution counts: in its segment, and in the portfolio; once, even if a segment is called that."""
    return tuple(dict.fromkeys((scope, f"{PORTFOLIO}/{scope.rpartition('/')[2]}")))


FINE = 2**64
"""Two different ratios whose denominators are below 2^32 differ by more than a part of this: order needs no float."""


def _median(tally: dict[tuple[int, int], int], scope: str) -> Benchmark:
    ordered = sorted(tally, key=lambda value: value[0] * FINE // value[1])
    reached = list(accumulate(tally[value] for value in ordered))
    n = reached[-1]
    (a, b), (c, d) = ordered[bisect(reached, (n - 1) // 2)], ordered[bisect(reached, n // 2)]
    if (a, b) == (c, d):
        return Benchmark(a, b, n, scope)
    num, den = a * d + c * b, 2 * b * d
    shared = gcd(num, den)
    return Benchmark(num // shared, den // shared, n, scope)
