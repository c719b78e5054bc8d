"""Which measures pull a score down, and by how much."""

from hypothesis import given

from health_monitor.model.measure import MEASURES
from health_monitor.model.score import FULL, DimensionScore, MeasureScore, Reading, Score
from health_monitor.score.drivers import MOST, WORTH_TELLING, drivers
from health_monitor.score.parts import parts, whole
from health_monitor.score.said import said
from tests.rooms.scores import DAY, a_score, reading, scores

WEIGHTS = {"usage": 60, "relationship": 40}


def test_the_measure_that_costs_most_comes_first():
    score = a_score(
        {"usage": {"active_users": 50, "feature_depth": 90}, "relationship": {"champion": 0, "departments": 100}},
        WEIGHTS,
    )

    found = drivers(score)

    assert [(one.measure, one.dimension, one.points) for one in found] == [
        ("champion", "relationship", -200), ("active_users", "usage", -150), ("feature_depth", "usage", -30)
    ]  # fmt: skip
    assert score.value == 1000 - 200 - 150 - 30


def test_a_perfect_score_is_told_by_what_holds_it_up():
    found = drivers(a_score({"usage": {"active_users": 100}, "relationship": {"champion": 100}}, WEIGHTS))

    assert [(one.measure, one.points) for one in found] == [("active_users", 600), ("champion", 400)]


def test_without_a_score_there_is_no_reason_for_it():
    assert drivers(a_score({"usage": {"active_users": None}, "relationship": {"champion": None}}, WEIGHTS)) == ()


def test_an_unknown_measure_pulls_nothing_down():
    found = drivers(a_score({"usage": {"active_users": None, "feature_depth": 40}}))

    assert [one.measure for one in found] == ["feature_depth"]


def test_a_driver_says_its_numbers():
    measure = MeasureScore("active_users", 100, Reading(4_000, {"active": 14, "seats": 35}))
    score = Score(DAY, "v1", "default", 400, 10_000, False, (DimensionScore("usage", 10_000, 4_000, (measure,)),))

    assert drivers(score)[0].said == said("active_users", measure.reading)
    assert "14" in drivers(score)[0].said
    assert "35" in drivers(score)[0].said


@given(scores())
def test_drivers_are_few_the_heaviest_first_and_of_one_sign(score: Score):
    found = drivers(score)

    assert len(found) <= MOST
    assert [abs(one.points) for one in found] == sorted((abs(one.points) for one in found), reverse=True)
    assert all(one.points <= -WORTH_TELLING for one in found) or all(one.points >= 0 for one in found)
    assert all(one.measure in MEASURES for one in found)


@given(scores())
def test_what_is_lost_and_what_is_given_make_the_best_score(score: Score):
    found = parts(score.dimensions)

    if score.value is None:
        assert not any(one.share for one in found.values())
        return
    assert sum(one.share for one in found.values()) == 1
    assert sum(one.lost + one.given for one in found.values()) == 1000
    lost = whole({place: one.lost for place, one in found.items()}, 1000 - score.value)
    assert sum(lost.values()) == 1000 - score.value


def test_nothing_has_no_whole_parts():
    assert whole({}, 7) == {}


def test_an_unknown_measure_says_why():
    assert said("champion", reading(None)) == "Active champion unknown: nobody was asked"


def test_a_measure_of_an_older_scorecard_is_still_told():
    assert said("seat_heat", Reading(FULL)).startswith("Seat heat")
