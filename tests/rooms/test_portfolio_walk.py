"""A portfolio's whole history in one pass: who is compared with whom, what is held back, and the nights it equals."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from health_monitor.model.account import Match
from health_monitor.model.config import Bundle, DataIncident, Profile
from health_monitor.model.replay import CODES, NO_RATIO, Walk
from health_monitor.model.usage import Basis, Drop
from health_monitor.usage.portfolio import Walked, replay_portfolio, seat_medians
from tests.rooms.portfolios import CONFIG, Company, a_random_company, day
from tests.rooms.usages import START, stretches


def walk_of(walked: Walked, name: str) -> Walk:
    return next(walk for walk in walked.replay.walks if walk.account.account_id == name)


def words(walk: Walk) -> list[str]:
    return [CODES[code] for code in walk.codes]


def cohort(company: Company, size: int, *, on: int = 0, users: int = 10, **known: object) -> None:
    for n in range(size):
        company.joins(f"{known.get('segment', 'smb')}{on}-{n}", on, [users] * 40, **known)


@pytest.mark.parametrize(("earlier", "said"), [(4, "no_benchmark"), (5, "moderate")])
def test_a_newcomer_is_judged_once_five_accounts_passed_that_day_before(earlier: int, said: str) -> None:
    company = Company()
    cohort(company, earlier)
    company.joins("newcomer", 1, [5] * 20)
    assert words(walk_of(company.replay(20), "newcomer")) == ["too_new"] * 3 + [said] * 17


def test_accounts_that_start_on_the_same_day_say_nothing_about_each_other() -> None:
    company = Company()
    cohort(company, 20)
    assert {word for walk in company.replay(20).replay.walks for word in words(walk)} == {"too_new", "no_benchmark"}


def test_four_of_the_own_segment_and_one_of_another_make_a_portfolio() -> None:
    company = Company()
    cohort(company, 4)
    cohort(company, 1, segment="enterprise", users=1)
    company.joins("newcomer", 1, [5] * 20)
    assert words(walk_of(company.replay(20), "newcomer"))[3] == "moderate"


def test_five_of_the_own_segment_are_not_mixed_with_the_portfolio() -> None:
    company = Company()
    cohort(company, 5)
    cohort(company, 50, segment="enterprise", users=5)
    company.joins("newcomer", 1, [5] * 20)
    assert words(walk_of(company.replay(20), "newcomer"))[3] == "moderate"


def test_an_account_that_left_is_compared_with_until_its_last_day() -> None:
    company = Company()
    cohort(company, 5, churn_date=day(10))
    company.joins("newcomer", 1, [10] * 20)
    assert words(walk_of(company.replay(20), "newcomer")) == (
        ["too_new"] * 3 + ["none"] * 7 + ["no_benchmark"] * 10
    )  # fmt: skip


def test_accounts_seen_only_from_the_middle_of_their_tenure_are_compared_with_by_nobody() -> None:
    company = Company()
    for n in range(9):
        company.joins(f"old{n}", -20, [10] * 60)
    company.joins("newcomer", 1, [5] * 40)
    walked = company.replay(40, data_from=0)
    assert walk_of(walked, "old0").start == START
    assert set(words(walk_of(walked, "newcomer"))) == {"too_new", "no_benchmark"}
    assert "moderate" in words(walk_of(company.replay(40), "newcomer"))


def test_each_unit_of_activity_has_its_own_benchmark() -> None:
    """Everybody has three events a user-day; a profile that counts events is held against events only."""
    config = Bundle(
        profiles=(Profile(name="events", when=Match(tier=("gold",)), activity="events"), Profile(name="rest"))
    )
    company = Company()
    cohort(company, 5)
    cohort(company, 5, on=1, tier="gold", segment="gold")
    company.joins("newcomer", 2, [5] * 20, tier="gold")
    walked = company.replay(20, config=config)
    assert set(words(walk_of(walked, "gold1-0"))) == {"too_new", "no_benchmark"}
    assert words(walk_of(walked, "newcomer"))[3] == "moderate"


def test_a_walk_holds_each_day_its_verdict_and_ratio() -> None:
    company = Company()
    cohort(company, 5)
    company.joins("busy", 1, [1_000] * 4)
    company.joins("half", 1, [5] * 4)
    walked = company.replay(4)
    half = walk_of(walked, "half")
    assert (half.start, half.end, half.account.account_id) == (START + 1, START + 4, "half")
    assert list(half.ratios) == [NO_RATIO] * 3 + [5_000]
    assert list(walk_of(walked, "busy").ratios)[3] == NO_RATIO - 1
    assert half.last is not None
    assert half.last.verdict.basis is Basis.NEW_ACCOUNT


def test_ended_and_open_episodes_are_all_kept_in_order() -> None:
    company = Company()
    company.joins("acme", 0, stretches((200, 10), (14, 2), (90, 10), (20, 0)))
    walk = walk_of(company.replay(323), "acme")
    assert [(e.opened_on - START, e.highest, e.resolved_on is None) for e in walk.episodes] == [
        (207, Drop.SEVERE, False), (310, Drop.SEVERE, True),
    ]  # fmt: skip
    assert walk.last is not None
    assert walk.last.open == walk.episodes[-1]


def test_accounts_that_were_never_there_are_named_and_not_judged() -> None:
    company = Company()
    company.joins("future", 30, [1] * 5)
    company.joins("left before", 5, [1] * 5, churn_date=day(5))
    company.joins("left before the data", -100, [1] * 50, churn_date=day(-10))
    company.joins("nothing known", 0, [], usage_start=None)
    company.joins("one day", 5, [1], churn_date=day(6))
    replay = company.replay(20, data_from=0).replay
    assert [account.account_id for account in replay.never_judged] == [
        "future", "left before", "left before the data", "nothing known",
    ]  # fmt: skip
    assert [(walk.start, walk.end) for walk in replay.walks] == [(START + 5, START + 5)]


def test_an_empty_portfolio_is_a_replay_too() -> None:
    replay = replay_portfolio([], {}, CONFIG, day(9)).replay
    assert (replay.walks, replay.first_day, replay.last_day) == ([], START + 9, START + 9)
    assert replay.config == CONFIG.version


def test_progress_is_told_account_by_account() -> None:
    company, done = Company(), list[int]()
    cohort(company, 3)
    replay_portfolio(company.accounts, company.series, CONFIG, day(5), progress=done.append)
    assert done == [1, 2, 3]


def test_when_everybody_falls_at_once_the_alerts_are_marked_and_the_episodes_stay() -> None:
    company = Company()
    for n in range(20):
        tier = "enterprise" if n == 0 else "standard"
        company.joins(f"a{n:02d}", 0, stretches((200, 10), (30, 0)), tier=tier)
    walked = company.replay(229)
    opened, severe = START + 206, START + 208
    assert {(e.opened_on, e.escalated_on) for walk in walked.replay.walks for e in walk.episodes} == {(opened, severe)}
    assert walked.replay.suppressed == {(f"a{n:02d}", opened) for n in range(20)}
    assert walked.replay.incidents[opened].median == 5_000
    assert min(walked.replay.incidents) == START + 202, "the third silent day: 11 of 14 days are left, 78 %"
    fewer = CONFIG.model_copy(update={"data_incident": DataIncident(min_accounts=21)})
    assert not company.replay(229, config=fewer).replay.suppressed


def test_a_severe_alert_of_a_high_value_account_is_never_marked() -> None:
    """A burst on day 190 leaves everybody's fortnight on day 204 and stays in the 90 days: 1 a day against 12."""
    company = Company()
    for n in range(20):
        tier = "strategic" if n == 0 else "standard"
        company.joins(f"a{n:02d}", 0, stretches((190, 1), (1, 1_000), (20, 1)), tier=tier)
    replay = company.replay(210).replay
    assert {(e.opened_on, e.usage_drop) for walk in replay.walks for e in walk.episodes} == {(START + 204, Drop.SEVERE)}
    assert replay.suppressed == {(f"a{n:02d}", START + 204) for n in range(1, 20)}


