"""What a deployment costs: prices, the units a running product was counted to use, and the bill they make."""

from collections.abc import Mapping
from datetime import date
from typing import Literal, NamedTuple

from health_monitor.model.strict import Strict

Way = Literal["pull", "hourly", "batched", "single"]
"""How events come: pulled every hour; or sent, an account's together once an hour, many as they come, or one by one."""


class Price(Strict):
    """`dollars` for every `per` of a unit; `what` is its plural. `checked`: where else it was seen, if it was."""

    unit: str
    service: str
    what: str
    dollars: float
    per: int
    source: str
    checked: str | None


class Prices(Strict):
    """The price table of one region on one day."""

    region: str
    read_on: date
    prices: tuple[Price, ...]


class Rate(Strict):
    """Units at one rate of events.

    account_day: of one account on one day. account_kept: GB of one account after a year. day: of one day, however many
    accounts there are.
    """

    events_per_day: int
    account_day: Mapping[str, float]
    account_kept: Mapping[str, float]
    day: Mapping[str, float]


class Counted(Strict):
    """One way in: its rates, in rising order."""

    title: str
    rates: tuple[Rate, ...]


class Units(Strict):
    """What the counting run found. `month`: units of a month that are there even when nothing happens."""

    counted_on: date
    on: str
    portfolio: str
    how: Mapping[str, str]
    ways: Mapping[Way, Counted]
    month: Mapping[str, float]


class BillLine(NamedTuple):
    """One unit's part of a month: how many, the dollars that grow with the accounts, and those that do not."""

    price: Price
    quantity: float
    growing: float
    fixed: float


class Bill(NamedTuple):
    """A month. `beyond`: more events than were ever counted, so that the last step of the counts was prolonged."""

    accounts: int
    events_per_day: int
    way: Way
    lines: tuple[BillLine, ...]
    beyond: bool

    @property
    def growing(self) -> float:
        """Dollars that accounts and events make."""
        return sum(line.growing for line in self.lines)

    @property
    def fixed(self) -> float:
        """Dollars that are due for an idle product too."""
        return sum(line.fixed for line in self.lines)

    @property
    def total(self) -> float:
        """Dollars of the month."""
        return self.growing + self.fixed
