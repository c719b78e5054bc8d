"""A year of accounts whose troubles are known: what `explain` names first is what happened."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from health_monitor import wiring
from health_monitor.adapters.memory import MemoryWorld, memory_world
from health_monitor.flows.explain import explain
from health_monitor.flows.model_past import Stores
from health_monitor.flows.people import tell_people
from health_monitor.model.explanation import Explanation
from health_monitor.model.run import RunInput, SourceFreshness
from health_monitor.simulate.behaviours import Cause
from health_monitor.simulate.griefs import Way, accounts_of, contacts_of, griefs
from health_monitor.simulate.portfolio import Portfolio, a_portfolio
from health_monitor.simulate.records import records_of
from health_monitor.simulate.workflow import run_workflow

LAST, DAYS = date(2026, 10, 31), 365
BEFORE, AFTER = timedelta(weeks=1), timedelta(days=60)
QUIET = timedelta(days=120)
"""So long an account lived in peace before its trouble, and the trouble has lasted 25 days at least."""
OF_EACH, STEADY = 2, 10
USAGE = {"active_users", "login_frequency", "feature_depth", "user_health", "usage_trend", "peer_usage"}
GRIEVED = (Way.UNPAID, Way.BUGS, Way.NO_SPONSOR, Way.ANGRY, Way.NEGLECTED)
LASTING = (Cause.DEPARTED_CHAMPION, Cause.BUDGET_CUT, Cause.QUIET_QUITTER, Cause.COMPETITOR_TRIAL, Cause.MERGED_AWAY)
SEEN_AS: Mapping[Cause | Way, set[str]] = {
    Way.UNPAID: {"payment"},
    Way.BUGS: {"support_friction", "csat"},
    Way.NO_SPONSOR: {"executive_sponsor"},
    Way.ANGRY: {"nps", "csat", "csm_pulse", "relationship_rating"},
    Way.NEGLECTED: {"touch_cadence", "response_rate", "qbr_attendance", "executive_sponsor"},
    Cause.DEPARTED_CHAMPION: {"champion"},
    Cause.MERGED_AWAY: {"executive_sponsor", "response_rate", "relationship_rating"},
    Cause.QUIET_QUITTER: USAGE | {"response_rate"},
}
"""The measures that a trouble is named by; every other cause is a loss of use."""


class Trouble:
    """What happened to an account, and since when."""

    def __init__(self, account_id: str, what: Cause | Way, began: date) -> None:
        self.account_id, self.what, self.began = account_id, what, began
        self.measures = SEEN_AS.get(what, USAGE)


def troubles(portfolio: Portfolio) -> list[Trouble]:
    """A few of each kind, of those that came after a quiet time and have lasted."""
    found = [Trouble(name, one.ways[0], date.fromordinal(one.began)) for name, one in griefs(portfolio).items()]
    found += [Trouble(k, one.cause, one.began) for k, one in portfolio.planted.items() if one.cause in LASTING]
    chosen: dict[Cause | Way, list[Trouble]] = {}
    for one in found:
        account = next(account for account in portfolio.accounts if account.account_id == one.account_id)
        started = max(account.usage_start or portfolio.first_day, portfolio.first_day)
        if started + QUIET < one.began and account.last_day(LAST) >= one.began + timedelta(days=45):
            chosen.setdefault(one.what, []).append(one)
    return [one for some in chosen.values() for one in some[:OF_EACH]]


@pytest.fixture(scope="module")
def portfolio() -> Portfolio:
    whole = a_portfolio(seed=11, accounts=1500, last_day=LAST, days=DAYS)
    steady = [one.account_id for one in whole.accounts if one.account_id not in whole.planted.keys() | griefs(whole)]
    wanted = {one.account_id for one in troubles(whole)} | {*steady[:STEADY]}
    return replace(
        whole,
        accounts=tuple(one for one in accounts_of(whole) if one.account_id in wanted),
        contacts=tuple(one for one in contacts_of(whole) if one.account_id in wanted),
        teams=tuple(one for one in whole.teams if one.account_id in wanted),
        planted={name: one for name, one in whole.planted.items() if name in wanted},
    )


@pytest.fixture(scope="module")
def year(portfolio: Portfolio) -> MemoryWorld:
    world = memory_world(datetime.combine(portfolio.first_day, datetime.min.time(), UTC) + timedelta(hours=5))
    world.accounts.save(portfolio.accounts)
    world.accounts.save_contacts(portfolio.contacts)
    tell_people([one.account_id for one in portfolio.accounts], world.accounts, world.dossiers, world.clock.now())
    for account_id, records in records_of(portfolio):
        world.dossiers.save(account_id, records)
    world.journal.save_freshness(
        SourceFreshness(
            source="feed", complete_from=portfolio.first_day, complete_through=LAST, received_at=world.clock.now()
        )
    )
    for night in range(DAYS):
        as_of = portfolio.first_day + timedelta(days=night)
        world.arrivals.add(world.clock.now(), portfolio.events_on(as_of))
        world.clock.push(days=1)
        run_workflow(world, RunInput(as_of=as_of), wiring.default_bundle())
    return world


def told(one: Trouble, portfolio: Portfolio, year: MemoryWorld) -> Explanation:
    account = next(account for account in portfolio.accounts if account.account_id == one.account_id)
    stores = Stores(year.blobs, year.accounts, year.dossiers, year.standings, year.journal)
    on = min(one.began + AFTER, account.last_day(LAST))
    found = explain(one.account_id, on, one.began - BEFORE, stores, wiring.default_bundle())
    assert isinstance(found, Explanation)
    return found


def test_the_planted_cause_is_what_explain_names_first(portfolio: Portfolio, year: MemoryWorld) -> None:
    right: dict[Cause | Way, int] = defaultdict(int)
    wrong: dict[str, str] = {}
    for one in troubles(portfolio):
        found = told(one, portfolio, year)
        assert found.waterfall is not None
        assert found.waterfall.points == sum(change.points for change in found.waterfall.changes)
        if found.cause is None:
            assert found.waterfall.points > -10, "a score that fell by a point has a cause"
        elif found.cause.measure in one.measures:
            right[one.what] += 1
        else:
            wrong[f"{one.what} at {one.account_id}"] = str(found.cause.measure)
    assert wrong == {}
    assert right.keys() == {*GRIEVED, *LASTING}
