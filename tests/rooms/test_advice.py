"""What is wrong with an account, and what to do about it."""

from typing import get_args

import pytest
from hypothesis import given

from health_monitor.model.explanation import Phase
from health_monitor.model.measure import MEASURES
from health_monitor.model.records import HealthStatus
from health_monitor.model.score import MeasureScore, Reading, Score
from health_monitor.score.advice import advice, cause_of, issues
from health_monitor.score.advice_texts import INTERVENTIONS, MEASURE_TEXTS
from health_monitor.score.waterfall import waterfall
from tests.rooms.scores import Values, a_score, dimension, scored, scores

WEIGHTS = {"usage": 60, "relationship": 40}
GOOD: Values = {"usage": {"active_users": 90, "feature_depth": 90}, "relationship": {"champion": 100}}
FEWER_USERS: Values = {**GOOD, "usage": {"active_users": 20, "feature_depth": 90}}
NO_CHAMPION: Values = {**GOOD, "relationship": {"champion": 0}}


def test_every_measure_has_an_issue_and_something_to_do_about_it():
    assert MEASURE_TEXTS.keys() == MEASURES.keys()
    assert all(text.issue and text.do for text in MEASURE_TEXTS.values())


def test_what_is_wrong_is_named_the_costliest_first():
    score = a_score({"usage": {"active_users": 20, "feature_depth": 90}, "relationship": {"champion": 0}}, WEIGHTS)

    assert [(one.name, one.points) for one in issues(score)] == [
        ("no active champion", -400),
        ("low use of the licence", -240),
    ]


def test_an_unknown_sponsor_is_no_missing_sponsor():
    assert issues(a_score({"relationship": {"executive_sponsor": None, "champion": 100}})) == ()


def test_a_measure_that_is_good_enough_is_no_issue():
    assert issues(a_score(GOOD, WEIGHTS)) == ()


def test_a_measure_that_is_no_longer_known_is_told_without_an_issue():
    assert issues(a_score({"usage": {"seat_heat": 0}})) == ()


def test_a_decline_is_met_in_seed_002s_four_steps():
    steps = four_steps(GOOD, FEWER_USERS)

    assert [one.title.partition(" ")[0] for one in steps] == ["1.", "2.", "3.", "4."]
    assert steps[0].steps[0].do == "Usage declined most"
    assert "falling since 3 May" in steps[0].steps[1].do
    assert "Active users 20 of 100" in steps[0].steps[2].do


@pytest.mark.parametrize(
    ("dimension", "expected"),
    [("usage", "re-onboarding"), ("engagement", "business review"), ("sentiment", "feedback")],
)
def test_the_intervention_is_seed_002s_for_the_dimension_that_declined(dimension: str, expected: str):
    measure = {"usage": "active_users", "engagement": "qbr_attendance", "sentiment": "nps"}[dimension]

    told = four_steps({dimension: {measure: 90}}, {dimension: {measure: 20}}, {dimension: 100})[1]

    assert any(expected in one.do for one in told.steps if one.because == dimension.capitalize())


def test_the_measure_that_fell_has_an_action_of_its_own():
    told = four_steps(GOOD, FEWER_USERS)[1]

    assert told.steps[0].do == MEASURE_TEXTS["active_users"].do
    assert told.steps[0].because == "Active users"


def test_without_a_decline_the_costliest_dimension_is_worked_on():
    steps = advice(a_score(NO_CHAMPION, WEIGHTS), "moderate", None, None)

    assert steps[0].steps[0].do == "Relationship costs most; nothing declined in this time"
    assert steps[1].steps[0].do == MEASURE_TEXTS["champion"].do


def test_a_score_that_rose_has_no_dimension_that_declined():
    before, after = a_score(FEWER_USERS, WEIGHTS), a_score(GOOD, WEIGHTS)

    assert "nothing declined" in advice(after, "moderate", waterfall(before, after), None)[0].steps[0].do


def test_a_healthy_account_is_kept_so():
    score = a_score(GOOD, WEIGHTS)

    assert [one.title for one in advice(score, "healthy", waterfall(score, score), None)] == ["Keep it so"]


def test_a_healthy_account_that_declines_is_no_longer_left_alone():
    assert len(four_steps(GOOD, FEWER_USERS, status="healthy")) == 4


@pytest.mark.parametrize(("status", "whom"), [("critical", "executive"), ("at_risk", "manager")])
def test_a_bad_status_brings_in_people_above(status: HealthStatus, whom: str):
    assert whom in four_steps(GOOD, FEWER_USERS, status=status)[1].steps[0].do


def test_a_dimension_of_the_teams_own_has_steps_too():
    values: Values = {"partner_fit": {"departments": 20}}

    told = advice(a_score(values), "at_risk", None, None)[1]

    assert any(one.because == "Partner fit" for one in told.steps)


