"""Why the score is what it is: the measures that pull it down, the heaviest first; else those that hold it up."""

from health_monitor.model.score import Driver, Score
from health_monitor.score.parts import BEST, parts, whole
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
    lost = whole({place: part.lost for place, part in found.items()}, BEST - score.value)
    heavy = {place: -tenths for place, tenths in lost.items() if tenths >= WORTH_TELLING}
    told = heavy or whole({place: part.given for place, part in found.items()}, score.value)
    first = sorted(told, key=lambda place: -abs(told[place]))[:MOST]
    return tuple(
        Driver(measure, dimension, told[dimension, measure], said(measure, found[dimension, measure].reading))
        for dimension, measure in first
    )
