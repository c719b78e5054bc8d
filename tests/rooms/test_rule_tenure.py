"""The rule over an account's whole life: what a step drop needs, how fast silence shows, who is judged how."""

from datetime import date
from fractions import Fraction

import pytest

from health_monitor.model.config import Bundle, Profile
from health_monitor.model.usage import Basis, Drop, NoVerdict, Resolution, Rules, State
from health_monitor.usage.night import Medians, judge_night
from tests.builders import an_account
from tests.rooms.usages import EXCLUDING, START, START_DATE, a_life, flat_benchmark, happenings, lived, stretches
from tests.rooms.usages import the_rules as rules_with

INCLUDING = rules_with()


def fallen(to: int, rules: Rules) -> list[State]:
    """A year at a thousand users a day, then a month at another level; the last year is judged."""
    return lived(stretches((365, 1_000), (30, to)), rules)


def highest(states: list[State]) -> Drop:
    return max((state.verdict.drop for state in states), key=[Drop.NONE, Drop.MODERATE, Drop.SEVERE].index)


@pytest.mark.parametrize(
    ("level", "drop"), [(559, Drop.NONE), (558, Drop.MODERATE), (361, Drop.MODERATE), (360, Drop.SEVERE)]
)
def test_including_the_current_days_a_step_must_fall_by_44_1_percent_and_by_64_for_severe(
    level: int, drop: Drop
) -> None:
    assert highest(fallen(level, INCLUDING)) is drop


@pytest.mark.parametrize(
    ("level", "drop"), [(530, Drop.NONE), (529, Drop.MODERATE), (334, Drop.MODERATE), (333, Drop.SEVERE)]
)
def test_a_profile_may_compare_one_week_with_four(level: int, drop: Drop) -> None:
    assert highest(fallen(level, rules_with(index_days=7, baseline_days=28))) is drop


@pytest.mark.parametrize(
    ("level", "drop"), [(600, Drop.NONE), (599, Drop.MODERATE), (400, Drop.MODERATE), (399, Drop.SEVERE)]
)
def test_excluding_the_current_days_the_nominal_thresholds_are_the_real_ones(level: int, drop: Drop) -> None:
    assert highest(fallen(level, EXCLUDING)) is drop


@pytest.mark.parametrize(("rules", "opens", "escalates"), [(INCLUDING, 7, 9), (EXCLUDING, 6, 9)])
def test_total_silence_fires_on_day_7_and_is_severe_on_day_9(rules: Rules, opens: int, escalates: int) -> None:
    states = lived(stretches((200, 12), (20, 0)), rules)
    assert happenings(states) == [(199 + opens, "opened"), (199 + escalates, "escalated")]


def test_a_step_down_becomes_the_new_normal_and_a_dip_recovers() -> None:
    stepped = lived(stretches((200, 100), (100, 50)))
    dipped = lived(stretches((200, 100), (14, 50), (60, 100)))
    ends = [[s.episode.resolution for s in states if s.happened == "resolved"] for states in (stepped, dipped)]
    assert ends == [[Resolution.NEW_NORMAL], [Resolution.RECOVERED]]


def test_an_account_that_went_silent_for_good_ends_as_dormant_with_its_alert_open() -> None:
    states = lived(stretches((200, 1), (120, 0)))
    assert [states[day].verdict.reason for day in (199, 284, 285, 286, 319)] == [
        None, None, NoVerdict.DORMANT, NoVerdict.DORMANT, NoVerdict.DORMANT,
    ]  # fmt: skip
    assert states[-1].open is not None


@pytest.mark.parametrize(("rules", "own_from"), [(INCLUDING, 90), (EXCLUDING, 104)])
def test_an_account_is_judged_as_new_then_young_then_on_its_own(rules: Rules, own_from: int) -> None:
    bases = [state.verdict.basis for state in lived([10] * 120, rules, benchmark=flat_benchmark(100))]
    ages = {basis: [age for age, found in enumerate(bases) if found is basis] for basis in Basis}
    assert ages == {
        Basis.NEW_ACCOUNT: list(range(3, 30)),
        Basis.BLENDED: list(range(30, own_from)),
        Basis.OWN: list(range(own_from, 120)),
    }


@pytest.mark.parametrize(
    ("cumulative", "drop"),
    [(60, Drop.NONE), (59, Drop.MODERATE), (40, Drop.MODERATE), (39, Drop.SEVERE), (0, Drop.SEVERE)],
)
@pytest.mark.parametrize("age", [3, 29])
def test_new_accounts_are_held_against_the_cumulative_use_of_similar_ones(
    age: int, cumulative: int, drop: Drop
) -> None:
    state = lived([cumulative] + [0] * age, benchmark=flat_benchmark(100))[age]
    assert (state.verdict.drop, state.verdict.basis) == (drop, Basis.NEW_ACCOUNT)
    assert Fraction(state.verdict.baseline_num, state.verdict.baseline_den) == Fraction(100, age + 1)
    assert state.verdict.index == cumulative / (age + 1)


