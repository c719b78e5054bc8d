"""Three ways of choosing whom to warn about: the usage rule, days silent, and chance."""

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import NamedTuple

from health_monitor.learn.peers import Peers
from health_monitor.learn.selection import ACCOUNT_BITS, Pool
from health_monitor.learn.stretches import FIRST_SEEN_DAYS, Stretch, daily
from health_monitor.model.replay import Kept
from health_monitor.model.usage import Episode

RATIO_BITS = 16
HASH_BITS = 36
TIE_BITS = 16
SPREAD = 0x9E3779B97F4A7C15
"""Fibonacci hashing: multiplying by it spreads nearby numbers over the high bits."""
MASK64 = (1 << 64) - 1


def episodes_as_alerts(those: Sequence[Stretch]) -> list[Kept]:
    """Every episode that opened in the period, on the day it opened; by day, then account."""
    kept = [Kept(s.account_id, e.opened_on, e.opened_on) for s in those for e in _opened(s)]
    return sorted(kept, key=lambda k: (k.day, k.account_id))


class _Open(NamedTuple):
    """What ranking an open episode needs, so that each day costs a few look-ups."""

    start: int
    shares: bytes
    percentiles: dict[int, int]
    ratios: "array[int]"


def rule_pools(those: Sequence[Stretch], peers: Peers, days: range) -> Iterator[Pool]:
    """Open episodes; least active among peers first, then lowest ratio, then account id."""
    opening, ending = _turns(those)
    opened: dict[int, int] = {}
    going_on: dict[int, _Open] = {}
    for day in days:
        for position in ending.get(day, ()):
            del opened[position], going_on[position]
        for position in opening.get(day, ()):
            stretch = those[position]
            opened[position] = day
            going_on[position] = _Open(stretch.walk.start, *peers.of(stretch), stretch.walk.ratios)
        yield Pool(day, [_urgency(day, position, *found) for position, found in going_on.items()], opened)


def _turns(those: Sequence[Stretch]) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    """By day: the accounts whose episode opens, and those whose episode is open no longer."""
    opening, ending = defaultdict(list), defaultdict(list)
    for position, stretch in enumerate(those):
        for episode in _opened(stretch):
            opening[episode.opened_on].append(position)
            ending[min(episode.resolved_on or stretch.last + 1, stretch.last + 1)].append(position)
    return opening, ending


def _urgency(
    day: int, position: int, start: int, shares: bytes, percentiles: dict[int, int], ratios: "array[int]"
) -> int:
    """Percentile, then the day's ratio (a day without a verdict comes after all that have one), then account id."""
    at = day - start
    return (percentiles[day << 8 | shares[at]] << RATIO_BITS | ratios[at]) << ACCOUNT_BITS | position


def silence_pools(those: Sequence[Stretch], seed: int, days: range) -> Iterator[Pool]:
    """All accounts old enough, the longest silent first; ties by a seeded hash of the account."""
    active: dict[int, list[int]] = defaultdict(list)
    for position, stretch in enumerate(those):
        for day, users in enumerate(daily(stretch.walk, stretch.walk.series.active_users), stretch.walk.start):
            if users:
                active[day].append(position)
    ties = [_hash(f"{seed}/{s.account_id}") >> (64 - TIE_BITS) for s in those]
    low = [tie << ACCOUNT_BITS | position for position, tie in enumerate(ties)]
    keys = [(s.walk.start - 1) << (ACCOUNT_BITS + TIE_BITS) | low[p] for p, s in enumerate(those)]
    earliest = min([days.start, *active])
    coming = _arrivals(those)
    here: dict[int, None] = {}
    for day in range(earliest, days.stop):
        for position in active.get(day, ()):
            keys[position] = day << (ACCOUNT_BITS + TIE_BITS) | low[position]
        _move(here, coming, day)
        if day >= days.start:
            yield Pool(day, [keys[p] for p in here], {})


def random_pools(those: Sequence[Stretch], seed: int, days: range) -> Iterator[Pool]:
    """All accounts old enough, shuffled anew each day by a seeded hash of account and day."""
    hashes = [_hash(f"{seed}/{s.account_id}") for s in those]
    coming = _arrivals(those)
    here: dict[int, None] = {}
    for day in days:
        _move(here, coming, day)
        salt = _hash(f"{seed}/{day}")
        yield Pool(day, [_shuffled(hashes[p] ^ salt) << ACCOUNT_BITS | p for p in here], {})


def kept_by_day(kept: Sequence[Kept]) -> Mapping[int, int]:
    """How many alerts each day saw."""
    return Counter(k.day for k in kept)


def _opened(stretch: Stretch) -> list[Episode]:
    """The account's episodes that opened in the period."""
    return [e for e in stretch.walk.episodes if stretch.first <= e.opened_on <= stretch.last]


def _arrivals(those: Sequence[Stretch]) -> dict[int, tuple[list[int], list[int]]]:
    """By day: the accounts that become old enough, and those that are judged no longer."""
    moves: dict[int, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for position, stretch in enumerate(those):
        arrives = max(stretch.first, stretch.walk.start + FIRST_SEEN_DAYS)
        if arrives <= stretch.last:
            moves[arrives][0].append(position)
            moves[stretch.last + 1][1].append(position)
    return moves


def _move(here: dict[int, None], coming: Mapping[int, tuple[list[int], list[int]]], day: int) -> None:
    arriving, leaving = coming.get(day, ((), ()))
    here.update(dict.fromkeys(arriving))
    for position in leaving:
        del here[position]


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


def _shuffled(number: int) -> int:
    return (number * SPREAD & MASK64) >> (64 - HASH_BITS)
