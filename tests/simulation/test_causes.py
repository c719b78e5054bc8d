"""A made-up year in which some accounts turn: what was planted is what `explain` names first."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import pytest

from health_monitor.adapters.memory import MemoryWorld, memory_world
from health_monitor.flows.explain import explain
from health_monitor.flows.health import Judging, scope_of
from health_monitor.flows.model_past import Stores, stored_past
from health_monitor.flows.people import tell_people
from health_monitor.flows.runs import HEALTH, NIGHTS, USE_HISTORY, pack_lines
from health_monitor.model.config import Bundle, Profile
from health_monitor.model.evidence import Evidence, Peers, Use
from health_monitor.model.explanation import Explanation
from health_monitor.model.records import EMPTY
from health_monitor.score.line import health_line, use_line
from health_monitor.score.use import walk_use
from health_monitor.score.users import key_users_of
from health_monitor.simulate.griefs import Turned, Way, accounts_of, contacts_of, turns
from health_monitor.simulate.portfolio import Portfolio, a_portfolio
from health_monitor.simulate.records import records_of

LAST_DAY = date(2026, 6, 14)
TODAY = LAST_DAY.toordinal()
CONFIG = Bundle(profiles=(Profile(name="everyone"),))
USAGE = {"active_users", "login_frequency", "feature_depth", "user_health", "usage_trend", "peer_usage"}
SHOWS: dict[Way, set[str]] = {
    Way.ANGRY: {"nps", "csat", "csm_pulse", "relationship_rating"},
    Way.SILENT: {"response_rate", "touch_cadence", "qbr_attendance", "training", "relationship_rating"},
    Way.UNPAID: {"payment"},
    Way.BUGS: {"support_friction", "csat"},
    Way.SHRINKS: {"spend", "expansion"},
    Way.NO_CHAMPION: {"champion"},
    Way.NO_SPONSOR: {"executive_sponsor"},
    Way.NEGLECTED: {"touch_cadence", "qbr_attendance", "roi_shown", "response_rate"},
}
"""In which measures each way of turning shows. Who was planted into the use of the product shows there, too."""
EVENTS = {Way.UNPAID, Way.NO_CHAMPION}
"""What happens on one day, and is named before all that follows from it."""


class Year(NamedTuple):
    """The portfolio, its world after the last night, and the accounts that turned and have had time to show it."""

    portfolio: Portfolio
    world: MemoryWorld
    turned: dict[str, Turned]


@pytest.fixture(scope="module")
def year() -> Year:
    portfolio = a_portfolio(seed=42, accounts=300, last_day=LAST_DAY, days=400)
    world = memory_world(datetime(2026, 6, 15, 6, tzinfo=UTC))
    world.accounts.save(accounts_of(portfolio))
    world.accounts.save_contacts(contacts_of(portfolio))
    tell_people([one.account_id for one in portfolio.accounts], world.accounts, world.dossiers, world.clock.now())
    for account_id, records in records_of(portfolio):
        world.dossiers.save(account_id, records)
    a_night(world, the_use(portfolio, world))
    turned = {
        account_id: one
        for account_id, one in turns(portfolio).items()
        if one and 20 <= TODAY - one.began <= 110 and not set(one.ways) & {Way.GROWS}
    }
    return Year(portfolio, world, turned)


def the_use(portfolio: Portfolio, world: MemoryWorld) -> dict[str, Use]:
    """Every account's use on the last day; that of the weeks before is left where a rebuild leaves it."""
    events = defaultdict(set)
    for one in portfolio.events():
        events[one.account_id].add((one.day, one.user_id, one.event))
    dossiers, rows, last = world.dossiers.read(list(events)), [], {}
    for account_id, some in sorted(events.items()):
        ordered = sorted(some)
        first, keys = ordered[0][0], key_users_of(dossiers[account_id].persons)
        days = [day for day in range(first, TODAY) if day % 7 == 0]
        weeks = list(walk_use(ordered, first, first, [*days, TODAY], (), keys))
        last[account_id] = weeks[-1][1]
        rows.append({"account_id": account_id, "weeks": [[day, use_line(use)] for day, use in weeks[:-1]]})
    world.blobs.put(f"{USE_HISTORY}00000.jsonl.gz", pack_lines(rows))
    return last


def stores_of(world: MemoryWorld) -> Stores:
    return Stores(world.blobs, world.accounts, world.dossiers, world.standings, world.journal)


def the_peers(world: MemoryWorld) -> Peers:
    """With whom the last day compares: the week before it."""
    eve = LAST_DAY - timedelta(days=1)
    return next(one.days[-1].peers for one in stored_past(stores_of(world), eve, eve - timedelta(days=13)) if one.days)


def a_night(world: MemoryWorld, used: dict[str, Use]) -> None:
    """The lines of the last night."""
    peers, rows = the_peers(world), []
    judging = Judging(LAST_DAY, CONFIG, peers)
    known = world.accounts.read(list(world.accounts.ids()))
    for account_id, dossier in world.dossiers.read(list(known)).items():
        account = known[account_id]
        if account.last_day(LAST_DAY) == LAST_DAY:
            facts = (dossier or EMPTY).as_of(LAST_DAY)
            evidence = Evidence(
                LAST_DAY, account, used.get(account_id), facts, peers, peers.features, scope_of(account)
            )
            health = judging.health(evidence, None)
            rows.append({"account_id": account_id, HEALTH: health_line(health.score, health.standing, evidence)})
    rows.sort(key=lambda row: str(row["account_id"]))
    world.blobs.put(f"{NIGHTS}{LAST_DAY}/00001.jsonl.gz", pack_lines(rows))


def test_what_was_planted_is_what_explain_names_first(year: Year) -> None:
    right, wrong = [], []
    for account_id, turned in sorted(year.turned.items()):
        since = date.fromordinal(turned.began) - timedelta(days=7)
        found = explain(account_id, LAST_DAY, since, stores_of(year.world), CONFIG)
        if not isinstance(found, Explanation) or found.cause is None:
            continue
        planted = set[str]().union(*(SHOWS[way] for way in turned.ways))
        planted |= USAGE if account_id in year.portfolio.planted else set()
        ways = [one.value for one in turned.ways]
        (right if found.cause.measure in planted else wrong).append((account_id, ways, found.cause.measure))
        if EVENTS & set(turned.ways):
            named = set[str]().union(*(SHOWS[way] for way in EVENTS & set(turned.ways)))
            assert found.cause.measure in named, (account_id, ways, found.cause.measure)
    assert len(right) >= 15
    assert len(wrong) <= len(right) // 5, wrong