def test_nothing_known_is_nothing_to_advise():
    assert advice(a_score({"usage": {"active_users": None}}), None, None, None) == ()


def test_every_dimension_of_the_default_scorecard_has_interventions():
    assert INTERVENTIONS.keys() == {"usage", "engagement", "value", "sentiment", "relationship", "financial"}


@given(scores(), scores())
def test_there_is_something_to_do_about_every_score(before: Score, after: Score):
    for status in get_args(HealthStatus):
        steps = advice(after, status, waterfall(before, after), None)
        assert steps or after.value is None
        assert all(one.do for phase in steps for one in phase.steps)


def four_steps(
    before: Values, after: Values, weights: dict[str, int] | None = None, status: HealthStatus = "moderate"
) -> tuple[Phase, ...]:
    """The advice about a change."""
    then, now = a_score(before, weights or WEIGHTS), a_score(after, weights or WEIGHTS)
    return advice(now, status, waterfall(then, now), "3 May 2026")


def test_the_measure_that_fell_most_is_the_likely_cause():
    found = cause_of(waterfall(a_score(GOOD, WEIGHTS), a_score(FEWER_USERS, WEIGHTS)), a_score(FEWER_USERS, WEIGHTS))

    assert found is not None
    assert found.measure == "active_users"


def test_a_champion_who_left_comes_before_the_use_that_fell_with_them():
    stayed, left = Reading(10_000, {"there": 1, "departed": 0}), Reading(0, {"there": 0, "departed": 1})

    found = cause_of(waterfall(_with_champion(90, stayed), _with_champion(10, left)), _with_champion(10, left))

    assert found is not None
    assert found.measure == "champion"


def test_without_a_fall_there_is_no_cause():
    good = a_score(GOOD, WEIGHTS)
    assert cause_of(None, good) is None
    assert cause_of(waterfall(a_score(FEWER_USERS, WEIGHTS), good), good) is None


@pytest.mark.parametrize("before", [0, 30])
def test_that_nobody_uses_it_comes_before_a_missed_review(before: int):
    weights = {"usage": 20, "engagement": 80}
    was = a_score({"usage": {"active_users": before}, "engagement": {"qbr_attendance": 67}}, weights)
    now = a_score({"usage": {"active_users": 0}, "engagement": {"qbr_attendance": 50}}, weights)

    found = cause_of(waterfall(was, now), now)

    assert found is not None
    assert found.measure == "active_users"


URGENT_READINGS = [
    ("contract", Reading(6_000, {"days_to_renewal": 1, "stage": "open"})),
    ("contract", Reading(0, {"days_overdue": 3, "stage": "open"})),
    ("support_friction", Reading(6_000, {"tickets": 1, "usual": 5.0, "open_p1": 1, "reopened": 0})),
    ("payment", Reading(7_000, {"days_overdue": 3, "overdue_invoices": 1})),
    ("executive_sponsor", Reading(0, {"there": 0, "departed": 1})),
]


@pytest.mark.parametrize(("measure", "urgent"), URGENT_READINGS)
def test_what_cannot_wait_comes_first_though_it_costs_less(measure: str, urgent: Reading):
    score = _with(measure, urgent)

    assert [one.measure for one in issues(score)] == [measure, "active_users"]
    assert advice(score, "moderate", None, None)[1].steps[0].do == MEASURE_TEXTS[measure].do
    assert advice(score, "healthy", None, None)[0].steps[0].do == MEASURE_TEXTS[measure].do


@pytest.mark.parametrize(
    ("measure", "calm"),
    [
        ("contract", Reading(9_000, {"days_to_renewal": 15, "stage": "open"})),
        ("executive_sponsor", Reading(10_000, {"there": 1, "departed": 1})),
        ("payment", Reading(10_000, {"days_overdue": 0})),
    ],
)
def test_what_can_wait_is_not_put_first(measure: str, calm: Reading):
    score = _with(measure, calm)

    assert issues(score)[0].measure == "active_users"
    assert advice(score, "healthy", None, None)[0].steps[0].because == "healthy, and nothing declined"


def _with(measure: str, found: Reading) -> Score:
    """Little use, which costs most, and one other thing."""
    usage = dimension("usage", 9_000, (MeasureScore("active_users", 100, Reading(1_000, {"active": 1, "seats": 10})),))
    return scored((usage, dimension("other", 1_000, (MeasureScore(measure, 100, found),))))


def _with_champion(use: int, champion: Reading) -> Score:
    usage = dimension("usage", 9_000, (MeasureScore("active_users", 100, Reading(use * 100, {"seats": "many"})),))
    return scored((usage, dimension("relationship", 1_000, (MeasureScore("champion", 100, champion),))))
