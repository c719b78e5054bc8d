"""Counted units and a price table make a month's bill."""

from collections.abc import Mapping
from itertools import pairwise

from health_monitor.model.cost import Bill, BillLine, Price, Prices, Rate, Units, Way

DAYS = 365 / 12
"""Days of a month."""


def bill_of(prices: Prices, units: Units, accounts: int, events_per_day: int, way: Way) -> Bill:
    """Dollars of a month, a line a unit, in the order of the price table.

    Raises KeyError for a unit without a price: a bill that leaves something out would be believed.
    """
    rates = units.ways[way].rates
    rate = _at(rates, events_per_day)
    growing = {unit: accounts * n for unit, n in _sum(_times(rate.account_day, DAYS), rate.account_kept).items()}
    fixed = _sum(_times(rate.day, DAYS), units.month)
    unpriced = (growing.keys() | fixed.keys()) - {price.unit for price in prices.prices}
    if unpriced:
        raise KeyError(f"no price for {', '.join(sorted(unpriced))}")
    lines = (_line(price, growing.get(price.unit, 0), fixed.get(price.unit, 0)) for price in prices.prices)
    beyond = events_per_day > rates[-1].events_per_day
    return Bill(accounts, events_per_day, way, tuple(line for line in lines if line.quantity), beyond)


def _line(price: Price, growing: float, fixed: float) -> BillLine:
    each = price.dollars / price.per
    return BillLine(price, growing + fixed, growing * each, fixed * each)


def _at(rates: tuple[Rate, ...], events_per_day: int) -> Rate:
    """What would have been counted at this rate: a straight line between the two counted ones next to it."""
    low, high = _around(rates, events_per_day)
    share = (events_per_day - low.events_per_day) / (high.events_per_day - low.events_per_day)
    return Rate(
        events_per_day=events_per_day,
        account_day=_between(low.account_day, high.account_day, share),
        account_kept=_between(low.account_kept, high.account_kept, share),
        day=_between(low.day, high.day, share),
    )


def _around(rates: tuple[Rate, ...], events_per_day: int) -> tuple[Rate, Rate]:
    """The two counted rates next to this one; beyond the last rate the last two, whose step goes on."""
    pairs = list(pairwise(rates))
    return next((pair for pair in pairs if events_per_day <= pair[1].events_per_day), pairs[-1])


def _between(low: Mapping[str, float], high: Mapping[str, float], share: float) -> dict[str, float]:
    return _sum(_times(low, 1 - share), _times(high, share))


def _times(units: Mapping[str, float], n: float) -> dict[str, float]:
    return {unit: n * many for unit, many in units.items()}


def _sum(some: Mapping[str, float], others: Mapping[str, float]) -> dict[str, float]:
    return {unit: some.get(unit, 0) + others.get(unit, 0) for unit in dict.fromkeys((*some, *others))}
