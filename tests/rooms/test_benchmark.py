"""What similar accounts did by the same day: medians of five or more, exact, the segment before the portfolio."""

import json
from fractions import Fraction
from random import Random
from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from health_monitor.model.usage import Benchmark, Tenure
from health_monitor.usage.benchmark import Ledger, Point, point, scope_of
from health_monitor.usage.windows import sums_at
from tests.rooms.usages import START, a_life, the_rules

SMB, ENTERPRISE = "smb/active_user_days", "enterprise/active_user_days"
VALUES = st.lists(st.fractions(0, 10**6, max_denominator=14 * 5_000), min_size=1, max_size=30)
POINTS = st.lists(
    st.builds(
        lambda scope, kind, age, value: Point(scope, kind, age, value.numerator, value.denominator),
        scope=st.sampled_from([SMB, ENTERPRISE, "smb/events"]),
        kind=st.sampled_from(["cumulative", "per_user"]),
        age=st.integers(3, 5),
        value=st.fractions(0, 9, max_denominator=11),
    ),
    max_size=40,
)


def a_ledger(*values: int, scope: str = SMB, age: int = 10) -> Ledger:
    ledger = Ledger()
    ledger.add(Point(scope, "cumulative", age, value, 1) for value in values)
    return ledger


@pytest.mark.parametrize(("accounts", "found"), [(4, None), (5, Benchmark(3, 1, 5, SMB))])
def test_a_segment_has_a_benchmark_from_five_accounts_on(accounts: int, found: Benchmark | None) -> None:
    assert a_ledger(*range(1, accounts + 1)).benchmark(SMB, "cumulative", 10, 5) == found


def test_four_of_a_segment_are_compared_with_the_portfolio_when_that_has_five() -> None:
    ledger = a_ledger(1, 2, 3, 4)
    ledger.add([Point(ENTERPRISE, "cumulative", 10, 100, 1)])
    assert ledger.benchmark(SMB, "cumulative", 10, 5) == Benchmark(3, 1, 5, "*/active_user_days")


def test_a_segment_nobody_has_seen_is_compared_with_the_portfolio() -> None:
    assert a_ledger(1, 2, 3, 4, 5).benchmark("new/active_user_days", "cumulative", 10, 5) == Benchmark(
        3, 1, 5, "*/active_user_days"
    )


@pytest.mark.parametrize(("kind", "age"), [("cumulative", 11), ("per_user", 10)])
def test_only_the_same_day_of_tenure_and_the_same_measure_compare(kind: str, age: int) -> None:
    assert a_ledger(1, 2, 3, 4, 5).benchmark(SMB, kind, age, 5) is None


def test_accounts_counted_in_events_are_never_compared_with_users() -> None:
    assert a_ledger(1, 2, 3, 4, 5).benchmark("smb/events", "cumulative", 10, 5) is None
    assert scope_of("smb", the_rules(by_events=True)) == "smb/events"
    assert scope_of(None, the_rules()) == "-/active_user_days"


def test_the_median_of_an_even_number_lies_between_the_two_in_the_middle() -> None:
    ledger = Ledger()
    ledger.add(Point(SMB, "per_user", 40, num, den) for num, den in ((1, 7), (1, 2), (2, 3), (9, 1)))
    assert ledger.benchmark(SMB, "per_user", 40, 4) == Benchmark(7, 12, 4, SMB)


def test_a_later_account_moves_the_median() -> None:
    ledger = a_ledger(1, 2, 3, 4, 5)
    assert ledger.benchmark(SMB, "cumulative", 10, 5) == Benchmark(3, 1, 5, SMB)
    ledger.add(Point(SMB, "cumulative", 10, 9, 1) for _ in range(2))
    assert ledger.benchmark(SMB, "cumulative", 10, 5) == Benchmark(4, 1, 7, SMB)


def test_the_order_of_huge_ratios_is_exact() -> None:
    """As floats these are all the same."""
    ledger = a_ledger(*(10**16 + n for n in (4, 1, 3, 0, 2)))
    assert ledger.benchmark(SMB, "cumulative", 10, 5) == Benchmark(10**16 + 2, 1, 5, SMB)


@given(VALUES)
def test_the_benchmark_is_the_median_of_the_fractions(values: list[Fraction]) -> None:
    ledger = Ledger()
    ledger.add(Point(SMB, "per_user", 40, value.numerator, value.denominator) for value in values)
    found = ledger.benchmark(SMB, "per_user", 40, 1)
    expected = median(values)
    assert found == Benchmark(expected.numerator, expected.denominator, len(values), SMB)


@settings(max_examples=40)
@given(POINTS, st.randoms(use_true_random=False))
def test_the_order_in_which_accounts_pass_does_not_matter(points: list[Point], chance: Random) -> None:
    one, other = Ledger(), Ledger()
    one.add(points)
    chance.shuffle(points)
    for passed in points:
        other.add([passed])
    assert list(one.dump()) == list(other.dump())
    assert one.table(2) == other.table(2)


@settings(max_examples=40)
@given(POINTS)
def test_a_ledger_survives_being_written_and_read(points: list[Point]) -> None:
    ledger = Ledger()
    ledger.add(points)
    rows = json.loads(json.dumps(list(ledger.dump())))
    again = Ledger.load(rows)
    assert list(again.dump()) == list(ledger.dump())
    assert again.table(1) == ledger.table(1)


def test_the_table_names_every_median_of_enough_accounts() -> None:
    assert a_ledger(1, 2, 3).table(4) == {}
    assert a_ledger(1, 2, 3).table(3) == {
        "*/active_user_days cumulative 10": [2, 1, 3, "*/active_user_days"],
        "smb/active_user_days cumulative 10": [2, 1, 3, SMB],
    }


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (2, None),
        (3, Point(SMB, "cumulative", 3, 8, 1)),
        (29, Point(SMB, "cumulative", 29, 60, 1)),
        (30, Point(SMB, "per_user", 30, 1, 2)),
        (103, Point(SMB, "per_user", 103, 1, 2)),
        (104, None),
    ],
)
def test_an_account_adds_cumulative_use_when_new_and_use_per_person_when_young(
    age: int, expected: Point | None
) -> None:
    """Four people, of whom two are there on any day."""
    sums = sums_at(a_life([2] * 120, people=4), Tenure(START, START), START + age, the_rules())
    assert point("smb", sums, the_rules()) == expected


def test_an_account_nobody_ever_used_adds_its_zero_when_new_and_nothing_when_young() -> None:
    sums = [sums_at(None, Tenure(START, START), START + age, the_rules()) for age in (10, 40)]
    assert [point("smb", s, the_rules()) for s in sums] == [Point(SMB, "cumulative", 10, 0, 1), None]


@pytest.mark.parametrize(("age", "missed"), [(20, 1), (20, 15), (60, 1), (60, 15)])
def test_an_account_whose_first_days_were_not_seen_adds_nothing(age: int, missed: int) -> None:
    sums = sums_at(a_life([2] * 120), Tenure(START, START + missed), START + age, the_rules())
    assert point("smb", sums, the_rules()) is None
