"""Who needs attention first, and how all of them are together."""

from copy import deepcopy
from datetime import timedelta
from decimal import Decimal
from functools import cache

import pytest

from health_monitor.adapters.memory import MemoryWorld
from health_monitor.flows.accounts_list import list_accounts, portfolio
from health_monitor.flows.accounts_told import accounts_csv, accounts_json, accounts_page, portfolio_page
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.listing import Sort, Wanted
from health_monitor.model.score import Deltas
from tests.builders import an_account
from tests.flows.scorecards import a_survey, scored
from tests.flows.stage import NIGHT

LATER = NIGHT + timedelta(days=1)


@cache
def _scored() -> MemoryWorld:
    return scored(0, ("steady-1", a_survey(10, NIGHT)))


def a_world() -> MemoryWorld:
    """After one night; every test changes its own copy."""
    world = deepcopy(_scored())
    world.accounts.save([
        an_account("steady-1", arr=Decimal(900), renewal_date=LATER + timedelta(days=20), licensed_seats=20),
        an_account("steady-2", arr=Decimal(500_000), renewal_date=LATER + timedelta(days=80), csm_email=None,
                   licensed_seats=20),
        an_account("steady-3", arr=None, renewal_date=LATER - timedelta(days=80), tier="gold", licensed_seats=20),
        an_account("left", churn_date=NIGHT),
        an_account("unscored", segment="enterprise"),
    ])  # fmt: skip
    return world


def ids(world: MemoryWorld, sort: Sort = "priority", wanted: Wanted | None = None) -> list[str]:
    """The accounts in order."""
    return [one.account.account_id for one in list_accounts(wanted or Wanted(), sort, world).lines]


def test_everybody_who_has_not_left_is_listed() -> None:
    assert len(ids(a_world())) == 12
    assert "left" not in ids(a_world())


def test_the_order_is_what_was_asked_for_and_the_unknown_comes_last() -> None:
    world = a_world()
    standings = world.standings.read(["steady-1", "big"])
    moved = {"steady-1": Deltas(-200, None, None), "big": Deltas(30, None, None)}
    world.standings.write(one.model_copy(update={"deltas": moved[key]}) for key, one in standings.items())
    assert ids(world, "renewal")[:2] == ["steady-1", "steady-2"]
    assert ids(world, "arr")[0] == "steady-2"
    assert ids(world, "arr")[-1] == "steady-3"
    assert ids(world, "trend")[:2] == ["steady-1", "big"]
    assert ids(world, "score")[-1] == ids(world, "priority")[-1] == "unscored"
    assert ids(world, "score")[-3:] == ["steady-1", "new", "unscored"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(renewal_days=30), ["steady-1"]),
        (Wanted(renewal_days=90), ["steady-1", "steady-2"]),
        (Wanted(tier="gold"), ["steady-3"]),
        (Wanted(csm=""), ["big", "steady-2"]),
        (Wanted(segment="enterprise"), ["unscored"]),
        (Wanted(open_alerts=True), ["big", "falls", "new", "sinks"]),
        (Wanted(status="healthy"), []),
        (Wanted(coverage_tier="T5"), []),
    ],
)
def test_a_filter_leaves_those_that_fit(wanted: Wanted, found: list[str]) -> None:
    assert sorted(ids(a_world(), wanted=wanted)) == found


def test_a_csm_whom_nobody_has_is_probably_misspelt() -> None:
    with pytest.raises(NeedsHuman, match=r"no account has the CSM carla@exmaple\.com"):
        ids(a_world(), wanted=Wanted(csm="carla@exmaple.com"))
    assert ids(a_world(), wanted=Wanted(csm="carla@example.com"))


def test_a_score_is_told_against_its_segments_median() -> None:
    line = next(
        one for one in list_accounts(Wanted(), "score", a_world()).lines if one.account.account_id == "steady-1"
    )
    assert line.standing is not None
    assert line.median is not None
    assert line.difference == (line.standing.score or 0) - line.median


def test_before_the_first_night_everybody_is_listed_without_a_score(empty: MemoryWorld) -> None:
    empty.accounts.save([an_account("acme")])
    found = list_accounts(Wanted(), "priority", empty)
    assert (found.as_of, found.lines[0].standing, found.lines[0].median) == (None, None, None)
    assert any("no night is complete yet" in line for line in accounts_page(found, why=True))


def test_the_list_is_a_page_a_spreadsheet_and_json() -> None:
    found = list_accounts(Wanted(), "priority", a_world())
    assert len(list(accounts_csv(found))) == 13
    assert len(accounts_json(found)["found"]) == 12
    assert all(len(line) <= 100 for line in accounts_page(found, why=True))


def test_the_portfolio_of_a_night_is_told_and_of_no_night_refused(empty: MemoryWorld) -> None:
    world = a_world()
    summary = portfolio(None, world.blobs, world.journal)
    assert summary == portfolio(NIGHT, world.blobs, world.journal)
    assert summary["portfolio"]["accounts"] == 11
    assert next(portfolio_page(summary)).startswith("11 accounts with")
    with pytest.raises(NeedsHuman, match="no summary of 2020-01-01"):
        portfolio(NIGHT.replace(year=2020, month=1, day=1), world.blobs, world.journal)
    with pytest.raises(NeedsHuman, match="no summary yet"):
        portfolio(None, empty.blobs, empty.journal)
