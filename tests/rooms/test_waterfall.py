"""What changed between two scores, point by point."""

import pytest
from hypothesis import given, settings

from health_monitor.model.explanation import Waterfall
from health_monitor.model.score import DimensionScore, History, MeasureScore, Reading, Score, Standing
from health_monitor.score.waterfall import marks, waterfall
from tests.rooms.scores import DAY, Values, a_score, dimension, scored, scores

WEIGHTS = {"usage": 60, "relationship": 40}
THEN: Values = {
    "usage": {"active_users": 80, "feature_depth": 60}, "relationship": {"champion": 100, "departments": 50}
}  # fmt: skip


def changes_of(before: Score, after: Score) -> list[tuple[str, str | None, int]]:
    """Kind, measure and points of every change."""
    return [(one.kind, one.measure, one.points) for one in the_waterfall(before, after).changes]


def the_waterfall(before: Score, after: Score) -> Waterfall:
    """The waterfall, which there has to be."""
    found = waterfall(before, after)
    assert found is not None
    return found


def test_nothing_changed_is_no_step_at_all():
    assert the_waterfall(a_score(THEN, WEIGHTS), a_score(THEN, WEIGHTS)) == Waterfall(720, 720, ())


def test_each_measure_has_the_points_that_it_moved_the_largest_first():
    now = {
        **THEN,
        "usage": {"active_users": 30, "feature_depth": 70},
        "relationship": {"champion": 0, "departments": 50},
    }

    found = the_waterfall(a_score(THEN, WEIGHTS), a_score(now, WEIGHTS))

    assert [(one.measure, one.points) for one in found.changes] == [
        ("champion", -200), ("active_users", -150), ("feature_depth", 30)
    ]  # fmt: skip
    assert found.points == -320
    assert found.changes[0].dimension == "relationship"


def test_a_change_has_what_the_measure_said_before_and_after():
    before = Reading(8_000, {"active": 16, "seats": 20}, ("ticket:zendesk/1",))
    after = Reading(4_000, {"active": 8, "seats": 20}, ("ticket:zendesk/2",))
    change = the_waterfall(_one_measure(before), _one_measure(after)).changes[0]

    assert (change.before, change.after) == (before, after)
    assert "16" in change.said
    assert "8" in change.said


def test_a_measure_that_becomes_unknown_costs_what_it_was_above_the_rest_and_the_rest_counts_for_more():
    now = {**THEN, "usage": {"active_users": None, "feature_depth": 60}}
    before, after = a_score(THEN, WEIGHTS), a_score(now, WEIGHTS)

    found = changes_of(before, after)

    assert {(kind, measure) for kind, measure, _ in found} == {("coverage", None), ("unknown", "active_users")}
    assert sum(points for *_, points in found) == after.value - before.value == -60  # type: ignore[operator]


def test_a_measure_that_begins_to_be_known_is_a_step_of_its_own():
    now = {**THEN, "usage": {"active_users": None, "feature_depth": 60}}

    kinds = {kind for kind, *_ in changes_of(a_score(now, WEIGHTS), a_score(THEN, WEIGHTS))}

    assert kinds == {"coverage", "known"}


def test_other_weights_are_the_scorecards_doing_and_no_measures():
    after = a_score(THEN, {"usage": 80, "relationship": 20}, version="v2")

    found = the_waterfall(a_score(THEN, WEIGHTS), after)

    assert [(one.kind, one.measure, one.points) for one in found.changes] == [("scorecard", None, -10)]
    assert "v1 to v2" in found.changes[0].said


def test_another_scorecard_of_the_same_version_is_named():
    after = a_score(THEN, {"usage": 80, "relationship": 20})._replace(card="enterprise")

    assert "enterprise in place of default" in the_waterfall(a_score(THEN, WEIGHTS), after).changes[0].said


def test_a_scorecard_without_one_known_measure_in_common_is_the_whole_change():
    after = a_score({"financial": {"payment": 20}}, version="v2")

    assert changes_of(a_score(THEN, WEIGHTS), after) == [("scorecard", None, 200 - 720)]


