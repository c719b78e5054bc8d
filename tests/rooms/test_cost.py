"""A bill is counted units times listed prices, and leaves nothing out."""

from datetime import date

import pytest

from health_monitor.learn.cost import DAYS, bill_of
from health_monitor.model.cost import Bill, Counted, Price, Prices, Rate, Units


def price(unit: str, dollars: float, per: int = 1) -> Price:
    return Price(unit=unit, service="A service", what=unit, dollars=dollars, per=per, source="a page", checked=None)


FIXED = {"write": 6.0, "alarm": 1.0}


def rate(events_per_day: int, write: float, kept: float = 0.0) -> Rate:
    day = {"write": write} | ({"request": 1.0} if events_per_day else {})
    return Rate(events_per_day=events_per_day, account_day=day, account_kept={"gigabyte": kept}, day=FIXED)


PRICES = Prices(
    region="somewhere",
    read_on=date(2026, 11, 22),
    prices=(
        price("write", 2.0, 1000),
        price("request", 1.0),
        price("gigabyte", 0.5),
        price("alarm", 0.1),
        price("x", 9),
    ),
)
UNITS = Units(
    counted_on=date(2026, 11, 22), on="a laptop", portfolio="ten accounts", how={},
    ways={"pull": Counted(title="by pull", rates=(rate(0, 2.0), rate(100, 12.0, 1.0), rate(1000, 30.0, 10.0)))},
    month={"alarm": 20.0},
)  # fmt: skip


def bill(accounts: int = 10, events_per_day: int = 100) -> Bill:
    return bill_of(PRICES, UNITS, accounts, events_per_day, "pull")


def quantity(of: Bill, unit: str) -> float:
    return next(line.quantity for line in of.lines if line.price.unit == unit)


def test_a_line_is_its_units_times_the_price_of_one():
    write = bill().lines[0]
    assert write.growing == pytest.approx(10 * 12.0 * DAYS * 2.0 / 1000)
    assert write.fixed == pytest.approx(6.0 * DAYS * 2.0 / 1000)
    assert write.quantity == pytest.approx(126.0 * DAYS)


def test_units_of_the_month_and_of_the_day_add_up():
    assert quantity(bill(), "alarm") == pytest.approx(20 + DAYS)


def test_what_is_kept_is_not_multiplied_by_days():
    assert quantity(bill(), "gigabyte") == pytest.approx(10.0)


def test_the_total_is_what_grows_and_what_is_fixed():
    one = bill()
    assert one.total == pytest.approx(one.growing + one.fixed)
    assert one.fixed == pytest.approx(bill(accounts=7_000).fixed)
    assert bill(accounts=7_000).growing == pytest.approx(700 * one.growing)


@pytest.mark.parametrize(
    ("events_per_day", "writes"), [(0, 2.0), (50, 7.0), (100, 12.0), (550, 21.0), (1000, 30.0), (2000, 50.0)]
)
def test_between_two_counted_rates_a_straight_line_and_beyond_the_last_it_goes_on(events_per_day: int, writes: float):
    assert quantity(bill(1, events_per_day), "write") == pytest.approx((writes + 6.0) * DAYS)


def test_a_bill_beyond_what_was_counted_says_so():
    assert bill(events_per_day=1001).beyond
    assert not bill(events_per_day=1000).beyond


def test_a_unit_that_only_one_of_two_rates_knows_begins_at_nothing():
    assert quantity(bill(1, 50), "request") == pytest.approx(0.5 * DAYS)


def test_what_is_not_used_has_no_line():
    assert "x" not in {line.price.unit for line in bill().lines}


def test_a_unit_without_a_price_is_an_error_not_a_smaller_bill():
    cheaper = PRICES.model_copy(update={"prices": PRICES.prices[:1]})
    with pytest.raises(KeyError, match="no price for alarm, gigabyte, request"):
        bill_of(cheaper, UNITS, 1, 100, "pull")
