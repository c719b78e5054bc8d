"""What measures say, in words."""

from datetime import date

import pytest

from health_monitor.model.account import Account
from health_monitor.model.evidence import Evidence, Use
from health_monitor.model.measure import MEASURES
from health_monitor.model.score import FULL, Number, Reading
from health_monitor.score.measures import MEASURE
from health_monitor.score.said import FACTS, changed, fact, said

USE = Use(
    age=400, seen_days=400, index_now=40, index_30=40, index_60=60, index_90=80, baseline=0.5, active_30=14, new_90=1,
    daily=2, weekly=5, monthly=7, user_health=(80_000, 16), engaged=5, at_risk=6, dormant=5, features=("export",),
)  # fmt: skip


def test_every_measure_has_words():
    assert FACTS.keys() == MEASURES.keys()


@pytest.mark.parametrize("name", ["active_users", "login_frequency", "feature_depth", "user_health", "usage_trend"])
def test_the_words_fit_the_numbers_that_the_measure_gives(name: str):
    evidence = Evidence(
        day=date(2026, 6, 12), account=Account(account_id="acme", licensed_seats=20), use=USE,
        core_features=("export", "share"),
    )  # fmt: skip

    told = fact(name, MEASURE[name](evidence, MEASURES[name].settings))

    assert told == {
        "active_users": "14 of 20 seats active in 30 days",
        "login_frequency": "people who come daily: 2, weekly: 5, less often: 7",
        "feature_depth": "1 of 2 core features used; unused: share",
        "user_health": "users seen in 90 days: 16; engaged 5, at risk 6, dormant 5",
        "usage_trend": "40 active user-days in 14 days; a quarter ago 80",
    }[name]  # fmt: skip


@pytest.mark.parametrize(
    ("measure", "numbers", "words"),
    [
        ("champion", {"there": 1, "departed": 0, "silent_days": None}, "1 named, 0 departed, never heard from"),
        ("champion", {"there": 1, "departed": 2, "silent_days": 4}, "1 named, 2 departed, last heard from 4 days ago"),
        ("payment", {"days_overdue": 0}, "nothing is overdue"),
        ("contract", {"ended": "yes"}, "it has ended"),
        ("spend", {"before": "10000", "after": "9000", "change": -0.1}, "ARR 10,000 → 9,000 in 90 days (-10 %)"),
        ("feature_depth", {"used": 4, "core": 4, "unused": "none"}, "all 4 core features used"),
        ("roi_shown", {"shown": 0}, "never shown"),
        ("roi_shown", {"days_since": 1}, "last shown 1 day ago"),
        ("csat", {"answers": 1}, "mean of 1 answer"),
        ("csat", {"answers": 21}, "mean of 21 answers"),
        ("seat_heat", {"mean_heat": 0.123456}, "mean heat 0.1235"),
    ],
)  # fmt: skip
def test_the_words_follow_the_numbers(measure: str, numbers: dict[str, Number], words: str):
    assert fact(measure, Reading(FULL, numbers)) == words


def test_a_value_is_cut_to_tenths_as_everywhere():
    assert said("active_users", Reading(8_857, {"active": 31, "seats": 35})).startswith("Active users 88.5 of 100")


def test_a_measure_is_told_with_its_value_and_what_it_was_before():
    before, after = Reading(9_000, {"active": 18, "seats": 20}), Reading(7_000, {"active": 14, "seats": 20})

    assert said("active_users", after) == "Active users 70 of 100: 14 of 20 seats active in 30 days"
    assert (
        changed("active_users", before, after)
        == f"{said('active_users', after)}; was: 18 of 20 seats active in 30 days"
    )
