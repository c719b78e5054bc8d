"""One account's score: every measure asked, dimensions by points, the whole by weights, over what is known."""

from collections.abc import Sequence

from health_monitor.model.account import Account
from health_monitor.model.evidence import Evidence
from health_monitor.model.score import DimensionScore, MeasureScore, Score
from health_monitor.model.scorecard import Card, Dimension, Scorecard
from health_monitor.score.measures import MEASURE


def card_of(account: Account, scorecard: Scorecard) -> Card:
    """The first of the scorecards that covers the account."""
    return next(card for card in scorecard.scorecards if card.when.covers(account))


def score_of(evidence: Evidence, scorecard: Scorecard) -> Score:
    """The account's score that day, with everything it was made of; the heaviest dimension first.

    No score where too little is known of the account (`unknown_below`).
    """
    card = card_of(evidence.account, scorecard)
    ordered = sorted(scorecard.dimensions_of(card).items(), key=lambda one: (-one[1].hundredths, one[0]))
    dimensions = tuple(_dimension(name, dimension, evidence) for name, dimension in ordered)
    covered = coverage_of(dimensions)
    value = None if covered < scorecard.unknown_below * 100 else value_of(dimensions)
    provisional = value is None or covered < scorecard.provisional_below * 100
    return Score(evidence.day, scorecard.version, card.name, value, covered, provisional, dimensions)


def dimension_of(name: str, weight: int, measures: tuple[MeasureScore, ...]) -> DimensionScore:
    """The mean of what its measures say, weighted by points (hundredths, rounded down); unknown ones do not count."""
    known = [(one.points, one.reading.value) for one in measures if one.reading.value is not None]
    points = sum(point for point, _ in known)
    value = sum(point * value for point, value in known) // points if points else None
    return DimensionScore(name, weight, value, measures)


def value_of(dimensions: Sequence[DimensionScore]) -> int | None:
    """The mean of the dimensions, weighted, in tenths, rounded down; None when none that counts is known."""
    known = [(one.weight, one.value) for one in dimensions if one.value is not None]
    weights = sum(weight for weight, _ in known)
    return sum(weight * value for weight, value in known) // (weights * 10) if weights else None


def coverage_of(dimensions: Sequence[DimensionScore]) -> int:
    """How much of weight and points something is known of, in hundredths of a percent, rounded down."""
    return sum(_covered(one) for one in dimensions)


def _covered(dimension: DimensionScore) -> int:
    known = sum(one.points for one in dimension.measures if one.reading.value is not None)
    return dimension.weight * known // sum(one.points for one in dimension.measures)


def _dimension(name: str, dimension: Dimension, evidence: Evidence) -> DimensionScore:
    measures = tuple(
        MeasureScore(one.measure, one.points, MEASURE[one.measure](evidence, one.settings)) for one in dimension.asked
    )
    return dimension_of(name, dimension.hundredths, measures)
