"""`health-monitor cost`: dollars a month by service, from counted units and a dated price table."""

import json
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any

import typer
from rich import box
from rich.table import Table

from health_monitor.cli.console import console, many
from health_monitor.flows.cost import cost as cost_flow
from health_monitor.model.cost import Bill, BillLine, Prices, Units, Way

PRICES, UNITS = (Path(__file__).with_name(name) for name in ("prices.json", "units.json"))
NOT_COUNTED = (
    "Not counted: data transfer, support, tax, and requests to AWS's own encryption keys. Free tiers are not "
    "subtracted. Functions' durations are processor time measured on an x86 laptop, and assumed waiting for each call."
)


def cost(
    accounts: Annotated[int, typer.Option(min=1, help="How many accounts.")],
    events_per_day: Annotated[int, typer.Option(min=0, help="Events of one account on one day, on average.")],
    way: Annotated[
        Way,
        typer.Option(
            help="How events arrive: pulled, or sent to the webhook hourly, batched or single (docs/cost.md)."
        ),
    ] = "pull",
    as_json: Annotated[bool, typer.Option("--json", help="Everything, for programs.")] = False,
) -> None:
    """What a month costs in AWS, by service: counted units times list prices."""
    prices = Prices.model_validate_json(PRICES.read_bytes())
    units = Units.model_validate_json(UNITS.read_bytes())
    bill, ways = cost_flow(prices, units, accounts, events_per_day, way)
    if as_json:
        print(json.dumps(_data(bill, prices, units), indent=2))
        return
    what = f"{many(accounts, 'account')} with {many(events_per_day, 'event')} a day each, {units.ways[way].title}"
    console.print(f"{what}: a month in {prices.region}, prices of {prices.read_on}.", markup=False)
    console.print(_table(bill))
    _tell(bill, ways, units)


def _table(bill: Bill) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_footer=True)
    table.add_column("service", "total", no_wrap=True)
    for name, dollars in (("grows", bill.growing), ("fixed", bill.fixed), ("$ a month", bill.total)):
        table.add_column(name, _dollars(dollars), justify="right", no_wrap=True)
    table.add_column("units a month")
    for service, lines in _by_service(bill):
        growing, fixed = sum(line.growing for line in lines), sum(line.fixed for line in lines)
        counts = ", ".join(f"{_count(line.quantity)} {line.price.what}" for line in lines)
        table.add_row(service, *map(_dollars, (growing, fixed, growing + fixed)), counts)
    return table


def _tell(bill: Bill, ways: dict[Way, Bill], units: Units) -> None:
    thousands = bill.accounts / 1000
    each = f"${bill.growing / thousands:,.2f} grow with accounts and events"
    console.print(f"Per 1,000 accounts: ${bill.total / thousands:,.2f}, of which {each}.")
    console.print(f"${bill.fixed:,.2f} ({bill.fixed / bill.total:.0%}) are due even for an idle product.")
    others = "; ".join(f"{units.ways[way].title} ${one.total:,.2f}" for way, one in ways.items())
    console.print(f"The ways in: {others}.")
    if bill.beyond:
        most = units.ways[bill.way].rates[-1].events_per_day
        console.print(f"More than {most:,} events a day were not counted; the step before that is prolonged.")
    console.print(NOT_COUNTED)
    console.print(f"Units were counted on {units.counted_on} ({units.portfolio}); docs/cost.md says how.")


def _by_service(bill: Bill) -> Iterable[tuple[str, list[BillLine]]]:
    """The price table is in the order of services."""
    for service, lines in groupby(bill.lines, key=lambda line: line.price.service):
        yield service, list(lines)


def _data(bill: Bill, prices: Prices, units: Units) -> dict[str, Any]:
    lines = [
        {"service": line.price.service, "unit": line.price.unit, "units": line.quantity, "per": line.price.per,
         "price": line.price.dollars, "grows": line.growing, "fixed": line.fixed, "how": units.how.get(line.price.unit)}
        for line in bill.lines
    ]  # fmt: skip
    return {
        "accounts": bill.accounts, "events_per_day": bill.events_per_day, "way": bill.way, "region": prices.region,
        "prices_of": str(prices.read_on), "counted_on": str(units.counted_on), "currency": "USD", "total": bill.total,
        "grows": bill.growing, "fixed": bill.fixed, "beyond_counted": bill.beyond, "lines": lines,
        "not_counted": NOT_COUNTED,
    }  # fmt: skip


def _dollars(dollars: float) -> str:
    return f"{dollars:,.2f}"


def _count(n: float) -> str:
    """As many digits as say something."""
    for size, name in ((1e9, " billion"), (1e6, " million")):
        if n >= size:
            return f"{n / size:.3g}{name}"
    return f"{n:,.0f}" if n >= 100 else f"{n:.3g}"
