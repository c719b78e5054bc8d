"""Where an account stands among its segment that day, by the share of its users active this fortnight."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import accumulate, chain, repeat
from operator import add, sub

from health_monitor.learn.stretches import Stretch, daily
from health_monitor.model.replay import Walk

FORTNIGHT = 14
STEPS = 255
"""Active shares are kept as whole 255ths, one byte a day: a year of a portfolio is millions of them."""
PERCENTILE_BITS = 20


class Peers:
    """Percentiles of active share: of the accounts in a segment that day, the part that is less active, ties half."""

    def __init__(self, those: Iterable[Stretch]) -> None:
        self._shares: dict[str, bytes] = {}
        counts: dict[str, Counter[int]] = defaultdict(Counter)
        for stretch in those:
            walk = stretch.walk
            shares = active_shares(walk)
            self._shares[stretch.account_id] = shares
            seen = shares[stretch.first - walk.start : stretch.last - walk.start + 1]
            days = range(stretch.first << 8, (stretch.last + 1) << 8, 1 << 8)
            counts[stretch.segment].update(map(add, days, seen))
        self._percentiles = {segment: _percentiles(found) for segment, found in counts.items()}

    def percentile(self, stretch: Stretch, day: int) -> int:
        """0 for nobody less active, up to 2**20."""
        shares, ranks = self.of(stretch)
        return ranks[day << 8 | shares[day - stretch.walk.start]]

    def of(self, stretch: Stretch) -> tuple[bytes, dict[int, int]]:
        """The account's share by day since its start, and its segment's percentiles by day << 8 | share."""
        return self._shares[stretch.account_id], self._percentiles[stretch.segment]


def active_shares(walk: Walk) -> bytes:
    """Per day of the walk: mean daily active users of the last fortnight over users known by then, in 255ths."""
    total = list(accumulate(daily(walk, walk.series.active_users)))
    fortnight = map(sub, total, chain(repeat(0, FORTNIGHT), total))
    known = accumulate(daily(walk, walk.series.new_users))
    days = chain(range(1, FORTNIGHT), repeat(FORTNIGHT))
    counted = zip(fortnight, known, days, strict=False)
    return bytes([min(STEPS, STEPS * s // (k * d)) if k else 0 for s, k, d in counted])


def _percentiles(counts: Counter[int]) -> dict[int, int]:
    """Keys are day << 8 | share; the value is that share's mid-rank among its day's accounts."""
    sizes: Counter[int] = Counter()
    for key, n in counts.items():
        sizes[key >> 8] += n
    ranks = {}
    day = below = 0
    for key in sorted(counts):
        if key >> 8 != day:
            day, below = key >> 8, 0
        ranks[key] = ((2 * below + counts[key]) << PERCENTILE_BITS) // (2 * sizes[day])
        below += counts[key]
    return ranks
