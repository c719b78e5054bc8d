"""Coverage tiers T1 to T5: who gets how much attention (D7)."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from health_monitor.model.config import HighValue
from health_monitor.model.dossier import Dossier
from health_monitor.model.records import Renewal, Touchpoint
from health_monitor.model.score import DimensionScore
from health_monitor.model.scorecard import Coverage
from health_monitor.score.calendar import last_touch, renews_in
from health_monitor.score.tiers import cadence_of
from tests.rooms.standings import DAY, NOON, a_score, a_scorecard, a_use, evidence, since, stands

VALUABLE = HighValue(tiers=("strategic",))


def engaged(points: float | None) -> DimensionScore:
    return DimensionScore("engagement", 1_500, None if points is None else round(points * 100), ())


def tier(points: float, month_ago: float | None = None, renewal: int | None = None, **known: Any) -> str | None:
    known_now = {"renewal_date": DAY + timedelta(days=renewal) if renewal is not None else None}
    before = since({30: month_ago, 1: points}) if month_ago is not None else None
    dimensions = (engaged(known.pop("engagement")),) if "engagement" in known else ()
    card = a_scorecard(coverage_tiers=known.pop("rules", Coverage()))
    found = evidence(use=known.pop("use", None), **(known_now | known))
    return stands(a_score(points, dimensions=dimensions), found, before, card, high_value=VALUABLE).tier


@pytest.mark.parametrize(
    ("points", "known", "expected"),
    [
        (39.9, {}, "T1"), (40, {}, "T2"),
        (85, {"month_ago": 95}, "T1"), (85, {"month_ago": 94.9}, "T2"), (85, {"month_ago": 90}, "T2"),
        (84, {"month_ago": 88.9}, "T3"),
        (45, {"tier": "strategic"}, "T1"), (51, {"tier": "strategic"}, "T2"),
        (74.9, {"renewal": 60}, "T1"), (75, {"renewal": 60}, "T3"), (74.9, {"renewal": 0}, "T1"),
        (80, {"renewal": 60, "month_ago": 85}, "T1"), (75, {"renewal": 60, "rules": Coverage(literal=True)}, "T1"),
        (74.9, {"renewal": 61}, "T2"), (74.9, {"renewal": 120}, "T2"), (74.9, {"renewal": 121}, "T3"),
        (75, {"renewal": 120}, "T3"), (75, {"renewal": 120, "rules": Coverage(literal=True)}, "T2"),
        (69.9, {}, "T2"), (70, {}, "T3"),
        (70, {"arr": Decimal("4999.99")}, "T5"), (70, {"arr": Decimal(5_000)}, "T3"), (70, {"arr": None}, "T3"),
        (95, {"arr": Decimal(100), "engagement": 100}, "T5"), (39, {"arr": Decimal(100)}, "T1"),
        (85, {"engagement": 75}, "T4"), (84.9, {"engagement": 75}, "T3"), (85, {"engagement": 74.9}, "T3"),
        (85, {}, "T3"), (85, {"engagement": None, "use": a_use(engaged=6, at_risk=3, dormant=2)}, "T4"),
        (85, {"use": a_use(engaged=5, at_risk=3, dormant=2)}, "T3"),
    ],
)  # fmt: skip
def test_the_first_that_matches(points: float, known: dict[str, Any], expected: str) -> None:
    assert tier(points, **known) == expected


def test_a_low_account_that_declines_is_not_left_to_automation() -> None:
    falling = since({7 * n: 80 + n for n in range(1, 13)})
    assert stands(a_score(80), evidence(arr=Decimal(100)), falling).trend == "declining"
    assert stands(a_score(80), evidence(arr=Decimal(100)), falling).tier == "T3"


def test_taken_literally_renewals_alone_fill_the_first_tier_and_by_default_only_doubtful_ones_do() -> None:
    """D7: of healthy accounts that renew once a year, 60 days are a sixth; seed 002 wants 10 to 15 % in T1."""
    literal, default = ([tier(80, renewal=days, rules=rules) for days in range(1, 366)]
                        for rules in (Coverage(literal=True), Coverage()))  # fmt: skip
    assert round(100 * literal.count("T1") / 365, 1) == 16.4
    assert default.count("T1") == 0


def test_cadence_follows_the_tier() -> None:
    assert [cadence_of(one, Coverage()) for one in ("T1", "T2", "T3", "T4", "T5")] == [7, 14, 30, 90, 0]
    assert cadence_of(None, Coverage()) is None


def test_a_renewal_that_is_only_a_record_counts_and_one_in_the_past_does_not() -> None:
    due = Renewal(source="crm", key="1", changed_at=NOON, due_on=DAY + timedelta(days=9))
    assert renews_in(evidence(Dossier(renewals=(due,)))) == 9
    assert renews_in(evidence(renewal_date=DAY - timedelta(days=1))) is None
    assert renews_in(evidence(renewal_date=DAY)) == 0


def test_the_last_touchpoint_is_one_with_a_person() -> None:
    def touch(key: str, day: int, **known: Any) -> Touchpoint:
        facts: dict[str, Any] = {"kind": "email", "at": NOON.replace(day=day)} | known
        return Touchpoint(source="crm", key=key, changed_at=NOON, **facts)

    known = evidence(
        Dossier(touchpoints=(
            touch("1", 3), touch("2", 9, automatic=True), touch("3", 10, kind="note"),
            touch("4", 11, kind="qbr", attended=False), touch("5", 5, kind="webinar"),
            touch("6", 1, at=NOON.replace(month=12)),
        ))
    )  # fmt: skip
    assert last_touch(known) == date(2026, 10, 5)
    assert last_touch(evidence()) is None
