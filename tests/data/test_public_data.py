"""Real usage, 13,529 accounts and 2.5 million rows: replay against SQL, and against the naive reference."""

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

import duckdb
import pytest
import yaml

from health_monitor.model.replay import CODES
from tests.data.reference import Portfolio, Use, row_of
from tests.data.replays import Judged, replayed

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data" / "oulad_public"
ACCOUNTS, EVENTS = DATA / "accounts.csv", DATA / "events.csv.gz"
EVERY = 45
"""One account in this many is compared with the reference."""

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not EVENTS.exists(), reason=f"no real data here: {DATA.name} is not beside the project"),
]

LOW_DAYS = """
    -- Accounts from 90 days on, at least 5 active user-days in the 90 that end today, and U14 / B below 0.60:
    -- (s14 / 14) / (s90 / 90) < 60 / 100, in whole numbers.
    with life as (
        select account_id, usage_start as start,
               least(coalesce(churn_date - 1, last_day), coalesce(observed_until, last_day), last_day) as until
        from accounts, (select max(occurred_at) as last_day from events)
    ),
    days as (
        select account_id, start, unnest(generate_series(start, until, interval 1 day))::date as day
        from life where until >= start
    ),
    used as (
        select account_id, occurred_at as day, count(distinct user_id) as users from events group by all
    ),
    sums as (
        select account_id, start, day,
               sum(coalesce(users, 0)) over (partition by account_id order by day rows 13 preceding) as s14,
               sum(coalesce(users, 0)) over (partition by account_id order by day rows 89 preceding) as s90
        from days left join used using (account_id, day)
    )
    select account_id, day from sums
    where day - start >= 90 and s90 >= 5 and s14 * 90 * 100 < 60 * 14 * s90
"""


class Read(NamedTuple):
    accounts: int
    events: int


@pytest.fixture(scope="module")
def judged() -> Judged:
    return replayed(ACCOUNTS, EVENTS)


@pytest.fixture(scope="module")
def tables() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute(f"create table accounts as from read_csv('{ACCOUNTS}')")
        connection.execute(f"create table events as from read_csv('{EVENTS}')")
        yield connection


@pytest.fixture(scope="module")
def reference(tables: duckdb.DuckDBPyConnection) -> Portfolio:
    uses: dict[str, Use] = {}
    sums = "select account_id, occurred_at, user_id, sum(n)::bigint from events group by all"
    for account_id, day, user_id, n in tables.execute(sums).fetchall():
        uses.setdefault(account_id, Use()).add(day, user_id, n)
    with ACCOUNTS.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return Portfolio(rows, uses, yaml.safe_load((ROOT / "config" / "segments.yaml").read_text()))


def test_every_row_is_read_and_none_is_refused(judged: Judged, tables: duckdb.DuckDBPyConnection):
    counted = Read(*(tables.execute(f"select count(*) from {name}").fetchone()[0] for name in Read._fields))
    assert Read(judged.intake.accounts, judged.intake.events) == counted == (13_529, 2_481_555)
    assert judged.rejects == []
    assert len(judged.replay.walks) + len(judged.replay.never_judged) == counted.accounts


def test_mature_low_days_are_those_that_sql_finds(judged: Judged, tables: duckdb.DuckDBPyConnection):
    low = {CODES.index("moderate"), CODES.index("severe")}
    found = {
        (walk.account.account_id, date.fromordinal(walk.start + age))
        for walk in judged.replay.walks
        for age in range(90, len(walk.codes))
        if walk.codes[age] in low
    }
    expected = set(tables.execute(LOW_DAYS).fetchall())
    assert len(expected) > 100_000
    assert found == expected


def test_a_sample_has_the_episodes_and_verdicts_of_the_reference(judged: Judged, reference: Portfolio):
    verdicts = judged.verdicts()
    sample = [c for c in sorted(reference.customers, key=lambda c: c.id)[::EVERY] if c.id in verdicts]
    assert len(sample) > 250
    for customer in sample:
        assert verdicts[customer.id] == reference.words(customer), customer.id
    ids = {customer.id for customer in sample}
    expected = [row_of(customer, alert) for customer in sample for alert in reference.alerts(customer)]
    assert [row[:-1] for row in judged.table() if row[0] in ids] == expected
