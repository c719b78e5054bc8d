"""What a score was worth: who left, by the score they had."""

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from health_monitor.learn.outcomes import HORIZON_DAYS
from health_monitor.learn.retention import (
    EDGES,
    counts_on,
    firsts,
    judged_through,
    left_on,
    outcome,
    retention_of,
    with_cases,
)
from health_monitor.model.account import Account
from health_monitor.model.dossier import EMPTY, Dossier
from health_monitor.model.records import Renewal
from health_monitor.model.retention import Retention
from tests.builders import an_account
from tests.rooms.standings import DAY, NOON, TODAY

Case = tuple[int, bool]


def cases(value: int, n: int, churned: int) -> list[Case]:
    return [(value, at < churned) for at in range(n)]


def test_the_seeds_table_comes_out_as_it_went_in() -> None:
    """Seed 002: 98, 94, 87, 78, 64 and 42 % stayed, of 47, 123, 156, 94, 67 and 38."""
    told = [(950, 47, 1), (850, 123, 7), (750, 156, 20), (650, 94, 21), (550, 67, 24), (400, 38, 22)]
    table = with_cases(Retention(), [case for one in told for case in cases(*one)], DAY)
    assert (table.n, table.churned, table.calibrated, table.through) == (525, 95, True, DAY)
    assert [(one.low, one.n, one.churned) for one in table.bins] == [
        (0, 0, 0), (250, 38, 22), (500, 67, 24), (600, 94, 21), (700, 156, 20), (800, 123, 7), (900, 47, 1),
    ]  # fmt: skip
    stayed = [round(100 * (1 - one.p_churn)) for one in reversed(table.bins)]
    assert stayed == [98, 94, 87, 78, 64, 42, 42]
    best = table.bins[-1]
    assert (best.p_low, best.p_high) == (pytest.approx(0.0038, abs=1e-4), pytest.approx(0.1111, abs=1e-4))


def test_bins_out_of_order_are_taken_together_and_small_ones_join_a_neighbour() -> None:
    told = [(100, 40, 20), (300, 40, 24), (550, 19, 19), (850, 40, 2), (950, 5, 5)]
    table = with_cases(Retention(), [case for one in told for case in cases(*one)], DAY)
    assert [one.p_churn for one in table.bins] == [
        pytest.approx(63 / 99, abs=1e-6)] * 5 + [pytest.approx(7 / 45, abs=1e-6)] * 2  # fmt: skip
    assert [one.n for one in table.bins] == [40, 40, 19, 0, 0, 40, 5]


@given(st.lists(st.tuples(st.integers(0, 1_000), st.booleans()), max_size=400))
def test_the_chance_never_rises_with_the_score_and_keeps_the_sum(some: list[Case]) -> None:
    table = with_cases(Retention(), some, DAY)
    chances = [one.p_churn for one in table.bins]
    assert chances == sorted(chances, reverse=True)
    assert all(one.p_low <= one.p_churn <= one.p_high for one in table.bins)
    assert sum(one.n for one in table.bins) == table.n == len(some)
    assert sum(one.p_churn * one.n for one in table.bins) == pytest.approx(table.churned, abs=1e-3)


@given(st.lists(st.tuples(st.integers(0, 1_000), st.booleans()), max_size=60), st.integers(0, 60))
def test_night_by_night_is_the_same_as_all_at_once(some: list[Case], cut: int) -> None:
    whole = with_cases(Retention(), some, DAY)
    assert with_cases(with_cases(Retention(), some[:cut], DAY), some[cut:], DAY) == whole


def test_with_fewer_than_twenty_churns_or_twenty_who_stayed_nothing_is_calibrated() -> None:
    assert not with_cases(Retention(), cases(400, 100, 19), DAY).calibrated
    assert with_cases(Retention(), cases(400, 100, 20), DAY).calibrated
    assert not with_cases(Retention(), cases(400, 39, 20), DAY).calibrated
    assert with_cases(Retention(), [], DAY) == Retention(through=DAY)


def test_every_account_counts_once_in_90_days() -> None:
    days = [day for day in range(TODAY, TODAY + 360) if counts_on("acme", day)]
    assert len(days) == 4
    assert {late - early for early, late in pairwise(days)} == {90}
    weekly = [(day, 500) for day in range(TODAY, TODAY + 360, 7)]
    assert 4 <= len(list(firsts("acme", weekly))) <= 5
    assert list(firsts("acme", [(TODAY, None), (TODAY + 1, None)])) == []


def an_ended(outcome: Any, decided: date | None = DAY) -> Dossier:
    return Dossier(
        renewals=(Renewal(source="c", key="1", changed_at=NOON, due_on=DAY, outcome=outcome, decided_on=decided),)
    )


def test_who_left_by_the_account_or_by_a_renewal_that_ended_so() -> None:
    assert left_on(an_account(churn_date=DAY), an_ended("churned", date(2026, 12, 1))) == DAY
    assert left_on(an_account(), an_ended("churned", date(2026, 12, 1))) == date(2026, 12, 1)
    assert left_on(an_account(), an_ended("churned", None)) == DAY
    assert left_on(an_account(), an_ended("renewed")) is None


@pytest.mark.parametrize(
    ("left", "observed", "expected"),
    [
        (0, None, None), (-1, None, None), (1, None, True), (90, None, True), (91, None, False), (None, None, False),
        (None, 89, None), (None, 90, False), (30, 40, True),
    ],
)  # fmt: skip
def test_left_within_90_days(left: int | None, observed: int | None, expected: bool | None) -> None:
    account = an_account(observed_until=None if observed is None else DAY + timedelta(days=observed))
    assert outcome(account, None if left is None else DAY + timedelta(days=left), DAY) is expected


def test_a_whole_past_as_it_is_known_week_by_week() -> None:
    until = DAY + timedelta(days=HORIZON_DAYS + 30)
    assert judged_through(until) == DAY
    start = TODAY - 89
    first = next(day for day in range(start, TODAY + 1) if counts_on("stays", day))

    def past(account: Account, value: int) -> tuple[Account, Dossier, list[tuple[int, int | None]]]:
        return account, EMPTY, [(day, value) for day in range(start, until.toordinal(), 7)]

    table = retention_of(
        [past(an_account("stays"), 900), past(an_account("left", churn_date=date.fromordinal(TODAY - 20)), 300)], until
    )
    by_bin = dict(zip(EDGES, [(one.n, one.churned) for one in table.bins], strict=False))
    assert by_bin[900] == ((2, 0) if first > start else (1, 0))
    assert by_bin[250][0] == by_bin[250][1] >= 1
    assert table.through == DAY
