"""Sentiment: NPS, satisfaction, friction in support, and the CSM's pulse."""

import pytest

from health_monitor.model.records import Pulse, Survey, Ticket
from tests.rooms.evidences import known, noon, reading, several, told, value


def answers(*given: tuple[int, int], survey: str = "nps") -> tuple[Survey, ...]:
    """Each a score and how many days ago."""
    return several(Survey, *({"survey": survey, "score": score, "at": noon(days)} for score, days in given))


@pytest.mark.parametrize(
    ("score", "share"), [(10, 10_000), (9, 10_000), (8, 7_000), (7, 7_000), (6, 3_000), (3, 3_000), (0, 3_000)]
)
def test_promoters_are_100_passives_70_and_detractors_30(score: int, share: int) -> None:
    found = reading("nps", known(*answers((score, 10))))
    assert found.value == share
    assert found.numbers == {"answers": 1, "latest": score, "days_since": 10}
    assert found.records == ("survey:s/1",)


def test_an_answer_that_is_a_half_life_older_weighs_half() -> None:
    assert value("nps", known(*answers((3, 90), (10, 0)))) == round((30 * 1 + 100 * 2) / 3 * 100)
    assert value("nps", known(*answers((3, 180), (10, 90)))) == round((30 * 1 + 100 * 2) / 3 * 100)
    assert value("nps", known(*answers((3, 30), (10, 0))), half_life=30) == round((30 * 1 + 100 * 2) / 3 * 100)


def test_answers_of_more_than_two_years_ago_say_nothing() -> None:
    assert reading("nps", known(*answers((10, 730)))).because == "nobody answered an NPS survey"
    assert value("nps", known(*answers((10, 729)))) == 10_000
    assert value("nps", known(*answers((10, 3), survey="csat"))) is None


@pytest.mark.parametrize(
    ("survey", "score", "share"),
    [("csat", 5, 10_000), ("csat", 4, 7_500), ("csat", 1, 0), ("csat", 0, 0), ("ces", 7, 10_000), ("ces", 1, 0)],
)
def test_satisfaction_and_ease_are_shares_of_their_scales(survey: str, score: int, share: int) -> None:
    assert value("csat", known(*answers((score, 3), survey=survey))) == share


def test_satisfaction_with_a_ticket_counts_from_its_solution() -> None:
    rated = told(Ticket, "9", opened_at=noon(400), solved_at=noon(360), csat=5)
    found = reading("csat", known(rated, *answers((1, 270), survey="csat")))
    assert found.value == round(1 / 3 * 10_000)
    assert found.records == ("survey:s/1", "ticket:s/9")
    assert value("csat", known(told(Ticket, opened_at=noon(20), csat=3))) == 5_000
    assert reading("csat", known(told(Ticket, opened_at=noon(400), csat=3))).because is not None
    assert reading("csat", known(*answers((9, 3)))).because == "nobody said how satisfied they are"


def tickets(count: int, days: int, first: int = 0, **facts: object) -> tuple[Ticket, ...]:
    return tuple(told(Ticket, f"{days}-{first + at}", opened_at=noon(days), **facts) for at in range(count))


@pytest.mark.parametrize(("count", "share"), [(1, 10_000), (5, 10_000), (6, 8_000), (10, 0), (30, 0)])
def test_more_than_five_tickets_in_a_month_are_friction(count: int, share: int) -> None:
    found = reading("support_friction", known(*tickets(count, 10)))
    assert found.value == share
    assert found.numbers == {"tickets": count, "usual": 5, "open_p1": 0, "reopened": 0}
    assert len(found.records) == count


def test_who_always_writes_much_has_more_that_is_usual() -> None:
    assert value("support_friction", known(*tickets(15, 60), *tickets(10, 10))) == 10_000
    assert value("support_friction", known(*tickets(15, 60), *tickets(15, 10))) == 5_000
    assert value("support_friction", known(*tickets(15, 120), *tickets(10, 29))) == 0
    assert value("support_friction", known(*tickets(15, 119), *tickets(10, 29))) == 10_000


@pytest.mark.parametrize("kind", ["how_to", "feature_request"])
def test_who_asks_how_or_for_more_is_no_friction(kind: str) -> None:
    assert value("support_friction", known(*tickets(30, 10, type=kind))) == 10_000
    assert value("support_friction", known(*tickets(6, 10, type="bug"), *tickets(9, 10, 50, type=kind))) == 8_000


def test_every_open_p1_and_every_reopening_costs() -> None:
    p1 = tickets(1, 80, severity="p1")
    assert value("support_friction", known(*p1)) == 4_000
    assert reading("support_friction", known(*p1)).records == ("ticket:s/80-0",)
    assert value("support_friction", known(*p1, *tickets(1, 81, severity="p1"))) == 0
    assert value("support_friction", known(*tickets(1, 80, severity="p1", solved_at=noon(79)))) == 10_000
    assert value("support_friction", known(*tickets(2, 10, reopened=2))) == 6_000


def test_where_no_ticket_was_ever_told_nobody_knows_of_friction() -> None:
    assert reading("support_friction", known()).because == "no ticket was ever told"


@pytest.mark.parametrize(("rating", "share"), [(1, 0), (2, 2_500), (3, 5_000), (5, 10_000)])
def test_the_latest_pulse_counts(rating: int, share: int) -> None:
    ratings = several(Pulse, {"at": noon(50), "rating": 4}, {"at": noon(20), "rating": rating})
    found = reading("csm_pulse", known(*ratings))
    assert (found.value, found.numbers, found.records) == (share, {"rating": rating}, ("pulse:s/2",))
    assert reading("csm_pulse", known(told(Pulse, at=noon(90), rating=5))).because is not None