def test_the_median_index_per_seat_leaves_out_accounts_without_seats() -> None:
    company = Company()
    for n, seats in enumerate((10, 20, 40, None, 0)):
        company.joins(f"a{n}", 0, [8] * 30, licensed_seats=seats)
    walked = company.replay(29)
    assert seat_medians(walked.replay.walks, CONFIG) == {"smb/active_user_days": 0.4}


@settings(max_examples=3)
@given(st.integers(0, 10_000))
def test_the_nights_one_by_one_judge_as_the_replay_does(seed: int) -> None:
    config = Bundle(
        profiles=(
            Profile(name="mid", when=Match(segment=("mid market",)), activity="events", baseline="exclude_current"),
            Profile(name="rest"),
        ),
        benchmark_min_accounts=3,
        data_incident=DataIncident(min_accounts=5),
    )
    company = a_random_company(seed, accounts=10, days=125)
    walked = company.replay(124, config=config, data_from=0)
    nights = company.nights(-14, 124, config, data_from=0)
    for walk in walked.replay.walks:
        assert nights.states[walk.account.account_id] == walk.last
    assert nights.suppressed == walked.replay.suppressed
    assert {d for d, night in nights.summaries.items() if night.incident} == {
        date.fromordinal(d) for d in walked.replay.incidents
    }
    assert list(nights.summaries[day(124)].ledger.dump()) == list(walked.ledger.dump())
