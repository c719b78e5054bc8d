"""What changed between two scores: every point of the difference, with the measure it came from."""

from fractions import Fraction
from typing import NamedTuple

from health_monitor.model.explanation import Change, ChangeKind, Waterfall
from health_monitor.model.records import STATUS, HealthStatus
from health_monitor.model.score import FULL, DimensionScore, MeasureScore, Reading, Score, Standing
from health_monitor.score.parts import BEST, Part, Place, parts, whole
from health_monitor.score.said import changed, said

NOTHING = Reading(None)
ROUNDING = 2
"""Tenths by which two rounded scores may differ from what their measures say."""


class _Key(NamedTuple):
    kind: ChangeKind
    dimension: str | None = None
    measure: str | None = None


def waterfall(before: Score, after: Score) -> Waterfall | None:
    """The changes, the largest first; they sum exactly to the difference. None where one of the two has no score.

    First the earlier readings are counted by the later scorecard: that is the scorecard's part. From there on weights
    are the same, and each measure has the points that it moved, at the mean of its shares before and after.
    """
    if before.value is None or after.value is None:
        return None
    old, new = parts(_by_the_scorecard_of(after, before)), parts(after.dimensions)
    exact = _steps(old, new)
    exact[_Key("scorecard")] = _sum(old or new) - _sum(parts(before.dimensions))
    moved = {key: value for key, value in exact.items() if value}
    total = after.value - before.value
    rest = total - sum(moved.values(), Fraction())
    if abs(rest) > ROUNDING or (total and not moved):
        moved[_Key("rest")] = rest
    points = whole(moved, total)
    order = sorted(points, key=lambda key: -abs(moved[key]))
    return Waterfall(before.value, after.value, tuple(_change(key, points[key], before, after) for key in order))


def marks(before: Standing, after: Standing) -> tuple[str, ...]:
    """What changed beside the score: limits, overrides, the status and the scorecard, in words."""
    told = []
    if before.limited_by != after.limited_by:
        told += [f"the limit “{before.limited_by}” no longer holds"] if before.limited_by else []
        told += [f"the limit “{after.limited_by}” holds the status down"] if after.limited_by else []
    if before.override != after.override:
        told += ["an override ended"] if before.override else []
        told += ["a person's override is in force"] if after.override else []
    if before.status != after.status:
        told.append(f"the status went from {_word(before.status)} to {_word(after.status)}")
    if before.provisional != after.provisional:
        told.append("the score is provisional now" if after.provisional else "the score is no longer provisional")
    return tuple(told)


def _word(status: HealthStatus | None) -> str:
    return STATUS[status] if status else "no status"


def _by_the_scorecard_of(after: Score, before: Score) -> tuple[DimensionScore, ...]:
    """The later score's dimensions and weights with what the measures said before."""
    return tuple(
        DimensionScore(
            one.name, one.weight, None,
            tuple(
                MeasureScore(each.name, each.points, _before(before, one.name, each.name)) for each in one.measures
            ),
        )
        for one in after.dimensions
    )  # fmt: skip


def _before(score: Score, dimension: str, measure: str) -> Reading:
    """In its dimension, else in another: a measure may have been moved."""
    found = {(one.name, each.name): each.reading for one in score.dimensions for each in one.measures}
    return found.get((dimension, measure)) or score.reading(measure) or NOTHING


def _steps(old: dict[Place, Part], new: dict[Place, Part]) -> dict[_Key, Fraction]:
    """Under one scorecard: what moved, what began and ceased to be known, and what that did to the others' shares.

    A measure that begins to be known lifts the score as far as it is above the mean of the two scores.
    """
    if not old or not new:
        return {}
    mean = (_sum(old) + _sum(new)) / 2
    both = {place: (old[place], new[place]) for place in old.keys() & new.keys()}
    steps = {
        _Key("measure", *place): (was.share + now.share) / 2 * _points(now.value - was.value)
        for place, (was, now) in both.items()
    }
    for place in new.keys() - old.keys():
        steps[_Key("known", *place)] = new[place].share * (_points(new[place].value) - mean)
    for place in old.keys() - new.keys():
        steps[_Key("unknown", *place)] = -old[place].share * (_points(old[place].value) - mean)
    steps[_Key("coverage")] = sum(
        ((now.share - was.share) * (_points(now.value + was.value) / 2 - mean) for was, now in both.values()),
        Fraction(),
    )
    return {key: steps[key] for key in sorted(steps, key=str)}


def _points(hundredths: int) -> Fraction:
    return Fraction(hundredths * BEST, FULL)


def _sum(of: dict[Place, Part]) -> Fraction:
    return sum((one.given for one in of.values()), Fraction())


def _change(key: _Key, points: int, before: Score, after: Score) -> Change:
    if key.measure is None or key.dimension is None:
        return Change(key.kind, points, _without_measure(key.kind, before, after))
    was, now = _before(before, key.dimension, key.measure), _before(after, key.dimension, key.measure)
    recounted = key.kind == "measure" and was.numbers == now.numbers and before.version != after.version
    words = {
        "measure": f"{said(key.measure, now)}; the same numbers as before, counted by the new scorecard"
        if recounted else changed(key.measure, was, now),
        "known": f"{said(key.measure, now)}; it was unknown before",
        "unknown": f"{said(key.measure, now)}; before: {said(key.measure, was)}",
    }  # fmt: skip
    return Change(key.kind, points, words[key.kind], key.dimension, key.measure, was, now)


def _without_measure(kind: ChangeKind, before: Score, after: Score) -> str:
    if kind == "coverage":
        return (
            f"what is known counts differently, because more or less of it is known: "
            f"coverage {before.coverage // 100} % before, {after.coverage // 100} % now"
        )
    if kind == "scorecard":
        if before.version != after.version:
            return f"the scorecard was changed: from version {before.version} to {after.version}"
        return f"another scorecard is for this account now: {after.card} in place of {before.card}"
    return "what the measures do not account for; the older score was worked out by an older version"
