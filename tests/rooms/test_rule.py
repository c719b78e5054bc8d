"""One account's alert: when it opens, grows, and is over. 840 of 14 days against 100 a day is exactly 60 %."""

import pytest

from health_monitor.model.usage import Basis, Drop, Resolution, Thresholds, Verdict
from health_monitor.usage.rule import judge, step
from tests.rooms.usages import START, days_of, happenings, mature, the_rules

STEADY, SIXTY, FORTY, SEVENTY = 1_400, 840, 560, 980


@pytest.mark.parametrize(
    ("index_sum", "drop"),
    [
        (STEADY, Drop.NONE),
        (SIXTY, Drop.NONE),
        (SIXTY - 1, Drop.MODERATE),
        (FORTY, Drop.MODERATE),
        (FORTY - 1, Drop.SEVERE),
        (0, Drop.SEVERE),
    ],
)
def test_equality_goes_to_the_milder_side(index_sum: int, drop: Drop) -> None:
    assert judge(mature(index_sum), None, the_rules()).drop is drop


def test_an_alert_opens_on_the_first_day_below_sixty_percent() -> None:
    states = days_of(STEADY, SIXTY, SIXTY - 1, SIXTY - 1)
    assert [state.happened for state in states] == [None, None, "opened", None]
    assert states[-1].open is not None
    assert states[-1].open.opened_on == START + 202


def test_an_alert_may_be_born_severe_and_then_never_escalates() -> None:
    states = days_of(STEADY, FORTY - 1, 0, 100)
    assert [state.happened for state in states] == [None, "opened", None, None]
    assert states[-1].open is not None
    assert (states[-1].open.usage_drop, states[-1].open.escalated_on) == (Drop.SEVERE, None)


def test_a_moderate_alert_escalates_once_and_is_not_raised_again() -> None:
    states = days_of(SIXTY - 1, FORTY - 1, FORTY, FORTY - 1)
    episode = states[-1].open
    assert [state.happened for state in states] == ["opened", "escalated", None, None]
    assert episode is not None
    assert (episode.usage_drop, episode.highest, episode.escalated_on) == (Drop.MODERATE, Drop.SEVERE, START + 201)


@pytest.mark.parametrize("between", [SIXTY, SIXTY + 1, SEVENTY - 1])
def test_between_sixty_and_seventy_percent_an_alert_stays_open(between: int) -> None:
    assert [state.happened for state in days_of(SIXTY - 1, between, between)] == ["opened", None, None]


@pytest.mark.parametrize("between", [SIXTY, SEVENTY - 1])
def test_between_sixty_and_seventy_percent_no_alert_opens(between: int) -> None:
    assert days_of(STEADY, between)[-1].episode is None


def test_seventy_percent_exactly_closes() -> None:
    states = days_of(SIXTY - 1, SEVENTY)
    assert [state.happened for state in states] == ["opened", "resolved"]
    assert states[-1].episode is not None
    assert states[-1].episode.resolved_on == START + 201


def test_a_severe_alert_closes_at_seventy_percent_too() -> None:
    assert happenings(days_of(0, SIXTY, SEVENTY)) == [(200, "opened"), (202, "resolved")]


def test_a_resolved_episode_is_forgotten_and_a_new_one_has_its_own_day() -> None:
    states = days_of(SIXTY - 1, SEVENTY, STEADY, SIXTY - 1)
    assert states[2].episode is None
    assert states[3].open is not None
    assert states[3].open.opened_on == START + 203


def test_recovered_means_back_to_seventy_percent_of_the_opening_baseline() -> None:
    opened = days_of(SIXTY - 1)[0]
    risen = step(opened, mature(SEVENTY, own_sum=9_000, day=START + 201), None, the_rules())
    assert risen.episode is not None
    assert risen.episode.resolution is Resolution.RECOVERED


def test_a_baseline_that_came_down_to_the_usage_makes_a_new_normal() -> None:
    opened = days_of(SIXTY - 1)[0]
    sunk = step(opened, mature(SEVENTY - 1, own_sum=8_990, day=START + 250), None, the_rules())
    assert sunk.verdict.drop is Drop.NONE
    assert sunk.episode is not None
    assert (sunk.episode.resolution, sunk.episode.resolved_on) == (Resolution.NEW_NORMAL, START + 250)


def test_the_opening_numbers_stay_with_the_episode() -> None:
    states = days_of(839, 500, 500)
    assert states[-1].open is not None
    opening = states[-1].open.opening
    assert opening == Verdict(Drop.MODERATE, None, Basis.OWN, 839, 14, 9_000, 90)
    assert (opening.index, opening.baseline) == (839 / 14, 100.0)
    assert opening.ratio == pytest.approx(0.5992857)


@pytest.mark.parametrize("silence", [0, 29])
def test_a_day_without_a_verdict_keeps_the_episode(silence: int) -> None:
    opened = days_of(SIXTY - 1)[0]
    unjudged = step(
        opened, mature(0, own_sum=4, own_user_days=4, day=START + 201, silent_days=silence), None, the_rules()
    )
    assert unjudged.verdict.reason == "insufficient_baseline"
    assert (unjudged.episode, unjudged.happened, unjudged.verdict.ratio) == (opened.episode, None, None)
    closed = step(unjudged, mature(SEVENTY, day=START + 202), None, the_rules())
    assert closed.happened == "resolved"


def test_a_day_without_a_verdict_opens_nothing() -> None:
    assert step(None, mature(0, own_user_days=4), None, the_rules()).episode is None


def test_fewer_than_five_active_user_days_are_no_baseline() -> None:
    assert judge(mature(0, own_sum=5, own_user_days=5), None, the_rules()).reason is None
    assert judge(mature(0, own_sum=4, own_user_days=4), None, the_rules()).reason == "insufficient_baseline"


@pytest.mark.parametrize(("silent_days", "reason"), [(29, "insufficient_baseline"), (30, "dormant"), (400, "dormant")])
def test_an_account_without_baseline_and_silent_for_thirty_days_is_dormant(silent_days: int, reason: str) -> None:
    assert judge(mature(0, own_sum=4, own_user_days=4, silent_days=silent_days), None, the_rules()).reason == reason


def test_each_age_has_its_own_thresholds() -> None:
    strict = Thresholds(9_000, 8_000, 9_500)
    assert days_of(1_259, 1_329, 1_330, rules=the_rules(mature=strict))[-1].happened == "resolved"
    assert days_of(1_259, rules=the_rules(young=strict, new=strict))[0].episode is None
    assert days_of(1_119, rules=the_rules(mature=strict))[0].verdict.drop is Drop.SEVERE


def test_many_events_are_compared_as_exactly_as_few() -> None:
    large = 10**15
    assert judge(mature(840 * large, 9_000 * large), None, the_rules()).drop is Drop.NONE
    assert judge(mature(840 * large - 1, 9_000 * large), None, the_rules()).drop is Drop.MODERATE
