"""What a customer's own history says about the weights of dimensions."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from health_monitor.learn.figures import TOO_SMALL
from health_monitor.learn.weights import (
    ENOUGH_CHURNS,
    FULL_CHURNS,
    LANDMARK_DAYS,
    Landmark,
    Weighing,
    weigh,
)

WEIGHTS = {"usage": Decimal(60), "value": Decimal(40)}
NOTHING = "no dimension told those who left from those who stayed"


def history(
    left: int, days: int = 800, usage: int | None = 3_000, better: int = 5_000, value: int | None = 6_000
) -> Iterator[Landmark]:
    """As many stay as leave, one after the other; usage tells them apart (a little noise in it), value says nothing."""
    for n in range(left):
        gone = n * days // left + 60
        noise = n * 37 % 11 * 100
        for at in range(0, days, LANDMARK_DAYS):
            if at < gone:
                soon = gone if gone <= at + 90 else None
                low = usage if soon or usage is None else better
                yield Landmark(f"left{n}", at, {"usage": low and low + noise, "value": value}, soon)
            yield Landmark(f"kept{n}", at, {"usage": better + noise - 300, "value": value}, None)


def weighed(**known: int | None) -> Weighing:
    asked = {"left": ENOUGH_CHURNS} | known
    return weigh("everyone", list(history(**asked)), WEIGHTS)  # type: ignore[arg-type]


def test_a_dimension_that_tells_who_leaves_has_a_correlation_with_its_interval_and_counts() -> None:
    usage, value = weighed().dimensions
    assert usage.correlation.value == pytest.approx(1.0, abs=0.05)
    assert usage.correlation.low is not None
    assert usage.correlation.low > 0.8
    assert (usage.churned, value.correlation.value) == (ENOUGH_CHURNS, 0.0)
    assert usage.stayed >= ENOUGH_CHURNS


def test_proposed_weights_go_halfway_to_what_the_correlations_say() -> None:
    found = weighed()
    assert {one.name: one.proposed for one in found.dimensions} == {"usage": 80, "value": 20}
    assert (found.grade, found.why_not) == ("experimental", None)


def test_the_proposal_is_judged_on_what_came_later() -> None:
    judged = weighed().judged
    assert judged is not None
    assert judged.after.value is not None
    assert judged.after.value > 0.9
    assert judged.low is not None


def test_with_200_churns_in_two_years_a_proposal_is_without_reserve() -> None:
    assert weighed(left=FULL_CHURNS).grade == "full"
    assert weighed(left=FULL_CHURNS, days=500).grade == "experimental"


def test_not_enough_churns_is_said_with_the_counts_and_nothing_is_proposed() -> None:
    found = weighed(left=ENOUGH_CHURNS - 1)
    assert found.why_not == "not enough churns: 49 of the 50 that a proposal needs"
    assert [one.proposed for one in found.dimensions] == [None, None]
    assert found.judged is None
    assert found.dimensions[0].correlation.value is not None


def test_with_very_few_churns_not_even_the_correlation_is_told() -> None:
    assert {one.correlation.note for one in weighed(left=10).dimensions} == {TOO_SMALL}


def test_a_short_history_proposes_nothing() -> None:
    assert weighed(days=300).why_not == "not enough history: 280 of the 365 days that a proposal needs"


def test_where_no_dimension_says_anything_nothing_is_proposed() -> None:
    assert weighed(usage=5_000).why_not == NOTHING


def test_a_dimension_of_which_little_is_known_keeps_its_weight() -> None:
    found = weighed(value=None)
    assert {one.name: one.proposed for one in found.dimensions} == {"usage": 60, "value": 40}
    assert found.dimensions[1].correlation.note == TOO_SMALL


def test_no_history_at_all_is_not_enough() -> None:
    found = weigh("everyone", [], WEIGHTS)
    assert (found.accounts, found.days) == (0, 0)
    assert found.why_not is not None


def test_where_the_earlier_half_is_too_small_the_proposal_is_not_judged() -> None:
    """Everybody leaves at once: of those before nobody is known to have left."""
    rows = [one._replace(day=one.day % 28 + 400 if one.left else one.day, left=one.left and 480) for one in history(60)]
    assert weigh("everyone", rows, WEIGHTS).judged is None


def test_where_too_few_left_later_the_proposal_is_not_judged() -> None:
    """24 leave one by one, then 36 at once: from that day on nobody does."""
    leaving = [100 + 8 * n if n < 24 else 480 for n in range(60)]
    rows = [
        Landmark(f"a{n}", day, {"usage": 2_000 + n, "value": 1}, left if left <= day + 90 else None)
        for n, left in enumerate(leaving)
        for day in range(0, left, LANDMARK_DAYS)
    ]
    rows += [Landmark(f"b{n}", day, {"usage": 9_000, "value": 1}, None) for n in range(30) for day in range(0, 800, 28)]
    found = weigh("everyone", rows, WEIGHTS)
    assert found.why_not is None
    assert found.judged is None


@settings(max_examples=12)
@given(st.lists(st.decimals("0.5", "50", places=1), min_size=2, max_size=6), st.integers(0, 4))
def test_proposed_weights_always_sum_to_100(parts: list[Decimal], unknown: int) -> None:
    whole = [round(100 * one / sum(parts), 2) for one in parts]
    weights = {f"d{at}": weight for at, weight in enumerate(whole)}
    weights["d0"] += 100 - sum(whole)
    rows = [
        Landmark(
            f"a{n}", at, {name: None if name == f"d{unknown}" else (n % 7 + 3 * (1 - n % 2)) * 900 for name in weights},
            at + 30 if n % 2 else None,
        )
        for n in range(2 * ENOUGH_CHURNS)
        for at in (0, 400)
    ]  # fmt: skip
    proposed = [one.proposed for one in weigh("everyone", rows, weights).dimensions]
    assert sum(one for one in proposed if one is not None) == 100


def test_what_is_told_becomes_json() -> None:
    assert weighed().to_json()["name"] == "everyone"
