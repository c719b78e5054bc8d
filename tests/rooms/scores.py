"""Scores made by hand: a test names the dimensions, the measures and the values that matter to it."""

from collections.abc import Mapping
from datetime import date

from hypothesis import strategies as st

from health_monitor.model.measure import MEASURES
from health_monitor.model.score import FULL, DimensionScore, MeasureScore, Reading, Score

DAY = date(2026, 6, 12)
Values = Mapping[str, Mapping[str, int | None]]
"""Dimension → measure → value from 0 to 100, None where nobody can say."""
POINTS = 4_000


def reading(value: int | None, **numbers: float | str | None) -> Reading:
    """A reading with a value from 0 to 100."""
    return Reading(None, because="nobody was asked") if value is None else Reading(value * 100, numbers)


def weighed(values: Values, weights: Mapping[str, int]) -> tuple[DimensionScore, ...]:
    """Dimensions with these weights (percent), their measures all worth the same points."""
    found = []
    for name, said in values.items():
        measures = tuple(MeasureScore(one, POINTS, reading(value)) for one, value in said.items())
        found.append(dimension(name, weights[name] * 100, measures))
    return tuple(found)


def dimension(name: str, weight: int, measures: tuple[MeasureScore, ...]) -> DimensionScore:
    """A dimension with the value that its measures give it."""
    known = [(one.points, one.reading.value) for one in measures if one.reading.value is not None]
    value = sum(points * said for points, said in known) // sum(points for points, _ in known) if known else None
    return DimensionScore(name, weight, value, measures)


def scored(dimensions: tuple[DimensionScore, ...], *, version: str = "v1", day: date = DAY) -> Score:
    """A score with the value that its dimensions give it, floored to tenths."""
    known = [(one.weight, one.value) for one in dimensions if one.value is not None and one.weight]
    whole = sum(weight for weight, _ in known)
    value = sum(weight * said for weight, said in known) // (10 * whole) if known else None
    coverage = sum(weight for weight, _ in known)
    return Score(day, version, "default", value, coverage, coverage < 6_000, dimensions)


def a_score(values: Values, weights: Mapping[str, int] | None = None, *, day: date = DAY, version: str = "v1") -> Score:
    """A score; without weights, all dimensions weigh the same."""
    equal = dict.fromkeys(values, 100 // len(values))
    return scored(weighed(values, weights or equal), version=version, day=day)


@st.composite
def scores(draw: st.DrawFn, version: str = "v1") -> Score:
    """Any score: dimensions and measures at random, values and weights too, some measures unknown."""
    names = draw(st.lists(st.sampled_from(sorted(MEASURES)), min_size=1, max_size=12, unique=True))
    value = st.none() | st.integers(0, FULL)
    rooms = draw(st.lists(st.integers(0, 3), min_size=len(names), max_size=len(names)))
    found = []
    for room in sorted(set(rooms)):
        measures = tuple(
            MeasureScore(name, draw(st.integers(1, 100_000)), Reading(draw(value)))
            for name, at in zip(names, rooms, strict=True)
            if at == room
        )
        found.append(dimension(f"dimension {room}", draw(st.integers(0, 10_000)), measures))
    return scored(tuple(found), version=version)
