"""Real usage, 13,529 accounts and 2.5 million rows: replay against SQL, and against the naive reference."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
import yaml

from health_monitor.model.replay import CODES
from tests.data.reading import accounts_in, uses_in
from tests.data.reference import Portfolio
from tests.data.replays import Judged, replayed

if TYPE_CHECKING:
    import duckdb

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
    -- Accounts from 90 days on, at least 5 active user-days in the 90 that end today, and U14 / B below 0.60 or 0.40:
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
    select account_id, day, if(s14 * 90 * 100 < 40 * 14 * s90, 'severe', 'moderate') as drop from sums
    where day - start >= 90 and s90 >= 5 and s14 * 90 * 100 < 60 * 14 * s90
"""


class Read(NamedTuple):
    accounts: int
    events: int


@pytest.fixture(scope="module")
def judged() -> Judged:
    return replayed(ACCOUNTS, EVENTS)


@pytest.fixture(scope="module")
def tables() -> "Iterator[duckdb.DuckDBPyConnection]":
    import duckdb  # here, because hypothesis keeps modules alive, and duckdb complains about what outlives it

    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute(f"create table accounts as from read_csv('{ACCOUNTS}')")
        connection.execute(f"create table events as from read_csv('{EVENTS}')")
        yield connection


@pytest.fixture(scope="module")
def sample(tables: "duckdb.DuckDBPyConnection", tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A portfolio of its own: some of the accounts, and all that they did."""
    folder = tmp_path_factory.mktemp("sample")
    ids = f"select account_id from accounts qualify row_number() over (order by account_id) % {EVERY} = 0"
    for name in ("accounts", "events"):
        query = f"select * from {name} where account_id in ({ids}) order by all"
        tables.execute(f"copy ({query}) to '{folder / name}.csv' (header)")
    return folder


def test_every_row_is_read_and_none_is_refused(judged: Judged, tables: "duckdb.DuckDBPyConnection"):
    counted = Read(*(tables.execute(f"select count(*) from {name}").fetchone()[0] for name in Read._fields))
    assert Read(judged.intake.accounts, judged.intake.events) == counted == (13_529, 2_481_555)
    assert judged.rejects == []
    assert len(judged.replay.walks) + len(judged.replay.never_judged) == counted.accounts


def test_mature_low_days_are_those_that_sql_finds(judged: Judged, tables: "duckdb.DuckDBPyConnection"):
    low = {CODES.index(word): word for word in ("moderate", "severe")}
    found = {
        (walk.account.account_id, date.fromordinal(walk.start + age), low[walk.codes[age]])
        for walk in judged.replay.walks
        for age in range(90, len(walk.codes))
        if walk.codes[age] in low
    }
    expected = set(tables.execute(LOW_DAYS).fetchall())
    assert len(expected) > 100_000
    assert found == expected


def test_a_sample_has_every_verdict_and_every_alert_of_the_reference(sample: Path):
    judged = replayed(sample / "accounts.csv", sample / "events.csv")
    accounts = accounts_in(sample / "accounts.csv")
    config = yaml.safe_load((ROOT / "config" / "segments.yaml").read_text())
    reference = Portfolio(accounts, uses_in(sample / "events.csv", accounts), config)
    assert len(accounts) > 250
    expected = {customer.id: words for customer in reference.customers if (words := reference.words(customer))}
    assert judged.verdicts() == expected
    assert len(expected) > 200
    assert judged.table() == reference.table()