def test_a_measure_moved_to_another_dimension_is_still_the_same_measure():
    before = a_score({"usage": {"active_users": 80}, "relationship": {"departments": 50}}, WEIGHTS)
    after = a_score({"usage": {"departments": 50}, "relationship": {"active_users": 80}}, WEIGHTS, version="v2")

    assert changes_of(before, after) == [("scorecard", None, 620 - 680)]


def test_the_same_numbers_with_another_value_are_told_as_counted_by_the_new_scorecard():
    before, after = _one_measure(Reading(8_000, {"a": 1})), _one_measure(Reading(4_000, {"a": 1}))

    change = the_waterfall(before, after._replace(version="v2")).changes[0]

    assert change.kind == "measure"
    assert "counted by the new scorecard" in change.said


def test_a_score_that_its_measures_do_not_account_for_leaves_a_rest_that_is_told():
    before = a_score(THEN, WEIGHTS)

    assert changes_of(before, before._replace(value=500)) == [("rest", None, -220)]
    assert "older version" in the_waterfall(before, before._replace(value=500)).changes[0].said


@pytest.mark.parametrize("missing", ["before", "after"])
def test_from_or_to_no_score_there_is_no_waterfall(missing: str):
    some, none = a_score(THEN, WEIGHTS), a_score({"usage": {"active_users": None}})

    assert waterfall(none, some) is None if missing == "before" else waterfall(some, none) is None


@given(scores(), scores())
@settings(max_examples=300)
def test_the_changes_sum_exactly_to_the_difference_whatever_the_scores(before: Score, after: Score):
    found = waterfall(before, after)

    if before.value is None or after.value is None:
        assert found is None
        return
    assert found is not None
    assert sum(one.points for one in found.changes) == after.value - before.value == found.points


@given(scores(), scores("v2"))
@settings(max_examples=300)
def test_it_sums_exactly_over_a_change_of_the_scorecard_too(before: Score, after: Score):
    found = waterfall(before, after)

    assert found is None or sum(one.points for one in found.changes) == found.points


@given(scores())
def test_a_score_never_changed_from_itself(score: Score):
    assert score.value is None or waterfall(score, score) == Waterfall(score.value, score.value, ())


@given(scores(), scores())
def test_no_rest_is_left_when_both_were_worked_out_in_the_same_way(before: Score, after: Score):
    found = waterfall(before, after)

    assert found is None or all(one.kind != "rest" for one in found.changes)


def test_limits_overrides_and_statuses_are_marks_beside_the_points():
    before = _standing(limited_by="usage fell by 30 %", status="at_risk", provisional=True)
    after = _standing(override="override:app/1", status="moderate")

    assert marks(before, after) == (
        "the limit “usage fell by 30 %” no longer holds",
        "a person's override is in force",
        "the status went from at risk to moderate",
        "the score is no longer provisional",
    )
    assert marks(after, before) == (
        "the limit “usage fell by 30 %” holds the status down",
        "an override ended",
        "the status went from moderate to at risk",
        "the score is provisional now",
    )


def test_what_stayed_leaves_no_mark():
    assert marks(_standing(), _standing()) == ()


def _one_measure(reading: Reading) -> Score:
    return scored((dimension("usage", 10_000, (MeasureScore("active_users", 100, reading),)),))


def _standing(**given: object) -> Standing:
    known = {
        "account_id": "acme", "as_of": DAY, "version": "v1", "card": "default", "score": 500, "coverage": 10_000,
        "provisional": False, "status": None, "model_status": None, "history": History("v1", DAY.toordinal(), (500,)),
    }  # fmt: skip
    return Standing.model_validate(known | given)


def test_a_dimension_without_a_value_is_no_step():
    nothing = DimensionScore("value", 1_000, None, (MeasureScore("goals_met", 100, Reading(None)),))
    before = a_score(THEN, WEIGHTS)

    assert waterfall(before, before._replace(dimensions=(*before.dimensions, nothing))) == Waterfall(720, 720, ())
