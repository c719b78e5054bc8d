"""What a month costs, from the committed price table and the committed counts."""

from health_monitor.learn.cost import bill_of
from health_monitor.model.cost import Bill, Prices, Units, Way


def cost(prices: Prices, units: Units, accounts: int, events_per_day: int, way: Way) -> tuple[Bill, dict[Way, Bill]]:
    """The bill that was asked for, and those of every way in, for comparison."""
    bills: dict[Way, Bill] = {each: bill_of(prices, units, accounts, events_per_day, each) for each in units.ways}
    return bills[way], bills
