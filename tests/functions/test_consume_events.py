"""A batch of bodies from the queue: taken in together, once, in whatever order; what fails comes back alone."""

import gzip
import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from health_monitor import wiring
from health_monitor.adapters.memory import MemoryWorld, memory_world
from health_monitor.flows import consume_events as consuming
from health_monitor.flows.consume_events import Consumed, Desk, consume_events
from health_monitor.flows.reception import Reception
from health_monitor.flows.take_in import take_in
from health_monitor.model.errors import NeedsHuman, TryAgain
from health_monitor.model.heard import Heard
from health_monitor.model.intake import Intake
from health_monitor.model.source import Pointer
from health_monitor.model.usage import UsageEvent
from health_monitor.sources import SOURCES
from tests.builders import A_MOMENT, an_account
from tests.flows.crashes import Countdown, MortalPort, died
from tests.functions.conftest import Call
from tests.functions.test_deliver import failures
from tests.rooms.test_segment import TRACK

ON = {name: SOURCES[name].settings(enabled=True) for name in ("signed", "segment")}
EVER = A_MOMENT - timedelta(days=30)


def a_world() -> MemoryWorld:
    world = memory_world(A_MOMENT)
    world.accounts.save([an_account("acme"), an_account("bravo")])
    world.names.changed()
    return world


@pytest.fixture
def world() -> MemoryWorld:
    return a_world()


def event(user_id: str = "u1", account_id: str = "acme", **known: Any) -> dict[str, Any]:
    return {
        "account_id": account_id,
        "user_id": user_id,
        "event": "report",
        "occurred_at": "2026-11-01T09:00:00Z",
    } | known


