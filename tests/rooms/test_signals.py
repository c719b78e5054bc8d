"""What a person should hear of tonight, how fast, and since when."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from health_monitor.model.dossier import Dossier
from health_monitor.model.evidence import Evidence, UserDays
from health_monitor.model.records import Invoice, Override, Person, Ticket, Touchpoint
from health_monitor.model.score import Score, Standing
from health_monitor.model.scorecard import Card, Dimension, MeasureUse, Scorecard, StatusLimit
from tests.rooms.standings import (
    DAY,
    NOON,
    a_history,
    a_score,
    a_scorecard,
    a_standing,
    a_use,
    evidence,
    since,
    stands,
)

AT = NOON.replace(year=2026, month=11, day=1)


def ago(days: int) -> date:
    return DAY - timedelta(days=days)


def a_ticket(key: str = "1", **known: Any) -> Ticket:
    facts: dict[str, Any] = {"opened_at": NOON, "severity": "p1", "type": "incident"}
    return Ticket(source="crm", key=key, changed_at=NOON, **(facts | known))


def an_invoice(overdue: int, key: str = "1", **known: Any) -> Invoice:
    return Invoice(source="billing", key=key, changed_at=NOON, due_on=ago(overdue), **known)


def a_touch(days: int, key: str = "1", **known: Any) -> Touchpoint:
    facts: dict[str, Any] = {"kind": "call", "at": AT - timedelta(days=days)} | known
    return Touchpoint(source="crm", key=key, changed_at=NOON, **facts)


def a_sponsor(key: str = "ida", **known: Any) -> Person:
    facts: dict[str, Any] = {"role": "executive_sponsor", "user_id": f"u-{key}"}
    return Person(source="crm", key=key, changed_at=NOON, **(facts | known))


def silent(days: int, usual: int = 1, key: str = "ida") -> UserDays:
    return UserDays(f"u-{key}", days, 300, 0 if days >= 14 else 1, usual, ())


def told(standing: Standing) -> dict[str, str]:
    return {one.kind: one.severity for one in standing.signals}


def said(known: Evidence, points: float = 80) -> dict[str, str]:
    return {one.kind: one.said for one in stands(a_score(points), known).signals}


def test_a_score_below_25_is_critical_whatever_the_bands() -> None:
    assert told(stands(a_score(24.9))) == {"score_below_25": "critical", "entered_at_risk": "high"}
    assert told(stands(a_score(25))) == {"entered_at_risk": "high"}
    assert told(stands(a_score(50))) == {}


def test_drops_by_how_far_and_how_long_and_the_deeper_stands_for_both() -> None:
    assert told(stands(a_score(70), before=since({30: 90, 1: 72}))) == {"drop_20_30d": "critical"}
    assert told(stands(a_score(70), before=since({30: 80, 1: 72}))) == {"drop_10_30d": "high"}
    assert told(stands(a_score(70), before=since({30: 79.9, 1: 72}))) == {}
    assert told(stands(a_score(70), before=since({90: 85, 30: 72, 1: 72}))) == {"sustained_15_90d": "high"}


def test_a_score_that_falls_three_months_in_a_row() -> None:
    standing = stands(a_score(75), before=since({90: 84, 60: 80, 30: 77, 1: 76}))
    assert [(one.severity, one.said) for one in standing.signals] == [
        ("moderate", "health score fell three months in a row, by 9.0 points in all")
    ]
    weekly = stands(a_score(70), before=since({7 * n: 70 + n for n in range(1, 14)}))
    assert [one.said for one in weekly.signals] == ["health score fell three months in a row, by 13.0 points in all"]


def test_an_open_p1_and_a_payment_past_due_are_critical_and_name_their_records() -> None:
    known = evidence(Dossier(
        tickets=(a_ticket(), a_ticket("2", severity="p2"), a_ticket("3", solved_at=NOON)),
        invoices=(
            an_invoice(15), an_invoice(14, "2"), an_invoice(40, "3", paid_on=DAY), an_invoice(40, "4", voided=True),
        ),
    ))  # fmt: skip
    standing = stands(a_score(80), known)
    assert [(one.kind, one.severity, one.said, one.records) for one in standing.signals] == [
        ("p1_open", "critical", "a P1 ticket is open since 2026-10-01 (incident)", ("ticket:crm/1",)),
        ("payment_past_due", "critical", "payment is 15 days overdue: due on 2026-10-17", ("invoice:billing/1",)),
    ]
    two = evidence(Dossier(tickets=(a_ticket(), a_ticket("2"))))
    assert said(two) == {"p1_open": "2 P1 tickets are open since 2026-10-01 (incident)"}
    assert said(evidence(Dossier(tickets=(a_ticket(type=None),)))) == {
        "p1_open": "a P1 ticket is open since 2026-10-01"
    }
    assert said(evidence(Dossier(tickets=(a_ticket("2", severity="p2"),), invoices=(an_invoice(14),)))) == {}


def test_of_several_bills_the_newest_is_told_first_each_with_its_amount() -> None:
    bills = [an_invoice(15 + 10 * n, str(n), amount=Decimal(1_000 * (n + 1))) for n in range(5)]
    known = evidence(Dossier(invoices=tuple(reversed(bills))))
    assert said(known)["payment_past_due"] == (
        "payment is 15 days overdue: 1,000.00 due on 2026-10-17, 2,000.00 due on 2026-10-07, 3,000.00 due on "
        "2026-09-27, 2 older"
    )


def test_from_when_a_payment_is_past_due_is_the_scorecards_to_say() -> None:
    payment = MeasureUse(points=Decimal(1), settings={"past_due_from": 30})
    card = Card(
        name="everyone", dimensions={"financial": Dimension(weight=Decimal(100), measures={"payment": payment})}
    )
    patient = Scorecard(scorecards=(card,))
    known = evidence(Dossier(invoices=(an_invoice(29),)))
    assert told(stands(a_score(80), known)) == {"payment_past_due": "critical"}
    assert told(stands(a_score(80), known, scorecard=patient)) == {}


@pytest.mark.parametrize(
    ("days", "usual", "dormant"), [(30, 1, True), (29, 1, False), (14, 2, True), (13, 2, False)]
)  # fmt: skip
def test_a_sponsor_is_dormant_after_30_days_and_a_weekly_one_after_14(days: int, usual: int, dormant: bool) -> None:
    known = evidence(Dossier(persons=(a_sponsor(),)), a_use(key_users=(silent(days, usual),)))
    words = {"sponsor_dormant": f"the executive sponsor was last heard of {days} days ago"}
    assert said(known) == (words if dormant else {})


def test_a_sponsor_who_takes_calls_is_not_dormant_and_of_two_one_who_is_there_will_do() -> None:
    quiet = a_use(key_users=(silent(60), silent(3, key="ole")))

    def kinds(*touches: Touchpoint, others: tuple[Person, ...] = (), use: Any = quiet) -> list[str]:
        return sorted(said(evidence(Dossier(persons=(a_sponsor(), *others), touchpoints=touches), use)))

    assert kinds(a_touch(29, contact_id="ida")) == []
    assert kinds(a_touch(29, contact_id="ida", attended=False)) == ["sponsor_dormant"]
    assert kinds(a_touch(29, contact_id="ole")) == ["sponsor_dormant"]
    assert kinds(a_touch(31, contact_id="ida"), a_touch(5, "2")) == ["sponsor_dormant"]
    assert kinds(others=(a_sponsor("ole"),)) == []
    assert kinds(use=None) == []
    assert kinds(a_touch(45, contact_id="ida"), use=None) == ["sponsor_dormant"]


def test_a_sponsor_who_departed_is_news_for_a_month() -> None:
    def kinds(left: int) -> dict[str, str]:
        return said(evidence(Dossier(persons=(a_sponsor(departed_on=ago(left), departure="left"), a_sponsor("ole")))))

    assert kinds(0) == {"sponsor_departed": "the executive sponsor departed on 2026-11-01"}
    assert kinds(29) == {"sponsor_departed": "the executive sponsor departed on 2026-10-03"}
    assert kinds(30) == {}


def test_usage_down_40_percent_in_60_days() -> None:
    assert said(evidence(use=a_use(index_now=60))) == {
        "usage_down_40_60d": "usage fell by 40 % in 60 days, from 100 to 60 active user-days"
    }
    for now, then in ((61, 100), (0, 0), (0, None), (0, 4)):
        assert said(evidence(use=a_use(index_now=now, index_60=then))) == {}


def test_a_renewal_is_near_and_nobody_came_to_a_business_review() -> None:
    def kinds(renewal: int, *touches: Touchpoint) -> dict[str, str]:
        known = evidence(Dossier().with_records(touches)[0], renewal_date=DAY + timedelta(days=renewal))
        return said(known, points=90)

    call, held = a_touch(5), a_touch(89, "2", kind="qbr")
    assert kinds(90, call) == {
        "no_qbr_before_renewal": "renewal in 90 days, and no business review attended in 90 days"
    }
    assert [kinds(days, call)["no_qbr_before_renewal"].partition(",")[0] for days in (0, 1)] == [
        "renewal today", "renewal in 1 day",
    ]  # fmt: skip
    assert kinds(90, call, a_touch(89, "2", kind="qbr", attended=False)) != {}
    assert kinds(90, call, a_touch(90, "2", kind="qbr")) != {}
    assert kinds(90, call, held) == kinds(91, call) == kinds(90) == {}


def test_unused_licences_are_waste_below_a_third_and_worth_a_word_below_half() -> None:
    def kinds(active: int, seats: int | None = 100, **use: Any) -> dict[str, str]:
        return told(stands(a_score(80), evidence(use=a_use(active_30=active, **use), licensed_seats=seats)))

    assert kinds(30) == {"licence_waste": "high"}
    assert kinds(31) == kinds(49) == {"licence_below_50": "moderate"}
    assert kinds(50) == kinds(10, None) == kinds(10, 0) == kinds(10, seen_days=29) == {}


def test_a_ticket_is_no_touchpoint() -> None:
    known = evidence(Dossier(touchpoints=(a_touch(100), a_touch(5, "2", kind="ticket", inbound=True))))
    standing = stands(a_score(60), known)
    assert (standing.last_touch, told(standing)) == (ago(100), {"no_touchpoint": "moderate"})


@pytest.mark.parametrize(
    ("points", "arr", "days", "overdue"),
    [
        (60, 12_000, 60, True), (60, 12_000, 59, False), (80, 12_000, 60, True), (80, 12_000, 59, False),
        (80, 100, 300, False), (None, 12_000, 300, False),
    ],
)  # fmt: skip
def test_no_touchpoint_in_60_days_but_where_nobody_is_to_call(
    points: float | None, arr: int, days: int, overdue: bool
) -> None:
    known = evidence(Dossier(touchpoints=(a_touch(days),)), arr=Decimal(arr))
    kinds = {one.kind: one.said for one in stands(a_score(points), known).signals}
    assert kinds == ({"no_touchpoint": f"no touchpoint for {days} days"} if overdue else {})


def test_advocates_are_called_once_a_quarter_and_are_overdue_after_one_and_a_half() -> None:
    happy = a_use(engaged=9, at_risk=1)
    for days, kinds in ((134, []), (135, ["no_touchpoint"])):
        standing = stands(a_score(90), evidence(Dossier(touchpoints=(a_touch(days),)), happy))
        assert (standing.tier, list(told(standing))) == ("T4", kinds)


def test_low_adoption_three_months_after_onboarding() -> None:
    def kinds(age: int, *features: str) -> dict[str, str]:
        return said(evidence(use=a_use(age=age, features=features), core_features=("a", "b", "c", "d", "e")))

    assert kinds(120, "a", "x") == {"low_adoption": "uses 1 of 5 core features"}
    assert kinds(120, "a", "b") == kinds(119, "a") == said(evidence(use=a_use())) == {}


def day_after(before: Standing, points: float, known: Evidence | None = None, **how: Any) -> Standing:
    tomorrow = before.as_of + timedelta(days=1)
    found = known or evidence()
    version = how.pop("version", "v1")
    return stands(a_score(points, version=version, day=tomorrow), replace(found, day=tomorrow), before, **how)


def test_a_signal_keeps_the_day_on_which_it_began_and_a_new_record_begins_anew() -> None:
    first = stands(a_score(80), evidence(Dossier(tickets=(a_ticket(),))))
    second = day_after(first, 80, evidence(Dossier(tickets=(a_ticket(),))))
    third = day_after(second, 80, evidence(Dossier(tickets=(a_ticket(), a_ticket("2")))))
    assert [standing.signals[0].since for standing in (first, second, third)] == [DAY, DAY, third.as_of]


def test_what_comes_back_within_two_weeks_was_never_over() -> None:
    first = stands(a_score(49))
    well = day_after(first, 51)
    assert [(one.kind, one.since, one.until) for one in well.ended] == [("entered_at_risk", DAY, DAY)]
    assert [one.since for one in day_after(well, 49).signals] == [DAY]
    for _ in range(13):
        well = day_after(well, 51)
    assert well.ended == ()
    again = day_after(well, 49)
    assert [one.since for one in again.signals] == [again.as_of]


def test_what_a_change_of_the_scorecard_brings_is_silent_and_what_it_does_not_touch_is_not() -> None:
    before = stands(a_score(80))
    p1 = evidence(Dossier(tickets=(a_ticket(),)))
    changed = day_after(before, 20, p1, version="v2")
    assert {one.kind: one.silent for one in changed.signals} == {
        "score_below_25": True, "p1_open": False, "entered_at_risk": True,
    }  # fmt: skip
    assert {one.kind: one.silent for one in day_after(changed, 20, p1, version="v2").signals}["score_below_25"]
    assert not any(one.silent for one in day_after(before, 20).signals)
    assert not any(one.silent for one in stands(a_score(20)).signals)


def hardly_known(points: float, day: date = DAY) -> Score:
    return a_score(points, day=day)._replace(coverage=2_050, provisional=True)


def test_a_provisional_score_pages_nobody_and_says_how_little_is_known() -> None:
    low = stands(hardly_known(20), before=since({30: 60, 1: 20}))
    assert {one.kind: one.severity for one in low.signals} == {
        "score_below_25": "moderate", "drop_20_30d": "moderate", "entered_at_risk": "moderate",
    }  # fmt: skip
    assert low.signals[0].said == "health score is 20.0, below 25; provisional: 20 % of the scorecard is known"


def test_a_provisional_score_takes_nothing_from_what_records_a_limit_or_a_person_say() -> None:
    judged = Override(
        source="people", key="1", changed_at=NOON, status="critical", reason="left", author="carla", at=NOON,
        expires_on=ago(-9),
    )  # fmt: skip
    dossier = Dossier(tickets=(a_ticket(),), overrides=(judged,))
    assert told(stands(hardly_known(80), evidence(dossier))) == {"p1_open": "critical", "entered_at_risk": "high"}
    down = StatusLimit(name="down", measure="usage_trend", at_most=50, status="at_risk")
    score = a_score(80, measures={"usage_trend": 10})._replace(provisional=True)
    assert told(stands(score, scorecard=a_scorecard(status_limits=(down,)))) == {"entered_at_risk": "high"}


def test_a_signal_that_becomes_graver_is_news_and_one_that_becomes_milder_is_not() -> None:
    first = stands(hardly_known(20))
    second = day_after(first, 20)
    low = {one.kind: one for one in second.signals}["score_below_25"]
    assert (low.severity, low.since, low.silent) == ("critical", second.as_of, False)
    third = stands(hardly_known(20, DAY + timedelta(days=2)), replace(evidence(), day=DAY + timedelta(days=2)), second)
    assert [(one.severity, one.since) for one in third.signals if one.kind == low.kind] == [("critical", second.as_of)]


def test_a_score_that_moves_because_more_became_known_is_nobodys_news() -> None:
    before = a_standing(a_history({30: 90, 1: 90}), provisional=True, coverage=2_000, score=900)
    known = stands(a_score(60), before=before)
    assert [(one.kind, one.severity, one.silent) for one in known.signals] == [("drop_20_30d", "critical", True)]
    low = stands(a_score(40), before=before)
    assert {one.kind: one.silent for one in low.signals} == {"drop_20_30d": True, "entered_at_risk": False}


@pytest.mark.parametrize(("coverage", "silent"), [(9_001, False), (9_000, True)])
def test_a_fall_that_came_with_ten_points_of_coverage_is_nobodys_news(coverage: int, silent: bool) -> None:
    before = a_standing(a_history({30: 90, 1: 90}), provisional=False, coverage=coverage, score=900)
    assert {one.kind: one.silent for one in stands(a_score(60), before=before).signals} == {"drop_20_30d": silent}


def test_another_card_for_the_account_is_no_news_of_it() -> None:
    before = a_standing(a_history({30: 90, 1: 90}), card="enterprise", score=900)
    assert {one.kind: one.silent for one in stands(a_score(60), before=before).signals} == {"drop_20_30d": True}


def test_an_account_that_comes_back_after_a_long_time_is_news_again() -> None:
    before = stands(a_score(20))
    day = DAY + timedelta(days=200)
    back = stands(a_score(20, day=day), evidence(day=day), before)
    assert {one.since for one in back.signals} == {day}


def test_a_rescoring_between_two_nights_leaves_its_moment() -> None:
    known = evidence(Dossier(tickets=(a_ticket(),)))
    rescored = stands(a_score(80), known, at=NOON)
    assert (rescored.at, rescored.signals[0].at) == (NOON, NOON)
    night = day_after(rescored, 80, known)
    assert (night.at, night.signals[0].at, night.signals[0].since) == (None, NOON, DAY)


def test_signals_come_gravest_first() -> None:
    known = evidence(
        Dossier(tickets=(a_ticket(),), touchpoints=(a_touch(100),)), a_use(index_now=10), renewal_date=ago(-20)
    )
    order = [one.severity for one in stands(a_score(24), known, since({30: 60, 1: 24})).signals]
    assert order == sorted(order, key=("critical", "high", "moderate").index)
    assert len(order) == 7


@given(st.lists(st.one_of(st.none(), st.integers(0, 100)), min_size=1, max_size=12))
def test_however_a_score_moves_judging_the_last_night_again_changes_nothing(scores: list[int | None]) -> None:
    before = None
    for nights, points in enumerate(scores):
        day = DAY + timedelta(days=nights)
        night = stands(a_score(points, day=day), evidence(day=day), before)
        assert stands(a_score(points, day=day), evidence(day=day), night) == night
        before = night
