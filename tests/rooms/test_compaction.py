"""Whatever arrives, in whatever order and however late: the ring is what a count of all events would give."""

from datetime import UTC, date, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from health_monitor.ingest import compaction
from health_monitor.ingest.compaction import EVER, NEVER, needed_from, reading_from, too_late, whole_hour
from health_monitor.ingest.histories import build_history
from health_monitor.model.intake import Intake
from health_monitor.model.usage import History, Ring, UsageEvent

TODAY = date(2026, 6, 15)
NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
MIDNIGHT = datetime(2026, 6, 15, tzinfo=UTC)
FAR = 800_000


def compact(
    ring: Ring | None, arrived: dict[UsageEvent, datetime], first: int | None = None, last: int = FAR,
    through: date = TODAY - timedelta(days=1),
) -> History | None:  # fmt: skip
    return compaction.compact("acme", ring, (ring.users or ()) if ring else (), arrived, first, last, through)


def event(
    user: str = "a", days_ago: int = 0, at: str = "09:00:00", name: str = "report", **known: object
) -> UsageEvent:
    day = TODAY - timedelta(days=days_ago)
    return UsageEvent("acme", user, name, f"{day}T{at}+00:00", day.toordinal(), 1)._replace(**known)  # type: ignore[arg-type]


def arrived(*events: UsageEvent, at: datetime = NOON) -> dict[UsageEvent, datetime]:
    return dict.fromkeys(events, at)


def counted(*events: UsageEvent, first: int | None = None, last: int = FAR) -> History | None:
    return build_history("acme", [list(events)], first, last, Intake())


def ring(history: History | None, compacted: datetime | None = NOON) -> Ring:
    assert history
    return Ring(history.series, history.users, compacted)


def test_the_first_events_of_all_make_a_ring() -> None:
    found = compact(None, arrived(event(), event("b", 2)))
    assert found == counted(event(), event("b", 2))._replace(compacted=MIDNIGHT)  # type: ignore[union-attr]


def test_what_is_in_the_ring_already_changes_nothing() -> None:
    before = ring(counted(event()), MIDNIGHT)
    assert compact(before, arrived(event())) is None


def test_nothing_new_changes_nothing() -> None:
    before = ring(counted(event()))
    old = arrived(event("b"), at=NOON - timedelta(hours=2))
    assert compact(before, old) is None
    assert compact(before, {}) is None


def test_a_day_is_counted_afresh_with_its_late_event_and_who_was_new_on_it_changes_too() -> None:
    known = [event("a", 3), event("a", 1), event("b", 0)]
    late = event("b", 1, "07:00:00")
    before = ring(counted(*known), MIDNIGHT - timedelta(hours=5))
    now = arrived(*known, at=NOON - timedelta(days=3)) | arrived(late)
    found = compact(before, now)
    assert found == counted(*known, late)._replace(compacted=MIDNIGHT)  # type: ignore[union-attr]
    assert found.series.new_users == [1, 0, 1, 0]


def test_a_late_event_leaves_the_last_feature_and_keeps_the_fortnight() -> None:
    before = ring(counted(event("a", 0, name="export"), event("a", 13)), NOON - timedelta(hours=5))
    found = compact(before, arrived(event("a", 5)))
    assert found
    [user] = found.users
    assert (user.last_feature, user.fortnight) == ("export", 1 | 1 << 5 | 1 << 13)


def test_the_latest_session_that_was_told_of_stays_known() -> None:
    told, silent = event(session_seconds=40), event(at="10:00:00")
    before = ring(counted(event("a", 1, session_seconds=7)), NOON - timedelta(hours=5))
    found = compact(before, arrived(told, silent))
    assert found
    assert (found.users[0].session_seconds, found.users[0].session_at) == (40, told.occurred_at)
    assert found.users[0].last_seen == silent.occurred_at


def test_events_outside_the_tenure_are_left_out() -> None:
    today = TODAY.toordinal()
    assert compact(None, arrived(event("a", 3)), today - 2) is None
    assert compact(None, arrived(event()), None, today - 1) is None


