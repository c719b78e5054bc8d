"""Random small portfolios: the product and the naive reference agree on every day and every row."""

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.data.reading import accounts_in, uses_in
from tests.data.reference import Portfolio
from tests.data.replays import replayed

FIRST, DAYS = date(2025, 1, 1), 170
CONFIG = """
profiles:
  - {name: by-volume, when: {plan: [volume]}, activity: events}
  - {name: before, when: {plan: [annual]}, baseline: exclude_current}
  - {name: standard}
benchmark_min_accounts: 2
data_incident: {min_accounts: 3}
"""
Row = dict[str, str]


def later(days: int) -> str:
    return (FIRST + timedelta(days=days)).isoformat()


def optional_day(least: int) -> st.SearchStrategy[str]:
    return st.just("") | st.integers(least, DAYS + 10).map(later)


phases = st.lists(
    st.tuples(st.integers(4, 60), st.sampled_from([2, 1, 3, 4, 0]), st.integers(1, 3), st.integers(1, 6)),
    min_size=1,
    max_size=6,
)
"""Stretches of equal use: days, people, every how many days, uses by each."""

accounts = st.fixed_dictionaries(
    {
        "segment": st.sampled_from(["clinic", "shop"]),
        "plan": st.sampled_from(["monthly", "monthly", "annual", "volume"]),
        "tier": st.sampled_from(["standard", "standard", "enterprise"]),
        "arr": st.sampled_from(["", "49999.99", "50000"]),
        "signup_date": st.just("") | st.integers(-30, 20).map(later),
        "usage_start": st.just("") | st.integers(-20, 80).map(later),
        "churn_date": optional_day(20),
        "observed_until": optional_day(60),
    }
)
portfolios = st.lists(st.tuples(accounts, st.integers(0, 50), phases), min_size=3, max_size=7)
outages = st.tuples(st.integers(30, DAYS), st.sampled_from([0, 8, 20]))
"""A stretch of days on which nothing was recorded: its first day, and its length."""


def events_of(account_id: str, start: int, stretches: list[tuple[int, int, int, int]]) -> Iterator[Row]:
    day = start
    for length, people, every, n in stretches:
        for at in range(0, length, every):
            for person in range(people if day + at < DAYS else 0):
                user = f"u{(person + at) % 5}"
                yield {
                    "account_id": account_id,
                    "user_id": user,
                    "event": "e",
                    "occurred_at": later(day + at),
                    "n": f"{n}",
                }
        day += length


def write(path: Path, rows: list[Row]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


@given(portfolios, outages)
@settings(max_examples=80)
def test_replay_says_what_the_reference_says(drawn, outage):
    rows = [{"account_id": f"a{at}", **account} for at, (account, _, _) in enumerate(drawn)]
    lost = {later(outage[0] + at) for at in range(outage[1])}
    every = (row for at, (_, start, stretches) in enumerate(drawn) for row in events_of(f"a{at}", start, stretches))
    events = [row for row in every if row["occurred_at"] not in lost]
    events.append({"account_id": "a0", "user_id": "u9", "event": "e", "occurred_at": later(DAYS), "n": "1"})
    with TemporaryDirectory() as name:
        folder = Path(name)
        write(folder / "accounts.csv", rows)
        write(folder / "events.csv", events)
        (folder / "segments.yaml").write_text(CONFIG)
        judged = replayed(folder / "accounts.csv", folder / "events.csv", folder)
        known = accounts_in(folder / "accounts.csv")
        reference = Portfolio(known, uses_in(folder / "events.csv", known), yaml.safe_load(CONFIG))
    expected = {customer.id: words for customer in reference.customers if (words := reference.words(customer))}
    assert judged.verdicts() == expected
    assert judged.table() == reference.table()
