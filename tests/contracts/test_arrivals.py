"""Arrivals: an event that is added twice is there once, whatever its size, its hour and the world it is in."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from math import ceil
from random import Random
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from health_monitor import wiring
from health_monitor.adapters import dynamodb_arrivals
from health_monitor.adapters.codec import ACCOUNTS_PREFIX
from health_monitor.adapters.dynamodb_arrivals import DynamoArrivals
from health_monitor.adapters.dynamodb_table import Table
from health_monitor.adapters.packing import pack_event, unpack_event
from health_monitor.model.usage import UsageEvent
from health_monitor.ports.world import World
from tests.builders import A_DAY, A_MOMENT

EVER = datetime(2000, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def use(user: str = "u1", n: int = 0, holder: str = "acme", **known: Any) -> UsageEvent:
    at = f"{A_DAY}T{n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}+00:00"
    return UsageEvent(holder, user, "report_opened", at, A_DAY.toordinal(), 1)._replace(**known)


def kept(world: World, holder: str = "acme", since: datetime = EVER) -> list[UsageEvent]:
    return list(world.arrivals.read({holder: since}).get(holder, ()))


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
moments = st.one_of(
    st.just("day"), st.datetimes(timezones=st.just(UTC)).map(lambda at: at.isoformat()[10:]), st.text(max_size=9)
)


@given(texts, texts, moments, st.integers(-(2**40), 2**40), texts, st.none() | st.integers(0, 10**9))
def test_an_event_survives_packing_but_for_a_hash_of_its_id(
    user: str, name: str, at: str, n: int, event_id: str, session: int | None
) -> None:
    day = A_DAY.toordinal()
    event = UsageEvent("acme", user, name, str(A_DAY) + at if at != "day" else str(A_DAY), day, n, event_id, session)
    found = unpack_event("acme", pack_event(event))
    assert found._replace(event_id=event_id) == event
    assert bool(found.event_id) == bool(event_id)
    assert pack_event(found) == pack_event(event)


def test_a_usual_event_is_some_fifty_bytes() -> None:
    assert len(pack_event(use("user-4711", 40_000, event_id="0f2c-55d1", session_seconds=90))) < 56


def test_an_event_that_came_before_changes_nothing(world: World) -> None:
    for hour in (0, 0, 3):
        world.arrivals.add(A_MOMENT + hour * HOUR, [use(), use(n=5), use()])
    assert kept(world) == [use(), use(n=5)]


def test_another_id_another_n_or_another_session_is_another_event(world: World) -> None:
    events = [use(), use(event_id="1"), use(event_id="2"), use(session_seconds=3)]
    world.arrivals.add(A_MOMENT, [*events, use()._replace(n=7)])
    assert len(kept(world)) == 5


def test_the_order_of_arrival_does_not_matter(world: World) -> None:
    events = [use(f"u{n % 7}", n) for n in range(40)]
    mixed = list(events)
    Random(3).shuffle(mixed)
    for n, event in enumerate(mixed):
        world.arrivals.add(A_MOMENT + n % 4 * HOUR, [event])
    first = kept(world)
    world.arrivals.add(A_MOMENT, events)
    assert kept(world) == first
    assert sorted(first) == sorted(events)


def test_only_what_arrived_in_the_hour_or_later_is_read_with_the_first_of_these_hours(world: World) -> None:
    late = A_MOMENT + timedelta(minutes=59)
    world.arrivals.add(A_MOMENT - HOUR, [use(n=1), use(n=2)])
    world.arrivals.add(late, [use(n=2), use(n=3)])
    assert world.arrivals.read({"acme": late}) == {"acme": {use(n=2): A_MOMENT, use(n=3): A_MOMENT}}
    assert world.arrivals.read({"acme": EVER})["acme"][use(n=2)] == A_MOMENT - HOUR


def test_reading_ends_before_an_hour_where_one_is_given(world: World) -> None:
    for hours in (-2, -1, 0):
        world.arrivals.add(A_MOMENT + hours * HOUR, [use(n=hours + 5)])
    world.arrivals.add(A_MOMENT, [use(n=1, holder="other")])
    found = world.arrivals.read({"acme": EVER, "other": EVER}, {"acme": A_MOMENT, "nobody": A_MOMENT})
    assert {key: {event.occurred_at[17:19] for event in events} for key, events in found.items()} == {
        "acme": {"03", "04"},
        "other": {"01"},
    }


def test_an_hour_that_is_split_is_read_whole_before_another(aws: None) -> None:
    world = wiring.aws_world()
    many = [use(f"u{n}", n) for n in range(2_000)]
    world.arrivals.add(A_MOMENT - HOUR, many)
    world.arrivals.add(A_MOMENT, [use("late")])
    assert len(world.arrivals.read({"acme": EVER}, {"acme": A_MOMENT})["acme"]) == len(many)


def test_each_holder_has_its_own_and_those_without_are_left_out(world: World) -> None:
    world.arrivals.add(A_MOMENT, [use(), use(holder="other")])
    world.waiting.add(A_MOMENT, [use("waits")])
    assert world.arrivals.read(dict.fromkeys(["acme", "other", "nobody"], EVER)) == {
        "acme": {use(): A_MOMENT}, "other": {use(holder="other"): A_MOMENT},
    }  # fmt: skip
    assert list(world.waiting.read({"acme": EVER})["acme"]) == [use("waits")]


def test_what_waited_may_arrive_and_is_the_same_event_as_one_that_came_by_itself(world: World) -> None:
    world.waiting.add(A_MOMENT, [use(event_id="e-1", holder="feed|Acme Inc")])
    [waited] = world.waiting.read({"feed|Acme Inc": EVER})["feed|Acme Inc"]
    world.arrivals.add(A_MOMENT, [waited._replace(account_id="acme"), use(event_id="e-1")])
    assert len(kept(world)) == 1


def test_nothing_waits_where_everything_was_removed(world: World) -> None:
    world.arrivals.add(A_MOMENT, [use(), use(holder="other")])
    for _ in range(2):
        world.arrivals.remove(["acme", "nobody"])
        assert (kept(world), len(kept(world, "other"))) == ([], 1)


def test_only_what_is_discarded_goes_and_what_came_since_it_was_read_stays(world: World) -> None:
    world.waiting.add(A_MOMENT, [use(event_id="e-1"), use(n=1)])
    read = world.waiting.read({"acme": EVER})["acme"]
    world.waiting.add(A_MOMENT, [use(n=2)])
    for _ in range(2):
        world.waiting.discard(read)
        assert list(world.waiting.read({"acme": EVER})["acme"]) == [use(n=2)]
    world.waiting.discard([use(n=2), use(n=2, holder="nobody")])
    assert world.waiting.read({"acme": EVER}) == {}


def test_a_forgotten_user_has_a_pseudonym_and_every_event_still_counts(world: World) -> None:
    world.arrivals.add(A_MOMENT, [use(), use(n=1, event_id="e"), use("other")])
    world.arrivals.add(A_MOMENT + HOUR, [use(n=2)])
    assert world.arrivals.forget_user("acme", "u1", "gone-1") == 3
    assert [event.user_id for event in kept(world)].count("gone-1") == 3
    assert "u1" not in str(world.shelf.items_of("acme"))
    assert world.arrivals.forget_user("acme", "u1", "gone-1") == 0
    assert world.arrivals.forget_user("nobody", "u1", "gone-1") == 0


def test_arrivals_expire_sixteen_days_after_their_hour_however_late_their_events(world: World) -> None:
    world.arrivals.add(A_MOMENT, [use(day=A_DAY.toordinal() - 6)])
    [item] = world.shelf.items_of("acme")
    assert item["item"] == "H#2026110206"
    assert datetime.fromtimestamp(item["ttl"], UTC) == A_MOMENT + timedelta(days=16)
    assert item["events"][0]["user_id"] == "u1"


def test_nothing_added_is_no_trouble(world: World) -> None:
    world.arrivals.add(A_MOMENT, [])
    assert world.arrivals.read({}) == {}


@pytest.fixture
def table(aws: None) -> Table:
    return Table("health", pause=lambda _seconds: None)


def items() -> dict[str, int]:
    """Stored hours, each with its number of events."""
    found = boto3.client("dynamodb").scan(TableName="health")["Items"]
    return {item["sk"]["S"]: len(item["e"]["BS"]) for item in found}


def test_what_waits_for_its_account_never_expires(table: Table) -> None:
    DynamoArrivals(table, "WAITING#", expires=False).add(A_MOMENT, [use()])
    [item] = boto3.client("dynamodb").scan(TableName="health")["Items"]
    assert "ttl" not in item


def of(events: Iterable[UsageEvent], arrivals: DynamoArrivals) -> bool:
    """Whether exactly these are there."""
    return set(arrivals.read({"acme": EVER})["acme"]) == set(events)


class Counting(Table):
    """A table that says what an addition costs by DynamoDB's size rules; moto says 1 whatever the size."""

    def add_to_set(self, key: tuple[str, str], name: str, elements: Iterable[bytes], **fields: int) -> float:
        super().add_to_set(key, name, elements, **fields)
        return ceil(sum(map(len, (self.get(*key) or {})[name])) / 1_024)