def test_zero_use_is_a_verdict_and_not_a_missing_one() -> None:
    states = lived([0] * 30, benchmark=flat_benchmark(100))
    assert happenings(states) == [(3, "opened")]
    assert states[3].verdict.reason is None
    assert states[29].verdict.drop is Drop.SEVERE


def test_nobody_is_judged_before_day_three() -> None:
    assert {s.verdict.reason for s in lived([0] * 3, benchmark=flat_benchmark(100))} == {NoVerdict.TOO_NEW}


@pytest.mark.parametrize("age", [3, 29, 30, 89])
def test_without_a_benchmark_there_is_no_verdict(age: int) -> None:
    assert lived([10] * 90)[age].verdict.reason is NoVerdict.NO_BENCHMARK


def test_a_benchmark_of_nothing_judges_no_newcomer() -> None:
    assert lived([0] * 10, benchmark=flat_benchmark(0))[9].verdict.reason is NoVerdict.NO_BENCHMARK


@pytest.mark.parametrize(
    ("rules", "age", "baseline"),
    [
        (INCLUDING, 30, Fraction(31 * 10 + 59 * 5, 90)),
        (INCLUDING, 60, Fraction(61 * 10 + 29 * 5, 90)),
        (INCLUDING, 89, Fraction(10)),
        (EXCLUDING, 30, Fraction(17 * 10 + 73 * 5, 90)),
        (EXCLUDING, 89, Fraction(76 * 10 + 14 * 5, 90)),
        (EXCLUDING, 103, Fraction(10)),
    ],
)
def test_a_young_account_weighs_its_own_days_in_ninetieths(rules: Rules, age: int, baseline: Fraction) -> None:
    """Ten people, all active every day; similar accounts' people are active every other day, so they would be five."""
    verdict = lived([10] * 104, rules, benchmark=flat_benchmark(1, 2))[age].verdict
    assert verdict.basis is Basis.BLENDED
    assert Fraction(verdict.baseline_num, verdict.baseline_den) == baseline


def test_a_young_account_that_nobody_uses_any_more_has_no_baseline_of_its_own() -> None:
    verdict = lived([4] + [0] * 30, benchmark=flat_benchmark(1, 2))[30].verdict
    assert verdict.reason is NoVerdict.DORMANT
    patient = rules_with(dormant_days=31)
    verdict = lived([4] + [0] * 30, patient, benchmark=flat_benchmark(1, 2))[30].verdict
    assert verdict.reason is NoVerdict.INSUFFICIENT_BASELINE


def test_events_are_judged_by_their_number_and_eligible_by_their_people() -> None:
    by_events = rules_with(by_events=True)
    states = lived([1] * 220, by_events, events=stretches((200, 50), (20, 5)))
    assert [drop for _, drop in happenings(states)] == ["opened", "escalated"]
    assert happenings(lived([1] * 220, INCLUDING, events=stretches((200, 50), (20, 5)))) == []
    rare = lived([1, 1, 1, 1] + [0] * 96, by_events, events=[1_000] * 4 + [0] * 96)
    assert rare[95].verdict.reason is NoVerdict.DORMANT


def test_seat_changes_never_move_the_ratio() -> None:
    config = Bundle(profiles=(Profile(name="all"),))
    series = a_life(stretches((150, 20), (30, 6)))

    def states(seats: list[int | None]) -> list[State]:
        found: list[State] = []
        for age, licensed in enumerate(seats):
            judged = judge_night(
                an_account(usage_start=START_DATE, licensed_seats=licensed), series, found[-1] if found else None,
                Medians({}, {}), config, date.fromordinal(START + age), None,
            )  # fmt: skip
            assert judged is not None
            found.append(judged.state)
        return found

    steady = states([None] * 180)
    assert states([50] * 100 + [5_000] * 50 + [1] * 29 + [0]) == steady
    assert [what for _, what in happenings(steady)] == ["opened", "escalated"]


def test_days_before_the_data_are_unknown_and_no_silence() -> None:
    """Began long ago, seen for 20 days only: judged on those days, not on a year of zeros."""
    states = lived([0] * 300 + [7] * 20, seen_from=300)
    assert [s.day - START for s in states] == list(range(300, 320))
    assert {(s.verdict.basis, s.verdict.ratio) for s in states} == {(Basis.OWN, 1.0)}


@pytest.mark.parametrize("seen_from", [3, 16])
def test_a_newcomer_whose_first_days_were_not_seen_has_no_verdict(seen_from: int) -> None:
    states = lived([5] * 30, seen_from=seen_from, benchmark=flat_benchmark(100))
    assert {s.verdict.reason for s in states} == {NoVerdict.INSUFFICIENT_BASELINE}