def test_an_event_more_than_a_week_late_touches_no_day_for_its_others_may_be_gone() -> None:
    assert not too_late((TODAY - timedelta(days=7)).toordinal(), NOON)
    assert too_late((TODAY - timedelta(days=8)).toordinal(), NOON)
    assert compact(None, arrived(event("a", 8))) is None


def test_reading_begins_an_hour_before_what_is_known_for_somebody_may_have_been_slow() -> None:
    assert reading_from(None) == EVER
    assert reading_from(MIDNIGHT) == datetime(2026, 6, 14, 23, tzinfo=UTC)
    assert whole_hour(datetime(2026, 6, 15, 12, 59, tzinfo=UTC)) == NOON


def test_on_a_usual_night_that_is_where_its_day_begins_and_nothing_is_read_twice() -> None:
    assert needed_from(MIDNIGHT, arrived(event())) == reading_from(MIDNIGHT)


def test_a_late_event_asks_for_all_of_its_day() -> None:
    assert needed_from(NOON, arrived(event("a", 3))) == datetime(2026, 6, 11, 23, tzinfo=UTC)
    assert needed_from(NOON, arrived(event("a", 3), at=NOON - timedelta(hours=2))) > NOON


def test_a_ring_that_was_told_to_stay_as_it_is_stays() -> None:
    before = ring(counted(event("a", 3)), NEVER)
    assert reading_from(NEVER) > NOON + timedelta(days=10_000)
    assert compact(before, arrived(event())) is None


EVENTS = st.lists(
    st.builds(
        lambda user, ago, hour, name, n, seconds, event_id: event(
            user, ago, f"{hour:02}:00:00", name, n=n, session_seconds=seconds, event_id=event_id
        ),
        st.sampled_from("abc"), st.integers(0, 20), st.integers(0, 23), st.sampled_from(["report", "export"]),
        st.integers(1, 3), st.none() | st.integers(0, 99), st.sampled_from(["", "x", "y"]),
    ),
    min_size=1, max_size=40,
)  # fmt: skip


@given(EVENTS, st.randoms(use_true_random=False), st.lists(st.integers(0, 7 * 24), min_size=40, max_size=40))
def test_any_lateness_any_repetition_and_any_nights_end_in_the_same_ring(
    events: list[UsageEvent], chance: Random, lateness: list[int]
) -> None:
    """Each event arrives up to a week late, one in ten twice; nights come whenever they come."""
    hours = {event: _moment(event) + timedelta(hours=late) for event, late in zip(events, lateness, strict=False)}
    buckets = [(hour, event) for event, hour in hours.items()]
    again = [event for event in hours if not chance.randint(0, 9)]
    buckets += [(hours[event] + timedelta(hours=chance.randint(0, 30)), event) for event in again]
    known: Ring | None = None
    for night in sorted({hour for hour, _ in buckets if chance.randint(0, 2)} | {max(hour for hour, _ in buckets)}):
        known = _night(known, [(hour, event) for hour, event in buckets if hour <= night], night)
    whole = counted(*events)
    assert known
    assert whole
    assert (known.series, known.users) == (whole.series, whole.users)


def _night(known: Ring | None, buckets: list[tuple[datetime, UsageEvent]], night: datetime) -> Ring | None:
    def since(first: datetime) -> dict[UsageEvent, datetime]:
        found: dict[UsageEvent, datetime] = {}
        for hour, one in sorted(buckets, key=lambda bucket: bucket[0]):
            if hour >= first:
                found.setdefault(one, hour)
        return found

    compacted = known.compacted if known else None
    first = reading_from(compacted)
    found = since(first)
    found = since(min(first, compaction.needed_from(compacted, found)))
    changed = compact(known, found, through=night.date() - timedelta(days=1))
    return Ring(changed.series, changed.users, changed.compacted) if changed else known


def _moment(one: UsageEvent) -> datetime:
    return datetime.fromisoformat(one.occurred_at)
