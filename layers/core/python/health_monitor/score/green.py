"""What would make this green: the smallest changes in what people can move that lift an account's status."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import product
from math import ceil, lcm
from typing import NamedTuple

from health_monitor.model.explanation import Lift, Target
from health_monitor.model.records import HealthStatus
from health_monitor.model.score import FULL, Score
from health_monitor.model.scorecard import STATUSES, Scorecard, StatusLimit
from health_monitor.score.card import dimension_of, value_of
from health_monitor.score.parts import BEST, Part, Place, parts
from health_monitor.score.said import title_of
from health_monitor.score.search import Kind, cheapest
from health_monitor.score.status import tenths
from health_monitor.score.targets import Option, options

ROUNDING = Fraction(1, 10)
"""Tenths that a score loses when its dimensions are rounded down to hundredths."""
REACHES = (2_000, 4_000, 6_000, 10_000)
"""Hundredths by which a measure may move: several that move a little are believed before one that moves to its best."""
ONE_MORE = 500
"""Hundredths: one measure more to move is as much as five points, so that a plan is short."""


class _Way(NamedTuple):
    """A measure with its part of the score, and what it could be; `must`: a limit asks for it."""

    place: Place
    part: Part
    options: tuple[Option, ...]
    must: bool


Chosen = Mapping[Place, Option]


def lifts(score: Score, status: HealthStatus | None, scorecard: Scorecard) -> tuple[Lift, ...]:
    """To the next better status, and to healthy where that is another; none for a healthy account or without a score.

    status: the model's own. scorecard: the one the score was made by. Of all changes those with the smallest sum, in
    points of the measures, to within one step of a measure; each measure counts as if it moved alone, though some will
    move together. No measure moves further than it must: further only where all of them together are not enough. Where
    the next status and healthy ask for the same changes, healthy is told alone.
    """
    if status is None or status == "healthy":
        return ()
    better, best = STATUSES[STATUSES.index(status) + 1], STATUSES[-1]
    found = {_same(lift): lift for one in dict.fromkeys((better, best)) for lift in (_lift(score, one, scorecard),)}
    return tuple(found.values())


def _same(lift: Lift) -> object:
    """What two lifts have in common that are one; two that nobody can reach are told each."""
    return lift.targets or lift.status


def _lift(score: Score, status: HealthStatus, scorecard: Scorecard) -> Lift:
    limits = [one for one in scorecard.status_limits if _bites(one, score, status)]
    ways = _ways(score, scorecard, {one.measure: one.at_most for one in limits})
    moved = {way.place[1] for way in ways if way.must}
    for limit in limits:
        if limit.measure not in moved:
            because = f"the limit “{limit.name}” holds, and nobody can move {title_of(limit.measure)} far enough"
            return Lift(status, None, None, because)
    edge = _edge(score, status, scorecard)
    missing = edge - sum((part.given for part in parts(score.dimensions).values()), Fraction())
    held = " and ".join(f"the limit “{one.name}”" for one in limits)
    for reach, need in product(REACHES, (missing, missing + ROUNDING)):
        near = [_within(way, reach) for way in ways]
        chosen = _chosen(near, need)
        after = _after(score, chosen) if chosen is not None else None
        if chosen is not None and after is not None and after >= edge:
            return Lift(status, after, _targets(near, chosen), held or None)
    most = _after(score, {way.place: way.options[-1] for way in ways}) or 0
    because = f"all that people can move leads to {most / 10:.1f} only; more would have to be known, or come by itself"
    return Lift(status, None, None, because)


def _within(way: _Way, reach: int) -> _Way:
    """The way with what is within reach; its smallest step always is."""
    first, *others = way.options
    return way._replace(options=(first, *(one for one in others if one.value - way.part.value <= reach)))


def _edge(score: Score, status: HealthStatus, scorecard: Scorecard) -> int:
    """From which score up the account would have the status, in tenths."""
    bands = next(one.bands for one in scorecard.scorecards if one.name == score.card)
    return tenths(getattr(scorecard.band_sets[bands], status))


def _bites(limit: StatusLimit, score: Score, status: HealthStatus) -> bool:
    """Whether the limit holds now and would keep the account from the status."""
    reading = score.reading(limit.measure)
    holds = reading is not None and reading.value is not None and reading.value <= limit.at_most * 100
    return holds and STATUSES.index(limit.status) < STATUSES.index(status)


def _ways(score: Score, scorecard: Scorecard, floors: Mapping[str, float]) -> list[_Way]:
    """What can be moved; where a limit asks for it, only above the limit."""
    card = next(one for one in scorecard.scorecards if one.name == score.card)
    settings = {
        (name, asked.measure): asked.settings
        for name, dimension in scorecard.dimensions_of(card).items()
        for asked in dimension.asked
    }
    found = []
    for place, part in parts(score.dimensions).items():
        above = floors.get(place[1], 0) * 100
        reach = tuple(one for one in options(place[1], part.reading, settings[place]) if one.value > above)
        if reach and (part.share or place[1] in floors):
            found.append(_Way(place, part, reach, place[1] in floors))
    return found


def _chosen(ways: Sequence[_Way], need: Fraction) -> Chosen | None:
    """In whole numbers: a measure's cost is by how much it moves, its gain is its share of the score."""
    scale = lcm(*(way.part.share.denominator for way in ways))
    kinds = [
        Kind(tuple(one.value - way.part.value for one in way.options), int(way.part.share * scale), way.must)
        for way in ways
    ]
    found = cheapest(kinds, ceil(need * scale * FULL / BEST), ONE_MORE)
    return None if found is None else {ways[at].place: ways[at].options[step] for at, step in found.items()}


def _after(score: Score, chosen: Chosen) -> int | None:
    """What the score would be, by the scorecard's own arithmetic."""
    return value_of([
        dimension_of(
            one.name, one.weight,
            tuple(
                each._replace(reading=each.reading._replace(value=chosen[one.name, each.name].value))
                if (one.name, each.name) in chosen else each
                for each in one.measures
            ),
        )
        for one in score.dimensions
    ])  # fmt: skip


def _targets(ways: Sequence[_Way], chosen: Chosen) -> tuple[Target, ...]:
    """What adds most first."""
    found = [
        Target(
            way.place[1], way.place[0], way.part.value, option.value,
            int(way.part.share * Fraction((option.value - way.part.value) * BEST, FULL)),
            option.now, option.then, option.said,
        )
        for way in ways
        if (option := chosen.get(way.place))
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda one: -one.points))
