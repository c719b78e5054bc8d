"""What all accounts together say at the end of a night."""

import pytest

from health_monitor.usage.benchmark import Ledger
from health_monitor.usage.summary import summarise_night
from tests.rooms.portfolios import CONFIG, Company, day
from tests.rooms.usages import stretches


def test_a_night_counts_the_judged_and_the_reasons_for_no_verdict() -> None:
    company = Company()
    company.joins("new", 99, [5])
    company.joins("unlike anybody", 80, [5] * 20)
    company.joins("steady", 0, [5] * 100)
    company.joins("asleep", 0, stretches((1, 4), (99, 0)))
    company.joins("gone", 0, [5] * 100, churn_date=day(50))
    night = company.nights(99, 99).summaries[day(99)]
    assert night.judged == 4
    assert night.no_verdict == {"too_new": 1, "no_benchmark": 1, "dormant": 1}
    assert night.incident is None


def test_a_night_leaves_benchmarks_for_tomorrow_and_not_for_itself() -> None:
    company = Company()
    for n in range(6):
        company.joins(f"a{n}", 0 if n < 5 else 1, [5 + n] * 20)
    nights = company.nights(0, 4)
    assert nights.summaries[day(2)].medians["benchmarks"] == {}
    third = nights.summaries[day(3)].medians["benchmarks"]
    assert third["smb/active_user_days cumulative 3"] == [28, 1, 5, "smb/active_user_days"]
    assert nights.states["a4"].verdict.reason == "no_benchmark"
    assert nights.states["a5"].verdict.reason is None


def test_medians_per_seat_are_by_segment() -> None:
    company = Company()
    for n, (segment, seats) in enumerate((("smb", 10), ("smb", 40), ("big", 20), ("big", None))):
        company.joins(f"a{n}", 0, [8] * 20, segment=segment, licensed_seats=seats)
    medians = company.nights(19, 19).summaries[day(19)].medians
    assert medians["per_seat"] == {"big/active_user_days": 0.4, "smb/active_user_days": 0.5}


def test_a_fall_of_the_whole_portfolio_is_an_incident_in_words() -> None:
    company = Company()
    for n in range(20):
        company.joins(f"a{n}", 0, stretches((50, 10), (5, 0)))
    nights = company.nights(51, 52)
    assert nights.summaries[day(51)].incident is None, "12 of 14 days are 85 %"
    assert nights.summaries[day(52)].incident == "portfolio_drop: median 79% of a week ago over 20 accounts"


@pytest.mark.parametrize(("late", "said"), [(["crm", "app"], "source_late: app, crm"), ([], None)])
def test_a_late_source_is_an_incident_whatever_the_numbers_say(late: list[str], said: str | None) -> None:
    assert summarise_night([], Ledger(), late, CONFIG, day(0)).incident == said


def test_a_late_source_explains_a_fall() -> None:
    company = Company()
    for n in range(20):
        company.joins(f"a{n}", 0, stretches((50, 10), (5, 0)))
    nights = company.nights(52, 52)
    assert nights.run(day(53), late=["app"]).incident == "source_late: app"
