"""How much of a score each measure is: exactly, as fractions, and in whole tenths that add up."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from math import lcm
from typing import NamedTuple, TypeVar

from health_monitor.model.score import FULL, DimensionScore, Reading

BEST = 1000
"""A score of 100.0, in tenths."""
Key = TypeVar("Key")
Place = tuple[str, str]
"""Dimension and measure: the same measure may count in two dimensions."""


class Part(NamedTuple):
    """A measure of which something is known: its share of the whole score (they sum to 1), and what it said."""

    share: Fraction
    reading: Reading
    value: int

    @property
    def lost(self) -> Fraction:
        """What it takes from the best score, in tenths."""
        return self.share * Fraction(FULL - self.value, FULL) * BEST

    @property
    def given(self) -> Fraction:
        """What it adds to the score, in tenths."""
        return self.share * Fraction(self.value, FULL) * BEST


def parts(dimensions: Sequence[DimensionScore]) -> dict[Place, Part]:
    """Every known measure's part in the score, renormalised over what is known as the score itself is."""
    known = [(one, _points(one)) for one in dimensions]
    weights = sum(one.weight for one, points in known if points)
    if not weights:
        return {}
    return {
        (one.name, measure.name): Part(
            _ratio(one.weight * measure.points, weights * points), measure.reading, measure.reading.value
        )
        for one, points in known
        if points
        for measure in one.measures
        if measure.reading.value is not None
    }


def _points(dimension: DimensionScore) -> int:
    return sum(one.points for one in dimension.measures if one.reading.value is not None)


def whole(exact: Mapping[Key, Fraction], total: int) -> dict[Key, int]:
    """Whole numbers that are as near to these as can be and sum to the total: the largest remainders go up."""
    scale = lcm(*(value.denominator for value in exact.values()))
    return whole_of({key: value.numerator * (scale // value.denominator) for key, value in exact.items()}, scale, total)


def whole_of(counts: Mapping[Key, int], scale: int, total: int) -> dict[Key, int]:
    """The same for fractions that all have one denominator, the scale."""
    if not counts:
        return {}
    found = {key: divmod(count, scale) for key, count in counts.items()}
    each, more = divmod(total - sum(floor for floor, _ in found.values()), len(found))
    order = sorted(found, key=lambda key: found[key][1], reverse=True)
    return {key: found[key][0] + each + (at < more) for at, key in enumerate(order)}


@lru_cache(maxsize=1024)
def _ratio(part: int, of: int) -> Fraction:
    """Making a fraction takes longer than scoring a measure, and a scorecard needs the same ones every time."""
    return Fraction(part, of)
