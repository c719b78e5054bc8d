"""One account on one night, and the line the night keeps of it."""

import json

import pytest

from health_monitor.model.account import Match
from health_monitor.model.config import Bundle, Profile
from health_monitor.model.usage import Benchmark, Drop, NoVerdict, Series, State
from health_monitor.usage.benchmark import Point
from health_monitor.usage.night import Judged, Medians, judge_night, line, line_state, point_of, variant
from tests.builders import an_account
from tests.rooms.portfolios import CONFIG, day
from tests.rooms.usages import EXCLUDING, START, a_life, the_rules

NOTHING = Medians({}, {})


def judged(
    on: int, users: list[int] | None = None, *, before: State | None = None, medians: Medians = NOTHING,
    data_from: int | None = None, config: Bundle = CONFIG, **known: object,
) -> Judged | None:  # fmt: skip
    series = a_life(users) if users else None
    seen = None if data_from is None else day(data_from)
    return judge_night(an_account(**({"usage_start": day(0)} | known)), series, before, medians, config, day(on), seen)


def the_line(on: int, users: list[int], medians: Medians = NOTHING, **known: object) -> dict[str, object]:
    found = judged(on, users, medians=medians, **known)
    assert found is not None
    named = line(found, found.state, medians, CONFIG)
    assert json.loads(json.dumps(named)) == named, "a line is JSON and nothing else"
    return named


@pytest.mark.parametrize(
    ("on", "known"),
    [
        (-1, {}),
        (10, {"churn_date": day(10)}),
        (10, {"observed_until": day(9)}),
        (10, {"usage_start": None}),
    ],
)
def test_outside_its_tenure_an_account_is_not_judged(on: int, known: dict[str, object]) -> None:
    assert judged(on, **known) is None


def test_before_the_data_begin_an_old_account_is_not_judged() -> None:
    assert judged(99, [1] * 200, data_from=100) is None
    first = judged(100, [1] * 200, data_from=100)
    assert first is not None
    assert (first.sums.age, first.sums.seen_days) == (100, 1)


def test_the_last_day_of_an_account_is_the_one_before_it_left() -> None:
    assert judged(9, [1] * 20, churn_date=day(10)) is not None


def test_a_night_goes_on_from_the_state_before() -> None:
    fallen = [10] * 200 + [0] * 20
    opened = judged(206, fallen)
    assert opened is not None
    later = judged(208, fallen, before=opened.state)
    assert later is not None
    assert later.state.episode is not None
    assert later.state.episode.opened_on == START + 206
    assert later.state.happened == "escalated"


def test_benchmarks_are_those_the_night_before_left_behind() -> None:
    own = {"smb/active_user_days cumulative 10": Benchmark(100, 1, 5, "smb/active_user_days")}
    whole = {"*/active_user_days cumulative 10": Benchmark(10, 1, 9, "*/active_user_days")}
    for benchmarks, drop in ((own | whole, Drop.SEVERE), (whole, Drop.NONE)):
        found = judged(10, [1] * 11, medians=Medians(benchmarks, {}))
        assert found is not None
        assert found.state.verdict.drop is drop
    found = judged(10, [1] * 11)
    assert found is not None
    assert found.state.verdict.reason is NoVerdict.NO_BENCHMARK


def test_medians_are_read_as_they_were_written() -> None:
    written = {"benchmarks": {"smb/events per_user 40": [1, 2, 7, "smb/events"]}, "per_seat": {"smb/events": 0.5}}
    medians = Medians.load(json.loads(json.dumps(written)))
    assert medians.benchmarks == {"smb/events per_user 40": Benchmark(1, 2, 7, "smb/events")}
    assert medians.per_seat == {"smb/events": 0.5}
    assert Medians.load({}) == NOTHING


def test_a_line_has_what_the_rest_of_the_night_needs() -> None:
    named = the_line(40, [10] * 41, Medians({}, {"smb/active_user_days": 0.2}), licensed_seats=20, tier="enterprise")
    assert named["account_id"] == "acme"
    assert (named["profile"], named["scope"]) == ("all", "smb/active_user_days")
    assert named["variant"] == "active_user_days, baseline includes the current 14 days"
    assert (named["counts"], named["shift"], named["high_value"]) == ([10, 10, 0], 10_000, True)
    assert (named["index_per_seat"], named["usage_index"]) == (0.5, 2.5)
    assert point_of(named) == Point("smb/active_user_days", "per_user", 40, 1, 1)
    assert line_state(named).day == START + 40


def test_unknown_stays_unknown_in_a_line() -> None:
    named = the_line(1, [10, 10])
    unknown = ("point", "shift", "index_per_seat", "usage_index", "happened")
    assert [named[name] for name in unknown] == [None] * 5
    assert point_of(named) is None
    assert the_line(1, [10, 10], licensed_seats=0)["index_per_seat"] is None
    assert the_line(1, [10, 10], licensed_seats=10)["usage_index"] is None


@pytest.mark.parametrize(("on", "counts"), [(0, [7, 2, 2]), (1, [7, 2, 0]), (2, [0, 0, 0])])
def test_a_line_keeps_the_days_counts_and_zeros_after_the_last(on: int, counts: list[int]) -> None:
    series = Series(START, [7, 7], [2, 2], [2, 0])
    found = judge_night(an_account(usage_start=day(0)), series, None, NOTHING, CONFIG, day(on), None)
    assert found is not None
    assert line(found, found.state, NOTHING, CONFIG)["counts"] == counts


def test_an_account_without_any_event_has_zeros_and_a_verdict() -> None:
    benchmarks = {"smb/active_user_days cumulative 10": Benchmark(100, 1, 5, "smb/active_user_days")}
    found = judged(10, medians=Medians(benchmarks, {}))
    assert found is not None
    named = line(found, found.state, NOTHING, CONFIG)
    assert (named["counts"], named["happened"]) == ([0, 0, 0], "opened")
    assert point_of(named) == Point("smb/active_user_days", "cumulative", 10, 0, 1)


def test_counts_before_the_first_event_are_zeros() -> None:
    series = Series(START + 5, [7], [2], [2])
    found = judge_night(an_account(usage_start=day(0)), series, None, NOTHING, CONFIG, day(3), None)
    assert found is not None
    assert line(found, found.state, NOTHING, CONFIG)["counts"] == [0, 0, 0]


def test_the_profile_of_the_account_decides() -> None:
    config = Bundle(profiles=(Profile(name="gold", when=Match(tier=("gold",)), activity="events"), Profile(name="all")))
    names = [found.rules.profile for tier in ("gold", "tin") if (found := judged(5, [1] * 9, tier=tier, config=config))]
    assert names == ["gold", "all"]


def test_the_variant_names_the_reading() -> None:
    assert variant(EXCLUDING) == "active_user_days, baseline excludes the current 14 days"
    assert variant(the_rules(by_events=True)) == "events, baseline includes the current 14 days"


def test_the_index_per_seat_of_a_short_life_is_over_its_days() -> None:
    assert the_line(3, [6] * 4, licensed_seats=12)["index_per_seat"] == 0.5
