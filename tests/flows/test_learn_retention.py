"""What scores of four months ago were worth is added up night by night, each night once."""

from collections.abc import Mapping
from datetime import date, timedelta

import pytest

from health_monitor.adapters.memory import MemoryWorld, memory_world
from health_monitor.flows.learn_retention import learn_retention
from health_monitor.flows.runs import HEALTH, NIGHTS, RETENTION, pack_lines, read_json
from health_monitor.learn.outcomes import HORIZON_DAYS
from health_monitor.learn.retention import LATE_DAYS, counts_on
from health_monitor.model.records import Renewal
from health_monitor.model.retention import Retention
from health_monitor.model.run import Plan
from tests.builders import A_MOMENT, an_account
from tests.flows.stage import NIGHT

NIGHTS_AGO = HORIZON_DAYS + LATE_DAYS


@pytest.fixture
def world() -> MemoryWorld:
    return memory_world(A_MOMENT)


def a_night(day: date) -> Plan:
    return Plan(
        as_of=day, run="nightly", config="c", bucket="b", batches_key="k", planned=1, batches=1, through=day
    )  # fmt: skip


def whose_turn(day: date, count: int) -> list[str]:
    """Accounts whose score of that day counts."""
    names = (f"account-{n}" for n in range(100_000))
    found = (name for name in names if counts_on(name, day.toordinal()))
    return [next(found) for _ in range(count)]


def scored(world: MemoryWorld, day: date, scores: Mapping[str, int | None]) -> None:
    rows = [
        {"account_id": name, HEALTH: {"value": value} if value is not None else {}} for name, value in scores.items()
    ]
    world.blobs.put(f"{NIGHTS}{day.isoformat()}/00001.jsonl.gz", pack_lines(rows))


def learn(world: MemoryWorld, night: date) -> int:
    return learn_retention(a_night(night), world.blobs, world.accounts, world.dossiers)


def table(world: MemoryWorld) -> Retention:
    return Retention.model_validate(read_json(world.blobs, RETENTION))


def test_who_left_within_90_days_of_a_score_is_counted_by_that_score(world: MemoryWorld) -> None:
    day = NIGHT - timedelta(days=NIGHTS_AGO)
    stays, left, ended, unknown, erased = whose_turn(day, 5)
    other = next(name for name in (f"other-{n}" for n in range(9)) if not counts_on(name, day.toordinal()))
    churn = day + timedelta(days=60)
    world.accounts.save([
        an_account(stays), an_account(left, churn_date=churn),
        *(an_account(name) for name in (ended, unknown, other)),
    ])  # fmt: skip
    world.dossiers.save(
        ended, [Renewal(source="crm", key="1", changed_at=A_MOMENT, due_on=churn, outcome="churned", decided_on=churn)]
    )
    scored(world, day, {stays: 900, left: 240, ended: 260, unknown: None, other: 100, erased: 500})
    assert learn(world, NIGHT) == 3
    found = table(world)
    assert (found.n, found.churned, found.through, found.calibrated) == (3, 2, day, False)
    assert [(one.low, one.n, one.churned) for one in found.bins if one.n] == [(0, 1, 1), (250, 1, 1), (900, 1, 0)]


def test_a_night_again_or_an_older_one_counts_nothing_twice(world: MemoryWorld) -> None:
    day = NIGHT - timedelta(days=NIGHTS_AGO)
    (one,) = whose_turn(day, 1)
    world.accounts.save([an_account(one)])
    scored(world, day, {one: 900})
    assert learn(world, NIGHT) == 1
    once = world.blobs.get(RETENTION)
    assert learn(world, NIGHT) == learn(world, NIGHT - timedelta(days=3)) == 0
    assert world.blobs.get(RETENTION) == once


def test_nights_that_were_missed_are_made_up_for(world: MemoryWorld) -> None:
    day = NIGHT - timedelta(days=NIGHTS_AGO)
    learn(world, NIGHT)
    for later in (1, 2, 3):
        (one,) = whose_turn(day + timedelta(days=later), 1)
        world.accounts.save([an_account(one)])
        scored(world, day + timedelta(days=later), {one: 800})
    assert learn(world, NIGHT + timedelta(days=3)) == 3
    assert table(world).through == day + timedelta(days=3)
