"""What a month comes to, from the committed counts and prices: the same numbers as `health-monitor cost`."""

from collections.abc import Iterator

from benchmarks.measure import Line
from health_monitor.cli.cost import PRICES, UNITS
from health_monitor.flows.cost import cost
from health_monitor.model.cost import Prices, Units

ACCOUNTS, EVENTS, AT_MOST = 1_000, 100, 0.50


def lines() -> Iterator[Line]:
    """Dollars that 1,000 accounts add, each way in, and what is due for an idle product."""
    prices, units = Prices.model_validate_json(PRICES.read_bytes()), Units.model_validate_json(UNITS.read_bytes())
    _, bills = cost(prices, units, ACCOUNTS, EVENTS, "pull")
    for way, bill in bills.items():
        what = f"1,000 accounts, {units.ways[way].title}"
        told = f"${bill.growing:.2f} and ${bill.fixed:.2f} fixed"
        if way == "single":
            yield Line(what, told)
        else:
            yield Line(what, told, f"<= ${AT_MOST:.2f}", bill.growing <= AT_MOST)
