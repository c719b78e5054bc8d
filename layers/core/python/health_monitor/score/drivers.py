"""Why the score is what it is: the measures that pull it down, the heaviest first; else those that hold it up."""

from math import lcm

from health_monitor.model.score import FULL, Driver, Score
from health_monitor.score.parts import BEST, parts, whole_of
from health_monitor.score.said import said

MOST = 5
"""So many drivers are told: a longer list is no reason any more."""
WORTH_TELLING = 10
"""Tenths: what costs less than a point is no reason."""


def drivers(score: Score) -> tuple[Driver, ...]:
    """At most MOST, with points below zero for what a measure costs; above zero, for a score that nothing pulls down.

    A measure costs its share of the score times what it lacks to 100; all of them together cost what the score lacks.
    """
    found = parts(score.dimensions)
    if score.value is None:
        return ()
    scale = lcm(*(part.share.denominator for part in found.values()))
    shares = {place: part.share.numerator * (scale // part.share.denominator) for place, part in found.items()}
    lost = {place: share * (FULL - found[place].value) * BEST for place, share in shares.items()}
    costs = whole_of(lost, scale * FULL, BEST - score.value)
    told = {place: -tenths for place, tenths in costs.items() if tenths >= WORTH_TELLING}
    if not told:
        given = {place: share * found[place].value * BEST for place, share in shares.items()}
        told = whole_of(given, scale * FULL, score.value)
    first = sorted(told, key=lambda place: -abs(told[place]))[:MOST]
    return tuple(
        Driver(measure, dimension, told[dimension, measure], said(measure, found[dimension, measure].reading))
        for dimension, measure in first
    )