def test_an_hour_that_has_become_dear_is_spread_over_more_items(aws: None) -> None:
    arrivals = DynamoArrivals(Counting("health"), ACCOUNTS_PREFIX, expires=True)
    events = [use(f"user-{n}", n) for n in range(900)]
    for at in range(0, 900, 30):
        arrivals.add(A_MOMENT, events[at : at + 30])
    assert of(events, arrivals)
    assert len(items()) > 16
    assert max(items().values()) < 300


def test_a_great_many_at_once_are_cut_by_their_hash(table: Table) -> None:
    arrivals = DynamoArrivals(table, ACCOUNTS_PREFIX, expires=True)
    events = [use(f"user-{n}", n % 80_000) for n in range(6_000)]
    arrivals.add(A_MOMENT, events)
    assert len(items()) == 16
    assert of(events, arrivals)
    arrivals.remove(["acme"])
    assert items() == {}


class Small(Table):
    """A table whose items hold no more than 2 KB; what does not fit is refused as DynamoDB refuses it."""

    def add_to_set(self, key: tuple[str, str], name: str, elements: Iterable[bytes], **fields: int) -> float:
        there = (self.get(*key) or {}).get(name, [])
        if sum(map(len, {*there, *elements})) > 2_000:
            refused: Any = {"Error": {"Code": "ValidationException", "Message": "Item size to update has exceeded"}}
            raise ClientError(refused, "UpdateItem")
        super().add_to_set(key, name, elements, **fields)
        return 1.0


