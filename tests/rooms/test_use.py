"""What an account's use was on a day, from what is stored or from its events: both must say the same."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from health_monitor.ingest.histories import build_history
from health_monitor.model.evidence import Use
from health_monitor.model.intake import Intake
from health_monitor.model.usage import FEATURES_KEPT, History, Series, UsageEvent
from health_monitor.score.use import use_of, walk_use
from tests.rooms.usages import START

Events = list[tuple[int, str, str]]
CORE = ("alarm", "export", "report")

EVENTS: st.SearchStrategy[Events] = st.lists(
    st.tuples(
        st.one_of(st.integers(0, 45), st.integers(0, 220)).map(lambda day: START + day),
        st.sampled_from("abcd"),
        st.sampled_from(["alarm", "export", "report", "zoom"]),
    ),
    min_size=1,
    max_size=80,
)


def stored(events: Events) -> History | None:
    rows = [UsageEvent("acme", user, feature, f"day {day}", day, 1) for day, user, feature in events]
    return build_history("acme", [rows], None, START + 400, Intake())


def use_on(day: int, events: Events, core: Sequence[str] = CORE, keys: frozenset[str] = frozenset()) -> Use:
    found = stored(events)
    assert found is not None
    return use_of(found.series, found.users, START, START, START + day, core, keys, None)


def on(days: Sequence[int], user: str = "a", feature: str = "report") -> Events:
    return [(START + day, user, feature) for day in days]


@given(EVENTS, st.integers(0, 100), st.frozensets(st.sampled_from("abcd")))
def test_walking_the_events_tells_of_every_day_what_the_stored_entries_told_then(
    events: Events, seen_from: int, keys: frozenset[str]
) -> None:
    days = range(START, START + 240, 7)
    walked = dict(walk_use(sorted(events), START, START + seen_from, days, CORE, keys))
    told = {
        day: use_of(found.series, found.users, START + seen_from, START, day, CORE, keys, None)
        for day in days
        if (found := stored([event for event in events if event[0] <= day]))
    }
    assert walked == told


@given(EVENTS, st.integers(0, 240))
def test_what_came_after_the_day_does_not_change_how_much_was_used_before(events: Events, day: int) -> None:
    before = [event for event in events if event[0] <= START + day]
    if not before:
        return
    then, now = use_on(day, before), use_on(day, events)
    assert (now.index_now, now.index_30, now.index_90) == (then.index_now, then.index_30, then.index_90)
    assert (now.age, now.seen_days) == (then.age, then.seen_days)
    assert then.active_30 >= now.active_30


def test_the_same_event_twice_is_walked_as_one() -> None:
    once, twice = on([0, 3]), sorted(on([0, 3]) * 2)
    days = [START + 10]
    assert list(walk_use(once, START, START, days, CORE, frozenset())) == list(
        walk_use(twice, START, START, days, CORE, frozenset())
    )


def test_of_days_before_the_first_event_nothing_is_known() -> None:
    days = [START, START + 7, START + 14]
    assert [day for day, _ in walk_use(on([7]), START, START, days, CORE, frozenset())] == days[1:]


def test_an_index_is_a_fortnight_of_active_user_days_and_unknown_before_all_of_it_was_seen() -> None:
    use = use_on(43, on(range(44)) + on([40, 41], "b"))
    assert (use.index_now, use.index_30, use.index_60, use.index_90) == (16, 14, None, None)
    assert use_on(42, on(range(44))).index_30 is None
    assert use_on(5, on(range(44))).index_now == 6


def test_users_are_told_apart_by_how_often_they_come() -> None:
    events = on(range(6, 20, 1), "daily") + on([7, 14], "weekly") + on([0], "monthly") + on([-11], "gone")
    use = use_on(19, events)
    assert (use.active_30, use.daily, use.weekly, use.monthly) == (3, 1, 1, 1)
    assert (use.engaged, use.at_risk, use.dormant, use.new_90) == (2, 1, 1, 4)
    assert use.user_health[1] == 4


def test_features_are_those_that_anybody_used_in_thirty_days() -> None:
    events = on([0], "a", "alarm") + on([1], "b", "export") + on([30], "a", "report")
    assert use_on(30, events).features == ("export", "report")


def test_a_key_user_is_told_of_however_long_ago_they_were_last_there() -> None:
    use = use_on(200, on([0, 1, 2], "sponsor") + on([200]), keys=frozenset({"sponsor", "never seen"}))
    assert [(user.user_id, user.silent_days, user.usual_14) for user in use.key_users] == [("sponsor", 198, 3)]
    assert use.user_health[1] == 1


def test_of_very_many_features_the_last_ones_are_kept_from_either_side() -> None:
    events = [(START + at // 30, "a", f"feature {at}") for at in range(90)]
    walked = dict(walk_use(events, START, START, [START + 3], (), frozenset()))[START + 3]
    assert walked == use_on(3, events, core=())
    assert len(walked.features) == FEATURES_KEPT


def test_an_account_nobody_has_come_back_to_has_no_use_left() -> None:
    use = use_of(Series(START, [3], [1], [1]), (), START, START, START + 103, CORE, frozenset(), 0.0)
    assert (use.index_now, use.index_90, use.active_30, use.features, use.baseline) == (0, 1, 0, (), 0.0)
