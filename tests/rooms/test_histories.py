"""From rows to a history: whatever the order and however often a row comes, the history is the same."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from health_monitor.ingest.histories import build_history, build_series
from health_monitor.model.intake import Intake
from health_monitor.model.usage import History, Series, UsageEvent, UserUse
from tests.rooms.usages import START

ROWS = st.lists(
    st.builds(
        lambda user, event, day, n: use(user, day, event, n),
        st.sampled_from("abc"),
        st.sampled_from(["report", "export"]),
        st.integers(0, 40),
        st.integers(1, 5),
    ),
    min_size=1,
    max_size=60,
)


def use(
    user: str = "a", day: int = 0, event: str = "report", n: int = 1, at: str | None = None, session: int | None = None
) -> UsageEvent:
    return UsageEvent("acme", user, event, at or f"day {day:03d}", START + day, n, "", session)


def history(*rows: UsageEvent, first: int | None = None, last: int = START + 400) -> tuple[History | None, Intake]:
    intake = Intake()
    return build_history("acme", [list(rows)], first, last, intake), intake


def test_a_day_counts_its_uses_its_users_and_those_never_seen_before() -> None:
    found, _ = history(use("a", 0, n=3), use("b", 0), use("a", 2), use("a", 2, "export"), use("c", 2))
    assert found is not None
    assert found.series == Series(START, events=[4, 0, 3], active_users=[2, 0, 2], new_users=[2, 0, 1])


def test_a_user_is_remembered_with_the_last_feature_and_the_last_fortnight() -> None:
    found, _ = history(use("a", 0, n=2), use("a", 7), use("a", 20, "export"), use("a", 20, "report"), use("a", 19))
    assert found is not None
    bits = 1 | 1 << 1 | 1 << 13
    features = (("export", START + 20), ("report", START + 20))
    assert found.users == (UserUse("a", START, START + 20, "report", bits, "day 020", features=features),)


def test_the_latest_moment_of_the_last_day_decides_which_feature_was_last() -> None:
    found, _ = history(use(event="zoom", at="T08"), use(event="alarm", at="T09"))
    assert found is not None
    assert found.users[0].last_feature == "alarm"


def test_a_repeated_row_is_counted_once_with_the_larger_n() -> None:
    found, intake = history(use(n=2), use(n=5), use(n=5), use(n=1))
    assert found is not None
    assert found.series.events == [5]
    assert (intake.duplicates, intake.conflicts) == (3, 2)


def test_another_moment_is_another_use() -> None:
    found, intake = history(use(at="T08"), use(at="T09"))
    assert found is not None
    assert (found.series.events, found.series.active_users, intake.duplicates) == ([2], [1], 0)


def test_events_outside_the_tenure_are_counted_and_left_out() -> None:
    found, intake = history(use(day=1), use(day=2), use(day=3), use(day=9), first=START + 2, last=START + 3)
    assert found is not None
    assert (found.series.first_day, found.series.events, intake.outside_tenure) == (START + 2, [1, 1], 2)


def test_a_person_is_new_on_the_first_day_inside_the_tenure() -> None:
    found, _ = history(use(day=1), use(day=5), first=START + 2)
    assert found is not None
    assert found.series.new_users == [1]


def test_who_reads_only_the_counts_gets_the_same_ones() -> None:
    rows = [use("a", 0, n=3), use("b", 0), use("a", 2), use("a", 2)]
    whole, _ = history(*rows)
    intake = Intake()
    assert whole is not None
    assert build_series([rows], None, START + 400, intake) == whole.series
    assert intake.duplicates == 1
    assert build_series([[]], START, START + 400, intake) is None


def test_an_account_without_usable_events_has_no_history() -> None:
    assert history()[0] is None
    assert history(first=START)[0] is None
    found, intake = history(use(day=1), first=START + 2)
    assert (found, intake.outside_tenure) == (None, 1)


@given(rows=ROWS, seed=st.integers(0, 1_000), repeats=st.lists(st.integers(0, 59), max_size=20))
def test_shuffled_and_repeated_rows_give_the_same_history(
    rows: list[UsageEvent], seed: int, repeats: list[int]
) -> None:
    again = rows + [rows[n % len(rows)] for n in repeats]
    Random(seed).shuffle(again)
    assert history(*again)[0] == history(*rows)[0]


@given(rows=ROWS)
def test_nothing_is_lost_between_the_rows_and_the_counts(rows: list[UsageEvent]) -> None:
    found, _ = history(*rows)
    assert found is not None
    largest: dict[tuple[str, str, int], int] = {}
    for row in rows:
        key = (row.user_id, row.event, row.day)
        largest[key] = max(largest.get(key, 0), row.n)
    assert sum(found.series.events) == sum(largest.values())
    assert sum(found.series.active_users) == len({(row.user_id, row.day) for row in rows})
    assert sum(found.series.new_users) == len({row.user_id for row in rows}) == len(found.users)


@given(rows=ROWS)
def test_an_account_read_a_day_at_a_time_is_the_account_read_whole(rows: list[UsageEvent]) -> None:
    by_day = [[row for row in rows if row.day == day] for day in sorted({row.day for row in rows})]
    whole, pieces = Intake(), Intake()
    assert build_history("acme", by_day, START + 2, START + 400, pieces) == build_history(
        "acme", [rows], START + 2, START + 400, whole
    )
    assert pieces == whole


def test_events_of_one_moment_with_ids_of_their_own_are_different_events() -> None:
    found, _ = history(use()._replace(event_id="1"), use()._replace(event_id="2"), use()._replace(event_id="2"))
    assert found is not None
    assert found.series.events == [2]


def test_of_a_users_sessions_the_latest_is_known_and_of_two_at_once_the_longer() -> None:
    rows = [use(day=day, session=seconds) for day, seconds in ((0, 9), (2, 3), (2, 5), (3, None))]
    found, _ = history(*rows, use("b"), use(day=9, session=1), last=START + 5)
    assert found is not None
    assert [(user.session_seconds, user.session_at) for user in found.users] == [(5, "day 002"), (None, "")]
