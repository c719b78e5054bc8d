"""Sums of a day: the same whether a whole life is walked or one night is asked for; nothing before the data."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from health_monitor.model.usage import Rules, Series, Tenure
from health_monitor.usage.windows import start_of, sums_at, tenure_of, walk_sums
from tests.builders import an_account
from tests.rooms.usages import EXCLUDING, START, START_DATE, a_life, stretches, the_rules

COUNTS = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 9), st.integers(0, 3)), max_size=160)
RULES = st.builds(
    the_rules,
    by_events=st.booleans(),
    exclude_current=st.booleans(),
    index_days=st.integers(1, 16),
    baseline_days=st.integers(1, 95),
)


@given(counts=COUNTS, offset=st.integers(-20, 20), seen=st.integers(0, 40), more=st.integers(0, 150), rules=RULES)
def test_a_night_sees_what_the_walk_sees(
    counts: list[tuple[int, int, int]], offset: int, seen: int, more: int, rules: Rules
) -> None:
    events, users, new = ([row[part] for row in counts] for part in range(3))
    series = Series(START + offset, events, users, new) if counts else None
    tenure, end = Tenure(START, START + seen), START + seen + more
    walk = list(walk_sums(series, tenure, end, rules))
    assert walk == [sums_at(series, tenure, day, rules) for day in range(tenure.seen_from, end + 1)]


def test_the_windows_by_hand() -> None:
    """Day n has n users; day 110 looks back on 97…110 and on 21…110, or on 7…96 without the current 14 days."""
    life = a_life(list(range(111)), people=5)
    for rules, own in ((the_rules(), sum(range(21, 111))), (EXCLUDING, sum(range(7, 97)))):
        sums = sums_at(life, Tenure(START, START), START + 110, rules)
        assert (sums.age, sums.seen_days) == (110, 111)
        assert (sums.index_sum, sums.index_days) == (sum(range(97, 111)), 14)
        assert (sums.own_sum, sums.own_days, sums.own_user_days) == (own, 90, own)
        assert (sums.cumulative, sums.known_users, sums.silent_days) == (sum(range(111)), 5, 0)


@pytest.mark.parametrize(
    ("rules", "age", "own_days"), [(the_rules(), 5, 6), (EXCLUDING, 5, 0), (EXCLUDING, 14, 1), (EXCLUDING, 103, 90)]
)
def test_a_short_life_has_short_windows(rules: Rules, age: int, own_days: int) -> None:
    sums = sums_at(a_life([1] * 120), Tenure(START, START), START + age, rules)
    assert (sums.index_days, sums.own_days, sums.own_sum) == (min(14, age + 1), own_days, own_days)


def test_activity_is_users_or_events_and_eligibility_always_users() -> None:
    life = a_life([2] * 20, events=[30] * 20)
    assert sums_at(life, Tenure(START, START), START + 19, the_rules()).index_sum == 28
    by_events = sums_at(life, Tenure(START, START), START + 19, the_rules(by_events=True))
    assert (by_events.index_sum, by_events.own_sum, by_events.own_user_days) == (420, 600, 40)


def test_days_after_the_last_event_are_silent() -> None:
    sums = sums_at(a_life([3] * 10), Tenure(START, START), START + 15, the_rules())
    assert (sums.silent_days, sums.index_sum, sums.cumulative) == (6, 24, 30)


def test_an_account_that_never_did_anything_was_silent_all_its_days() -> None:
    tenure = Tenure(START, START)
    assert sums_at(None, tenure, START + 9, the_rules()).silent_days == 10
    assert sums_at(a_life([0] * 10), tenure, START + 9, the_rules()).silent_days == 10
    late = Series(START + 5, [0] * 5, [0] * 5, [0] * 5)
    assert sums_at(late, tenure, START + 9, the_rules()).silent_days == 10


def test_a_ring_that_forgot_the_start_gives_an_old_account_the_same_windows() -> None:
    users = stretches((150, 4), (100, 2), (50, 0))
    whole, ring = a_life(users), Series(START + 150, users[150:], users[150:], [0] * 150)
    for rules in (the_rules(), EXCLUDING):
        full, short = (sums_at(series, Tenure(START, START), START + 299, rules) for series in (whole, ring))
        assert short == full._replace(cumulative=short.cumulative, known_users=short.known_users)


def test_no_window_reaches_before_the_first_day_that_was_seen() -> None:
    sums = sums_at(a_life([1] * 300), Tenure(START, START + 250), START + 259, the_rules())
    assert (sums.age, sums.seen_days, sums.index_days, sums.own_days, sums.cumulative) == (259, 10, 10, 10, 10)


def test_an_account_starts_with_its_usage_else_its_signup_else_its_first_event() -> None:
    both = an_account(usage_start=date(2026, 3, 1), signup_date=date(2026, 2, 1))
    assert start_of(both, 1) == date(2026, 3, 1).toordinal()
    assert start_of(an_account(usage_start=None, signup_date=date(2026, 2, 1)), 1) == date(2026, 2, 1).toordinal()
    assert start_of(an_account(usage_start=None), 739_000) == 739_000
    assert start_of(an_account(usage_start=None), None) is None


@pytest.mark.parametrize(
    ("data_from", "seen_from"),
    [(None, START), (START - 400, START), (START, START), (START + 14, START), (START + 15, START + 15)],
)
def test_data_that_begin_two_weeks_late_are_a_silence_and_later_than_that_unknown(
    data_from: int | None, seen_from: int
) -> None:
    account = an_account(usage_start=START_DATE)
    assert tenure_of(account, None, data_from, the_rules()) == Tenure(START, seen_from)


def test_an_account_without_any_date_or_event_has_no_tenure() -> None:
    assert tenure_of(an_account(usage_start=None), None, START, the_rules()) is None