def keep(world: MemoryWorld, body: bytes | dict[str, Any], source: str = "signed", at: datetime = A_MOMENT) -> str:
    """Lay a body into the bucket; what its message in the queue says."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    key = f"inbox/{source}/{at.date()}/{abs(hash(data))}.json.gz"
    world.blobs.put(key, gzip.compress(data))
    return Pointer(source=source, key=key, received_at=at).model_dump_json()


def events(world: MemoryWorld, *users: str, **known: Any) -> str:
    return keep(world, {"events": [event(user, **known) for user in users]})


def desk(world: MemoryWorld, sources: Any = ON, take: Any = None) -> Desk:
    def into_stores(source: str, heard: Iterable[Heard], received: datetime) -> Intake:
        return take_in(source, heard, received, Reception.of(world))

    return Desk(sources, world.blobs, world.journal, world.clock, take or into_stores)


def consume(world: MemoryWorld, *messages: str, **known: Any) -> Consumed:
    return consume_events({f"m{n}": text for n, text in enumerate(messages)}, desk(world, **known))


def arrived(world: MemoryWorld, *accounts: str) -> list[UsageEvent]:
    found = world.arrivals.read(dict.fromkeys(accounts or ("acme", "bravo"), EVER))
    return sorted(one for theirs in found.values() for one in theirs)


def users(world: MemoryWorld) -> list[str]:
    return [one.user_id for one in arrived(world)]


def test_the_bodies_of_one_source_are_taken_in_together(world: MemoryWorld) -> None:
    calls: list[tuple[str, int]] = []

    def take(source: str, heard: Iterable[Heard], received: datetime) -> Intake:
        calls.append((source, len(list(heard))))
        assert received == A_MOMENT
        return Intake()

    segment = keep(world, TRACK, "segment")
    done = consume(world, events(world, "u1", "u2"), segment, events(world, "u3"), take=take)
    assert calls == [("signed", 3), ("segment", 1)]
    assert done.failed == {}


def test_events_arrive_at_their_accounts(world: MemoryWorld) -> None:
    done = consume(world, events(world, "u1", "u2"), events(world, "u3", account_id="bravo"))
    assert done.failed == {}
    assert [(source, intake.events) for source, intake in done.intakes] == [("signed", 3)]
    assert [(one.account_id, one.user_id) for one in arrived(world)] == [
        ("acme", "u1"),
        ("acme", "u2"),
        ("bravo", "u3"),
    ]


def test_many_large_bodies_are_read_and_taken_in_a_few_at_a_time(
    world: MemoryWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consuming, "AT_ONCE", 200)
    texts = [events(world, f"u{n}") for n in range(7)]
    real, held, most = desk(world).take_in, [0], [0]

    class Bucket:
        def get(self, key: str) -> bytes | None:
            held[0] += 1
            most[0] = max(most[0], held[0])
            return world.blobs.get(key)

    def take(source: str, heard: Iterable[Heard], received: datetime) -> Intake:
        held[0] = 0
        return real(source, heard, received)

    one = Desk(ON, Bucket(), world.journal, world.clock, take)  # type: ignore[arg-type]
    done = consume_events(dict(enumerate_ids(texts)), one)
    assert [intake.events for _, intake in done.intakes] == [2, 2, 2, 1]
    assert users(world) == [f"u{n}" for n in range(7)]
    assert most == [2]


def test_what_there_is_no_time_for_comes_back_and_what_was_taken_in_does_not(
    world: MemoryWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consuming, "AT_ONCE", 200)
    texts = [events(world, f"u{n}") for n in range(5)]
    time_left = iter([False, False, True])
    done = consume_events(dict(enumerate_ids(texts)), desk(world), lambda: next(time_left))
    assert users(world) == ["u0", "u1", "u2", "u3"]
    assert {message: type(error) for message, error in done.failed.items()} == {"m4": TryAgain}


def test_a_table_that_is_overloaded_does_not_use_up_the_whole_call(world: MemoryWorld) -> None:
    def overloaded(*_: Any) -> Intake:
        raise TryAgain("the table is overloaded")

    texts = [events(world, f"u{n}") for n in range(5)]
    time_left = iter([False, False, True, True, True, True])
    done = consume_events(dict(enumerate_ids(texts)), desk(world, take=overloaded), lambda: next(time_left))
    assert [str(error).partition(";")[0] for error in done.failed.values()] == [
        "the table is overloaded", *["there was no time left for it"] * 4
    ]  # fmt: skip


def test_duplicates_and_disorder_change_nothing() -> None:
    seen = set()
    for order in permutations(range(3)):
        world = a_world()
        texts = [events(world, "u1", "u2"), events(world, "u2", "u3", n=2), events(world, "u1", "u2")]
        for position in order:
            consume(world, texts[position])
            consume(world, texts[position])
        seen.add(tuple(arrived(world)))
    (one,) = seen
    assert len({(found.user_id, found.event, found.occurred_at) for found in one}) == 3


def test_a_consumer_that_dies_anywhere_is_healed_by_the_queue(world: MemoryWorld) -> None:
    def texts(where: MemoryWorld) -> list[str]:
        return [
            events(where, "u1", "u2"),
            keep(where, {"events": [event("u3"), {}], "accounts": [{"account_id": "new"}]}),
        ]

    consume(world, *texts(world))
    wanted = (arrived(world, "acme", "new"), sorted(world.accounts.ids()), list(world.blobs.keys("archive/")))
    at = 0
    while True:
        at += 1
        again = a_world()
        waiting, countdown = texts(again), Countdown(at)
        ports = Reception.of(again)
        dying = Reception(
            **{
                name: MortalPort(port, WRITES.get(name, ()), countdown)
                for name, port in vars(ports).items()
            }
        )  # fmt: skip
        one = Desk(ON, again.blobs, MortalPort(again.journal, ("save_freshness",), countdown), again.clock,
                   lambda source, heard, received, dying=dying: take_in(source, heard, received, dying))  # fmt: skip
        crashed = died(lambda waiting=waiting, one=one: consume_events(dict(enumerate_ids(waiting)), one))
        consume(again, *waiting)
        assert (
            arrived(again, "acme", "new"),
            sorted(again.accounts.ids()),
            list(again.blobs.keys("archive/")),
        ) == wanted
        if not crashed:
            break
    assert at > 4


WRITES = {
    "blobs": ("put", "put_absent", "delete"),
    "accounts": ("merge", "merge_contacts", "save"),
    "arrivals": ("add",),
    "waiting": ("add", "remove"),
    "names": ("claim", "disclaim", "changed"),
    "unmatched": ("save", "remove"),
}


def enumerate_ids(texts: list[str]) -> Iterable[tuple[str, str]]:
    return ((f"m{n}", text) for n, text in enumerate(texts))


GROUP = {"type": "group", "groupId": "acme", "userId": "u1", "timestamp": "2026-11-02T05:00:00Z"}


def test_a_segment_user_without_a_group_waits_for_his_group_call(world: MemoryWorld) -> None:
    """Whichever comes first."""
    track = TRACK | {"context": {}}
    consume(world, keep(world, track, "segment"))
    assert users(world) == []
    assert [one.ref.name for one in world.unmatched.all()] == ["user:u1"]
    consume(world, keep(world, GROUP, "segment"))
    assert users(world) == ["u1"]
    consume(world, keep(world, track | {"messageId": "m2"}, "segment"))
    assert users(world) == ["u1", "u1"]
    assert world.unmatched.all() == []


def test_a_segment_user_of_two_groups_waits_for_a_person_unless_his_calls_say_which(world: MemoryWorld) -> None:
    consume(world, *(keep(world, GROUP | {"groupId": group}, "segment") for group in ("acme", "bravo")))
    assert [(one.ref.name, one.reason, one.candidates) for one in world.unmatched.all()] == [
        ("user:u1", "ambiguous", ("acme", "bravo"))
    ]
    clear = TRACK | {"context": {"groupId": "bravo"}, "messageId": "m2"}
    consume(world, keep(world, TRACK | {"context": {}}, "segment"), keep(world, clear, "segment"))
    assert [one.account_id for one in arrived(world)] == ["bravo"]


def test_a_company_is_not_taken_for_another_because_they_share_a_user(world: MemoryWorld) -> None:
    creates = {"segment": SOURCES["segment"].settings.model_validate({"enabled": True, "creates_accounts": True})}
    consume(world, keep(world, GROUP, "segment"), sources=creates)
    consume(world, keep(world, GROUP | {"groupId": "new"}, "segment"), sources=creates)
    assert sorted(world.accounts.ids()) == ["acme", "bravo", "segment-new"]


def test_a_record_that_cannot_be_used_is_counted_and_its_neighbours_are_used(world: MemoryWorld) -> None:
    done = consume(world, keep(world, {"events": [event("u1"), event("u2", n=0), event("u3")]}))
    ((_, intake),) = done.intakes
    assert (intake.events, intake.quarantined) == (2, 1)
    assert users(world) == ["u1", "u3"]
    assert len(list(world.blobs.keys("quarantine/signed/"))) == 1


def test_a_record_that_comes_again_in_other_company_is_quarantined_once(world: MemoryWorld) -> None:
    first, second = (keep(world, {"events": [event("u1"), {"user_id": name}]}) for name in ("u2", "u3"))
    consume(world, first, second)
    kept = list(world.blobs.keys("quarantine/"))
    consume(world, second)
    consume(world, first)
    assert list(world.blobs.keys("quarantine/")) == kept
    assert len(kept) == 2


@pytest.mark.parametrize("body", [b"not json", b'{"evnts": []}', b"[1]"])
def test_a_body_that_can_never_be_used_ends_in_quarantine(world: MemoryWorld, body: bytes) -> None:
    done = consume(world, keep(world, body), events(world, "u1"))
    assert done.failed == {}
    assert [(intake.events, intake.quarantined) for _, intake in done.intakes] == [(1, 1)]


@pytest.mark.parametrize("stored", [b"", b"no gzip", gzip.compress(b"{}")[:-4], b"\x1f\x8b\x08" + b"\xff" * 40])
def test_a_file_that_was_damaged_ends_in_quarantine(world: MemoryWorld, stored: bytes) -> None:
    text = events(world, "u1")
    world.blobs.put(Pointer.model_validate_json(text).key, stored)
    done = consume(world, text)
    assert done.failed == {}
    assert [intake.quarantined for _, intake in done.intakes] == [1]


def test_a_body_that_is_gone_is_done(world: MemoryWorld) -> None:
    text = events(world, "u1")
    world.blobs.delete(Pointer.model_validate_json(text).key)
    assert consume(world, text) == Consumed()


def test_one_body_that_breaks_us_does_not_take_the_others_with_it(world: MemoryWorld) -> None:
    real = desk(world).take_in

    def take(source: str, heard: Iterable[Heard], received: datetime) -> Intake:
        found = list(heard)
        if any(getattr(one, "user_id", "") == "poison" for one in found):
            raise ZeroDivisionError
        return real(source, found, received)

    done = consume(world, events(world, "u1"), events(world, "poison"), events(world, "u2"), take=take)
    assert {message: type(error) for message, error in done.failed.items()} == {"m1": ZeroDivisionError}
    assert users(world) == ["u1", "u2"]


@pytest.mark.parametrize("text", ["", "{}", '{"source": "signed"}', "carla@example.com"])
def test_a_message_that_is_no_pointer_waits_for_a_person_and_is_not_quoted(world: MemoryWorld, text: str) -> None:
    done = consume(world, text, events(world, "u1"))
    assert type(done.failed["m0"]) is NeedsHuman
    assert "carla" not in str(done.failed["m0"])
    assert users(world) == ["u1"]


def test_a_source_that_was_turned_off_meanwhile_waits_for_a_person(world: MemoryWorld) -> None:
    done = consume(world, events(world, "u1"), sources={"segment": ON["segment"]})
    assert "is not on; turn it on" in str(done.failed["m0"])


def test_a_bucket_that_does_not_answer_costs_only_its_messages(world: MemoryWorld) -> None:
    class Bucket:
        def get(self, key: str) -> bytes | None:
            if key == Pointer.model_validate_json(lost).key:
                raise TryAgain("reading: SlowDown")
            return world.blobs.get(key)

    lost, fine = events(world, "u1"), events(world, "u2")
    one = desk(world)
    done = consume_events({"m0": lost, "m1": fine}, Desk(ON, Bucket(), one.journal, one.clock, one.take_in))  # type: ignore[arg-type]
    assert {message: type(error) for message, error in done.failed.items()} == {"m0": TryAgain}
    assert users(world) == ["u2"]


def test_a_source_is_as_fresh_as_its_latest_body_with_events(world: MemoryWorld) -> None:
    consume(world, keep(world, {"accounts": [{"account_id": "acme"}]}))
    assert world.journal.freshness() == []
    before = A_MOMENT - timedelta(days=2)
    earlier = {"events": [event(occurred_at="2026-10-30")]}
    consume(world, keep(world, earlier, at=before), keep(world, {"events": [event("u2")]}))
    (found,) = world.journal.freshness()
    assert (found.source, found.complete_from, found.complete_through, found.received_at) == (
        "signed", before.date(), A_MOMENT.date(), A_MOMENT,
    )  # fmt: skip


def test_the_function_gives_back_only_what_failed(
    product: MemoryWorld, call: Call, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(wiring, "sources", lambda: ON)
    product.accounts.save([an_account("acme")])
    texts = ["nonsense", events(product, "u1"), keep(product, {"events": [{}]})]
    batch = {"Records": [{"messageId": f"m{n}", "body": text} for n, text in enumerate(texts)]}
    assert failures(call("consume_events", batch)) == ["m0"]
    (told,) = (record.__dict__ for record in caplog.records if record.getMessage() == "taken in")
    assert (told["source"], told["events"], told["refused"]) == ("signed", 1, 1)

    def broken(*_: Any) -> Intake:
        raise ZeroDivisionError

    monkeypatch.setattr(wiring, "take_in", lambda: broken)
    assert failures(call("consume_events", batch)) == ["m0", "m1", "m2"]
