"""Who is ready to grow, and who comes first."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from health_monitor.model.dossier import Dossier
from health_monitor.model.evidence import Evidence
from health_monitor.model.records import Override, Person, Ticket
from health_monitor.model.retention import Retention, RetentionBin
from health_monitor.model.scorecard import Expansion
from tests.rooms.standings import DAY, NOON, a_score, a_scorecard, a_use, evidence, since, stands

CARD = a_scorecard(expansion=Expansion(advanced_features=("forecast",), api_features=("api",)))
CROWDED: dict[str, Any] = {"use": a_use(active_30=86), "licensed_seats": 100}


def persons(*departments: str | None) -> tuple[Person, ...]:
    named = enumerate(departments)
    return tuple(Person(source="crm", key=f"{n}", changed_at=NOON, department=one) for n, one in named)


def asks(count: int, days_ago: int = 3) -> tuple[Ticket, ...]:
    at = NOON.replace(month=11, day=1) - timedelta(days=days_ago)
    return tuple(
        Ticket(source="crm", key=f"{n}", changed_at=at, opened_at=at, type="how_to", solved_at=at) for n in range(count)
    )


@pytest.mark.parametrize(
    ("known", "score"),
    [
        (evidence(), 320),
        (evidence(**CROWDED), 520),
        (evidence(use=a_use(active_30=85), licensed_seats=100), 320),
        (evidence(use=a_use(features=("forecast", "report"))), 420),
        (evidence(use=a_use(features=("api",))), 420),
        (evidence(Dossier(persons=persons("sales", "finance", None))), 420),
        (evidence(Dossier(persons=persons("sales", "Sales"))), 320),
        (evidence(use=a_use(new_90=2, engaged=22, dormant=0)), 420),
        (evidence(use=a_use(new_90=4, engaged=21, dormant=3)), 320),
        (evidence(use=a_use(new_90=10, engaged=10)), 320),
        (evidence(Dossier(tickets=asks(3))), 320),
    ],
)  # fmt: skip
def test_the_expansion_score_is_40_health_20_licences_and_10_for_each_other_sign(known: Evidence, score: int) -> None:
    assert stands(a_score(80), known, scorecard=CARD).expansion_score == score


def test_all_signs_and_full_health_are_100() -> None:
    use = a_use(active_30=90, new_90=10, engaged=90, features=("api", "forecast"))
    known = evidence(Dossier(persons=persons("sales", "finance")), use, licensed_seats=100)
    assert stands(a_score(100), known, scorecard=CARD).expansion_score == 1_000


@pytest.mark.parametrize(
    ("points", "month_ago", "known", "ready"),
    [
        (80, 80, evidence(**CROWDED), True), (79.9, 70, evidence(**CROWDED), False),
        (80, 80.1, evidence(**CROWDED), False), (80, None, evidence(**CROWDED), False),
        (90, 80, evidence(), False), (90, 80, evidence(Dossier(tickets=asks(3))), True),
        (90, 80, evidence(Dossier(tickets=asks(2))), False), (90, 80, evidence(Dossier(tickets=asks(3, 30))), False),
    ],
)  # fmt: skip
def test_ready_is_80_not_falling_and_at_least_one_sign(
    points: float, month_ago: float | None, known: Evidence, ready: bool
) -> None:
    before = since({30: month_ago}) if month_ago is not None else None
    assert stands(a_score(points), known, before, CARD).expansion_ready is ready


def test_whom_a_person_holds_to_be_at_risk_nobody_sells_to() -> None:
    judged = Override(
        source="people", key="1", changed_at=NOON, status="at_risk", reason="a competitor", author="carla", at=NOON,
        expires_on=DAY,
    )  # fmt: skip
    known = Dossier(tickets=asks(3), overrides=(judged,))
    assert not stands(a_score(90), evidence(known), since({30: 80}), CARD).expansion_ready


def test_nobody_sells_while_a_p1_is_open() -> None:
    p1 = Ticket(source="crm", key="p", changed_at=NOON, opened_at=NOON, severity="p1")
    assert not stands(a_score(90), evidence(Dossier(tickets=(p1, *asks(3)))), since({30: 80}), CARD).expansion_ready


MEASURED = Retention(
    calibrated=True, n=300, churned=60,
    bins=(
        RetentionBin(low=0, high=500, n=100, churned=50, p_churn=0.5, p_low=0.4, p_high=0.6),
        RetentionBin(low=500, high=1_001, n=200, churned=10, p_churn=0.05, p_low=0.02, p_high=0.09),
    ),
)  # fmt: skip


@pytest.mark.parametrize(("days", "times"), [(0, 2), (60, 2), (61, 1.5), (120, 1.5), (121, 1), (None, 1)])
def test_priority_is_arr_times_chance_of_churn_times_urgency(days: int | None, times: float) -> None:
    renewal = None if days is None else DAY + timedelta(days=days)
    known = evidence(arr=Decimal(10_000), renewal_date=renewal)
    standing = stands(a_score(45), known, retention=MEASURED)
    assert (standing.p_churn, standing.priority) == (0.5, 5_000 * times)
    assert stands(a_score(100), known, retention=MEASURED).p_churn == 0.05


def test_until_retention_is_measured_the_score_orders_and_no_chance_is_shown() -> None:
    known = evidence(arr=Decimal(10_000))
    assert (stands(a_score(45), known).p_churn, stands(a_score(45), known).priority) == (None, 5_500)
    assert stands(a_score(45), evidence(arr=None)).priority is None