def test_an_item_that_is_full_takes_no_more_and_nothing_is_lost(aws: None) -> None:
    arrivals = DynamoArrivals(Small("health"), ACCOUNTS_PREFIX, expires=True)
    events = [use(f"user-{n}", n) for n in range(1_500)]
    for at in range(0, 1_500, 500):
        arrivals.add(A_MOMENT, events[at : at + 500])
    assert of(events, arrivals)
    assert arrivals.forget_user("acme", "user-7", "gone") == 1


def test_an_hour_of_which_a_forgotten_user_had_an_item_alone_can_still_be_read(table: Table) -> None:
    deep = DynamoArrivals(table, ACCOUNTS_PREFIX, expires=True)
    deep._deepen("acme", f"H#{A_MOMENT:%Y%m%d%H}", 6)
    deep.add(A_MOMENT, [use("jane"), use("joe", 1)])
    assert DynamoArrivals(table, ACCOUNTS_PREFIX, expires=True).forget_user("acme", "jane", "gone") == 1
    assert of([use("gone"), use("joe", 1)], deep)
    assert len(items()) == 2


def test_dying_before_an_empty_item_is_gone_leaves_one_that_harms_nobody(aws: None) -> None:
    class Dies(Table):
        def delete_if(self, key: tuple[str, str], condition: str, **values: Any) -> bool:
            raise KeyboardInterrupt

    arrivals = DynamoArrivals(Dies("health"), ACCOUNTS_PREFIX, expires=True)
    arrivals.add(A_MOMENT, [use()])
    with pytest.raises(KeyboardInterrupt):
        arrivals.discard([use()])
    arrivals.discard([use()])
    assert arrivals.forget_user("acme", "u1", "gone") == 0
    assert arrivals.read({"acme": EVER}) == {}


def test_what_is_refused_however_small_is_a_bug_and_crashes(aws: None) -> None:
    arrivals = DynamoArrivals(Small("health"), ACCOUNTS_PREFIX, expires=True)
    with pytest.raises(ClientError):
        arrivals.add(A_MOMENT, [use("u" * 3_000)])


def test_it_forgets_which_hours_were_dear_rather_than_grow_for_ever(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dynamodb_arrivals, "REMEMBERED", 1)
    arrivals = DynamoArrivals(Counting("health"), ACCOUNTS_PREFIX, expires=True)
    events = [use(f"user-{n}", n) for n in range(200)]
    for hour in range(3):
        for at in range(0, 200, 100):
            arrivals.add(A_MOMENT + hour * HOUR, events[at : at + 100])
    assert of(events, arrivals)
    assert len(arrivals._depths) == 1


def test_dying_between_the_pseudonym_and_the_user_and_repeating_loses_no_event(table: Table) -> None:
    class Dies(Table):
        def take_from_set(self, key: tuple[str, str], name: str, elements: Iterable[bytes]) -> None:
            raise KeyboardInterrupt

    DynamoArrivals(table, ACCOUNTS_PREFIX, expires=True).add(A_MOMENT, [use(), use(n=1)])
    with pytest.raises(KeyboardInterrupt):
        DynamoArrivals(Dies("health"), ACCOUNTS_PREFIX, expires=True).forget_user("acme", "u1", "gone")
    again = DynamoArrivals(table, ACCOUNTS_PREFIX, expires=True)
    assert again.forget_user("acme", "u1", "gone") == 2
    assert of([use("gone"), use("gone", 1)], again)
