"""What a plan counts: the same past under two scorecards."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from health_monitor.learn.figures import MIN_N, TOO_SMALL
from health_monitor.learn.plan import findings
from health_monitor.learn.replayed import Facts, Point, Replayed, came_true, outcome
from health_monitor.model.records import HealthStatus

DAY = date(2026, 6, 1).toordinal()
"""A Monday."""
H, M, R, C = "healthy", "moderate", "at_risk", "critical"


def facts(account_id: str = "acme", **known: Any) -> Facts:
    return Facts(account_id, **({"label": account_id.title(), "csm": "carla", "seen_until": DAY + 400} | known))


def points(*statuses: HealthStatus | None, **alerts: tuple[str, ...]) -> tuple[Point, ...]:
    """One a week, the last on DAY; `w0=("kind",)` are the alerts of the first."""
    first = DAY - 7 * (len(statuses) - 1)
    return tuple(
        Point(first + 7 * at, 500, status, alerts.get(f"w{at}", ())) for at, status in enumerate(statuses)
    )  # fmt: skip


def both(one: Facts, before: tuple[Point, ...], after: tuple[Point, ...]) -> Replayed:
    return Replayed(one, (before, after))


def test_a_customer_who_stood_healthy_for_90_days_and_left_was_missed() -> None:
    assert outcome(facts(left=DAY + 7), points(H, H, M)).missed


def test_a_customer_who_came_to_stand_at_risk_was_not_missed_and_the_lead_counts_from_then() -> None:
    found = outcome(facts(left=DAY + 7), points(H, R, H, C))
    assert not found.missed
    assert found.lead == 21


def test_what_stood_more_than_90_days_before_is_no_warning() -> None:
    assert outcome(facts(left=DAY + 90), points(R, H)).missed
    assert outcome(facts(left=DAY + 83), points(R, H)).lead == 90


def test_a_customer_without_any_status_at_the_end_is_neither_missed_nor_caught() -> None:
    found = outcome(facts(left=DAY + 7), points(None, None))
    assert (found.judged, found.missed, found.lead) == (False, False, 0)


def test_at_risk_but_renewed_is_a_false_alarm() -> None:
    found = outcome(facts(renewed=(DAY - 10, DAY + 7, DAY + 300)), points(H, H, R))
    assert (found.renewals, found.false_alarms) == (2, 1)


def test_a_warning_is_right_when_the_customer_left_within_90_days() -> None:
    found = outcome(facts(left=DAY + 14), points(R, R, H, C))
    assert (found.warnings, found.right) == (2, 2)


def test_a_warning_nobody_can_judge_yet_does_not_count() -> None:
    assert outcome(facts(seen_until=DAY + 89), points(H, R)).warnings == 0
    assert came_true(facts(seen_until=DAY + 90), DAY) is False


def test_an_account_that_would_stand_elsewhere_today_is_named_the_worst_and_richest_first() -> None:
    found = findings(
        [
            both(facts("small", arr=Decimal(1)), points(H), points(R)),
            both(facts("same"), points(H), points(H)),
            both(facts("large", arr=Decimal(9)), points(M), points(R)),
            both(facts("up"), points(M), points(H)),
            both(facts("gone", left=DAY - 7), points(H)[:0], points(R)[:0]),
        ]
    )
    assert [(one.account_id, *one.status) for one in found.moved] == [
        ("large", M, R), ("small", H, R), ("up", M, H),
    ]  # fmt: skip
    assert found.statuses == ({H: 2, M: 2}, {R: 2, H: 2})
    assert found.arr_at_risk == (Decimal(0), Decimal(10))
    assert (found.accounts, found.scored_now) == (4, 4)


def test_an_account_that_gets_its_first_status_is_named_too() -> None:
    found = findings([both(facts(), points(None), points(M))])
    assert [one.status for one in found.moved] == [(None, M)]
    assert found.statuses[0] == {"none": 1}


def test_alerts_count_by_csm_and_week() -> None:
    found = findings(
        [
            both(facts("a"), points(H, H, H), points(H, H, H, w1=("p1_open", "drop_10_30d"))),
            both(facts("b"), points(H, H, w0=("p1_open",)), points(H, H)),
            both(facts("c", csm="dana"), points(H), points(H)),
            both(facts("d", csm=None), points(H, w0=("p1_open",)), points(H)),
        ]
    )
    assert found.alerts == (2, 2)
    assert found.by_csm == (("carla", 3, (1, 2)), ("dana", 1, (0, 0)))
    assert (found.csms, found.csm_weeks, found.nobodys) == (2, 4, 1)
    assert found.by_kind == {"drop_10_30d": (0, 1), "p1_open": (2, 1)}
    assert found.alerts_per_csm_week.after.note == TOO_SMALL


def test_missed_churns_and_false_alarms_are_named_where_the_two_disagree() -> None:
    left = [facts(f"left{n}", left=DAY + 7, arr=Decimal(n)) for n in range(3)]
    kept = [facts(f"kept{n}", renewed=(DAY + 7,)) for n in range(3)]
    found = findings(
        [
            both(left[0], points(H), points(R)),
            both(left[1], points(R), points(H)),
            both(left[2], points(R), points(R)),
            both(kept[0], points(H), points(R)),
            both(kept[1], points(R), points(H)),
            both(kept[2], points(H), points(H)),
        ]
    )
    assert [one.account_id for one in found.missed_lost] == ["left0"]
    assert [one.account_id for one in found.missed_gained] == ["left1"]
    assert [one.account_id for one in found.false_gained] == ["kept0"]
    assert [one.account_id for one in found.false_lost] == ["kept1"]
    assert (found.churns, found.renewals) == (3, 3)
    assert found.missed.before.note == TOO_SMALL
    assert found.missed.before.count == 1


def enough(of: int = MIN_N) -> list[Replayed]:
    """So many who left: today half of them are missed, under the other none. Dates far apart, so all is early."""
    return [
        both(
            facts(f"a{n:02}", left=DAY + 7, arr=Decimal(10)),
            points(*[R if n % 2 else H] * 6, w0=("entered_at_risk",)),
            points(*[R] * 6),
        )
        for n in range(of)
    ]


def test_with_enough_cases_each_figure_has_a_value_an_interval_and_so_has_the_difference() -> None:
    found = findings(enough())
    assert (found.missed.before.value, found.missed.after.value) == (0.5, 0.0)
    assert found.missed.low is not None
    assert found.missed.high is not None
    assert found.missed.low < found.missed.high < 0
    assert found.lead_days.after.value == 42
    assert found.lead_days.before.note == TOO_SMALL
    assert found.lead_days.low is None
    assert (found.arr_caught.before.value, found.arr_caught.after.value) == (pytest.approx(0.5), pytest.approx(1.0))
    assert found.arr_left == 200
    assert found.right.after.value == 1
    assert found.alerts_per_csm_week.before.note == TOO_SMALL


def test_money_is_drawn_exactly_in_any_currency() -> None:
    rupiah = [
        one._replace(facts=one.facts._replace(arr=Decimal(900_000_000_000_000))) for one in enough()
    ]  # fmt: skip
    assert findings(rupiah).arr_caught == findings(enough()).arr_caught


def test_alerts_per_csm_week_have_an_interval_from_20_csm_weeks_on() -> None:
    found = findings(
        [both(facts(f"a{n}", csm=f"csm{n}"), points(H, H, w1=("p1_open",)), points(H, H)) for n in range(10)]
    )
    volume = found.alerts_per_csm_week
    assert (volume.before.value, volume.after.value, volume.before.n) == (0.5, 0.0, 20)
    assert volume.high == -0.5


def test_the_same_past_gives_the_same_plan() -> None:
    assert findings(enough()) == findings(enough())


def test_a_past_without_accounts_is_told_as_such() -> None:
    found = findings([])
    assert (found.accounts, found.weeks, found.moved) == (0, 0, ())
    assert found.alerts_per_csm_week.before.n == 0


def test_what_is_kept_of_a_plan_names_nobody() -> None:
    found = findings(enough())
    assert found.counts()["missed"] == [10, 0]
    assert "a01" not in str(found.counts())
    assert found.to_json()["csm_weeks"] == found.csm_weeks
