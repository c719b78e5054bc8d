"""A year of two hundred accounts, night by night, in seconds."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from health_monitor.adapters.memory import MemoryWorld, memory_world
from health_monitor.model.alert import Errand
from health_monitor.model.config import Bundle, Profile
from health_monitor.model.run import RunInput, SourceFreshness
from health_monitor.model.usage import History
from health_monitor.simulate.portfolio import Portfolio, a_portfolio
from health_monitor.simulate.workflow import arrive, histories_of, run_workflow
from health_monitor.usage.portfolio import Walked, replay_portfolio

LAST = date(2026, 10, 31)
DAYS = 365
CONFIG = Bundle(
    profiles=(
        Profile.model_validate(
            {
                "name": "by-events",
                "when": {"segment": ["mid_market"]},
                "activity": "events",
                "baseline": "exclude_current",
                "index_days": 7,
                "baseline_days": 56,
            }
        ),
        Profile(name="standard"),
    )
)
Row = tuple[str, date, str, date | None, date | None, str | None, bool]


@pytest.fixture(scope="module")
def portfolio() -> Portfolio:
    return a_portfolio(seed=7, accounts=200, last_day=LAST, days=DAYS, outage=(date(2026, 6, 8), date(2026, 6, 21)))


@pytest.fixture(scope="module")
def histories(portfolio: Portfolio) -> list[History]:
    return histories_of(portfolio.accounts, portfolio.events(), LAST)


@pytest.fixture(scope="module")
def replayed(portfolio: Portfolio, histories: list[History]) -> Walked:
    series = {history.account_id: history.series for history in histories}
    return replay_portfolio(portfolio.accounts, series, CONFIG, LAST, portfolio.first_day)


@pytest.fixture(scope="module")
def year(portfolio: Portfolio, histories: list[History]) -> MemoryWorld:
    first = portfolio.first_day
    world = memory_world(datetime(first.year, first.month, first.day, 5, tzinfo=UTC))
    world.accounts.save(portfolio.accounts)
    world.journal.save_freshness(
        SourceFreshness(source="feed", complete_from=first, complete_through=LAST, received_at=world.clock.now())
    )
    for night in range((LAST - first).days + 1):
        as_of = first + timedelta(days=night)
        world.clock.push(days=1)
        arrive(world, histories, as_of)
        run_workflow(world, RunInput(as_of=as_of), CONFIG)
    return world


def test_the_nightly_run_raises_exactly_the_alerts_of_a_replay(year: MemoryWorld, replayed: Walked) -> None:
    assert _nightly(year) == _replayed(replayed)
    assert len(_nightly(year)) > 100


def test_every_alert_was_told_once_unless_it_was_held_and_over_before_its_release(year: MemoryWorld) -> None:
    mails = Counter(message.message_id for message in year.courier("email").delivered)
    assert set(mails.values()) == {1}
    told = Counter(one.errand_id for one in year.outbox.taken if isinstance(one, Errand))
    opened = {f"{alert.alert_id}/card/opened": alert for alert in _alerts(year)}
    assert {told[name] for name in opened} <= {0, 1}
    untold = [alert for message_id, alert in opened.items() if message_id not in told]
    assert all(alert.suppressed for alert in untold)


def test_an_outage_of_the_feed_becomes_one_incident_and_not_a_flood(year: MemoryWorld) -> None:
    incidents = [m for m in year.courier("slack").delivered if m.message_id.startswith("incident/2026-06")]
    assert len(incidents) == 1


def _alerts(world: MemoryWorld) -> list:
    return [alert for account_id in world.accounts.ids() for alert in world.alerts.of_account(account_id)]


def _nightly(world: MemoryWorld) -> set[Row]:
    return {
        (a.account_id, a.opened_on, a.usage_drop, a.escalated_on, a.resolved_on, a.resolution, bool(a.suppressed))
        for a in _alerts(world)
    }


def _replayed(walked: Walked) -> set[Row]:
    return {
        (
            walk.account.account_id, _date(e.opened_on), e.usage_drop, _date(e.escalated_on), _date(e.resolved_on),
            e.resolution, (walk.account.account_id, e.opened_on) in walked.replay.suppressed,
        )
        for walk in walked.replay.walks
        for e in walk.episodes
    }  # fmt: skip


def _date(day: int | None) -> date | None:
    return date.fromordinal(day) if day else None
