"""Counted units and a price table make a month's bill."""

from collections.abc import Mapping
from itertools import pairwise

from health_monitor.model.cost import Bill, BillLine, Counted, Price, Prices, Rate, Units, Way

DAYS = 365 / 12
"""Days of a month."""


def bill_of(prices: Prices, units: Units, accounts: int, events_per_day: int, way: Way) -> Bill:
    """Dollars of a month, a line a unit, in the order of the price table.

    Raises KeyError for a unit without a price: a bill that leaves something out would be believed.
    """
    counted = units.ways[way]
    growing = {unit: accounts * n for unit, n in _of_account(counted, events_per_day).items()}
    fixed = {unit: DAYS * n for unit, n in counted.day.items()}
    for unit, n in units.month.items():
        fixed[unit] = fixed.get(unit, 0) + n
    unpriced = (growing.keys() | fixed.keys()) - {price.unit for price in prices.prices}
    if unpriced:
        raise KeyError(f"no price for {', '.join(sorted(unpriced))}")
    lines = (_line(price, growing.get(price.unit, 0), fixed.get(price.unit, 0)) for price in prices.prices)
    beyond = events_per_day > counted.rates[-1].events_per_day
    return Bill(accounts, events_per_day, way, tuple(line for line in lines if line.quantity), beyond)


def _line(price: Price, growing: float, fixed: float) -> BillLine:
    each = price.dollars / price.per
    return BillLine(price, growing + fixed, growing * each, fixed * each)


def _of_account(counted: Counted, events_per_day: int) -> dict[str, float]:
    """Units of one account in a month at the end of its first year: what it keeps is largest then."""
    low, high = _around(counted.rates, events_per_day)
    share = (events_per_day - low.events_per_day) / (high.events_per_day - low.events_per_day)
    month = {unit: DAYS * n for unit, n in _between(low.account_day, high.account_day, share).items()}
    return month | _between(low.account_kept, high.account_kept, share)


def _around(rates: tuple[Rate, ...], events_per_day: int) -> tuple[Rate, Rate]:
    """The two counted rates next to this one; beyond the last rate the last two, whose step goes on."""
    pairs = list(pairwise(rates))
    return next((pair for pair in pairs if events_per_day <= pair[1].events_per_day), pairs[-1])


def _between(low: Mapping[str, float], high: Mapping[str, float], share: float) -> dict[str, float]:
    return {unit: (1 - share) * low.get(unit, 0) + share * high.get(unit, 0) for unit in dict.fromkeys((*low, *high))}
