"""`health-monitor cost`: a month's bill that adds up, says what is fixed, and what it leaves out."""

import json
from typing import Any, get_args

import pytest

from health_monitor.cli.cost import PRICES, UNITS
from health_monitor.model.cost import Prices, Units, Way
from tests.cli.conftest import Command


def asked(health_monitor: Command, *more: object, accounts: int = 1000, events: int = 100) -> dict[str, Any]:
    said = health_monitor("cost", "--accounts", accounts, "--events-per-day", events, "--json", *more)
    assert said.code == 0
    found: dict[str, Any] = json.loads(said.out)
    return found


def test_the_table_tells_every_service_and_what_is_due_when_nothing_happens(health_monitor: Command):
    said = health_monitor("cost", "--accounts", 1000, "--events-per-day", 100)
    assert said.code == 0
    for word in ("DynamoDB", "Lambda", "Step Functions", "S3", "CloudWatch", "Secrets Manager", "total", "fixed"):
        assert word in said.out
    assert "1,000 accounts with 100 events a day each" in said.out
    assert "Per 1,000 accounts: $" in said.out
    assert "even for an idle product" in said.out
    assert "data transfer, support, tax" in said.out
    assert "x86" in said.out


def test_the_lines_add_up(health_monitor: Command):
    bill = asked(health_monitor)
    assert bill["total"] == pytest.approx(sum(line["grows"] + line["fixed"] for line in bill["lines"]))
    for line in bill["lines"]:
        assert line["grows"] + line["fixed"] == pytest.approx(line["units"] * line["price"] / line["per"])
        assert line["how"], line["unit"]


@pytest.mark.parametrize("way", get_args(Way))
def test_more_accounts_and_more_events_cost_more_each_way(health_monitor: Command, way: Way):
    bill = asked(health_monitor, "--way", way)
    assert asked(health_monitor, "--way", way, accounts=2000)["grows"] == pytest.approx(2 * bill["grows"])
    assert asked(health_monitor, "--way", way, events=1000)["grows"] > bill["grows"]
    assert asked(health_monitor, "--way", way, accounts=2000)["fixed"] == pytest.approx(bill["fixed"])


def test_more_events_than_were_counted_are_said_to_be_a_guess(health_monitor: Command):
    said = health_monitor("cost", "--accounts", 10, "--events-per-day", 5000)
    assert "More than 1,000 events a day were not counted" in said.out
    assert asked(health_monitor, events=5000)["beyond_counted"]


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (("--accounts", 0, "--events-per-day", 1), "--accounts"),
        (("--accounts", 1, "--events-per-day", -1), "--events-per-day"),
        (("--accounts", 1, "--events-per-day", "many"), "--events-per-day"),
        (("--accounts", 1, "--events-per-day", 1, "--way", "fax"), "--way"),
        (("--accounts", 1), "--events-per-day"),
    ],
)
def test_a_mistake_names_its_option(health_monitor: Command, words: tuple[object, ...], option: str):
    said = health_monitor("cost", *words)
    assert said.code == 2
    assert option in said.err


def test_every_counted_unit_has_a_price_and_its_explanation():
    prices, units = Prices.model_validate_json(PRICES.read_bytes()), Units.model_validate_json(UNITS.read_bytes())
    priced = {price.unit for price in prices.prices}
    counted = {unit for way in units.ways.values() for rate in way.rates
               for unit in (*rate.account_day, *rate.account_kept, *rate.day)} | set(units.month)  # fmt: skip
    assert counted <= priced
    assert counted <= set(units.how)
    assert set(units.ways) == set(get_args(Way))


def test_every_price_names_its_page_and_the_services_stand_together():
    prices = Prices.model_validate_json(PRICES.read_bytes()).prices
    assert all(price.source.startswith("https://aws.amazon.com/") for price in prices)
    services = [price.service for price in prices]
    assert services == sorted(services, key=services.index)
