"""Forgetting: afterwards nothing that is stored names them, every count is what it was, and it does not come back."""

import gzip
import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from health_monitor import wiring
from health_monitor.adapters.memory import MemoryWorld, memory_world
from health_monitor.flows.erase import erase, erase_open, receipt
from health_monitor.flows.forget import request
from health_monitor.flows.rebuild import rebuild
from health_monitor.flows.reception import Reception, put_waiting
from health_monitor.flows.take_in import take_in
from health_monitor.model.heard import OURS, HeardAccount, HeardContact, HeardDeletion, Ref
from health_monitor.model.intake import Reject
from health_monitor.model.source import Erasure
from health_monitor.model.usage import Series
from health_monitor.simulate.workflow import deliver_all
from tests.builders import A_MOMENT, a_contact
from tests.flows.crashes import Countdown, died, mortal
from tests.flows.stage import NIGHT, a_world, run_night, run_steps
from tests.flows.test_take_in import a_claim, a_company, a_person, an_event, took

ERASED = A_MOMENT + timedelta(hours=1)
PERSON = ("jane-1", "jane-user", "Jane Roe", "jane@falls.example")
BODY = {"events": [{"account_id": "falls", "user_id": "jane-user"}, {"account_id": "falls", "user_id": "joe"}]}


def lived_in(world: MemoryWorld) -> MemoryWorld:
    """A night was judged; people are known, used the product, were refused, and wait."""
    run_night(world)
    world.accounts.save_contacts(
        [
            a_contact("jane-1", "falls", user_id="jane-user", name="Jane Roe", email="jane@falls.example"),
            a_contact("joe-1", "falls", user_id="joe", name="Joe", email="joe@falls.example"),
        ]
    )
    world.names.claim([a_claim("Falls Inc", "falls")])
    events = [an_event("falls", who, days_ago=days) for who in ("jane-user", "joe") for days in (0, 1, 3, 12)]
    took(
        world,
        [
            *events,
            an_event("steady-1", "ann"),
            an_event("Falls Inc", "jane-user", source="mixpanel", event="other", days_ago=2),
        ],
    )
    took(world, [Reject("body", 0, "email", "is no address: 'jane@falls.example'", "write one")])
    world.blobs.put("inbox/signed/2026-11-02/a.json.gz", gzip.compress(json.dumps(BODY).encode()))
    world.blobs.put("inbox/segment/2026-11-02/b.json.gz", gzip.compress(b'{"type": "track", "userId": "jane-user"}'))
    world.blobs.put("inbox/segment/2026-11-02/c.json.gz", gzip.compress(b"jane-user is no JSON"))
    world.blobs.put(
        "inbox/segment/2026-11-02/d.json.gz", gzip.compress(b'[{"userId": "joe"}, {"userId": "jane-user"}]')
    )
    put_waiting(world.blobs, "hubspot", jane_at("404"))
    rebuilt(world)
    return world


def jane_at(name: str, source: str = "hubspot") -> HeardContact:
    facts = {"name": "Jane Roe", "email": "jane@falls.example"}
    return HeardContact(ref=Ref(source, name), contact_id="jane-1", facts=facts, changed_at=A_MOMENT)


def rebuilt(world: MemoryWorld) -> dict[str, Series]:
    rebuild(world.blobs, world.accounts, world.names, world.rings, wiring.disk_spool(), world.clock.now())
    return counts(world)


def counts(world: MemoryWorld) -> dict[str, Series]:
    return {key: ring.series for key, ring in world.rings.read(list(world.accounts.ids())).items()}


def everything(world: Any) -> str:
    """Every item and every file of a memory world, unpacked, as one text."""
    return "\n".join(_texts(world, set()))


def _texts(thing: Any, seen: set[int]) -> Iterator[str]:
    if isinstance(thing, bytes):
        yield _unpacked(thing)
    elif isinstance(thing, str):
        yield thing
    elif id(thing) not in seen:
        seen.add(id(thing))
        for part in _parts(thing):
            yield from _texts(part, seen)


def _unpacked(data: bytes) -> str:
    with suppress(OSError):
        data = gzip.decompress(data)
    return data.decode(errors="replace")


def _parts(thing: Any) -> list[Any]:
    if isinstance(thing, dict):
        return [*thing, *thing.values()]
    if isinstance(thing, list | tuple | set | frozenset):
        return list(thing)
    return list(vars(thing).values()) if hasattr(thing, "__dict__") else []


def stored(world: MemoryWorld) -> str:
    """What is stored; what was sent or waits in a queue is not."""
    ports = Reception.of(world)
    return everything([vars(ports), world.states, world.journal, world.sources, world.shelf])


def forget(world: MemoryWorld, kind: str = "contact", name: str = "jane-1", account_id: str = "falls") -> Erasure:
    ports = Reception.of(world)
    return erase(request(kind, name, account_id, ERASED, ports), lambda: ERASED, lambda: False, ports)


@pytest.fixture
def lived() -> MemoryWorld:
    return lived_in(a_world())


@pytest.mark.parametrize(("kind", "name"), [("contact", "jane-1"), ("user", "jane-user")])
def test_nothing_that_is_stored_names_an_erased_person_and_every_count_stays(
    lived: MemoryWorld, kind: str, name: str
) -> None:
    assert all(known in stored(lived) for known in PERSON)
    before, active = counts(lived), len(lived.rings.users("falls"))
    finished = forget(lived, kind, name)
    left = stored(lived)
    assert [known for known in PERSON if known in left] == []
    assert counts(lived) == before
    assert len(lived.rings.users("falls")) == active
    assert rebuilt(lived) == before
    assert [known for known in PERSON if known in stored(lived)] == []
    assert "joe@falls.example" in left
    assert finished.finished_at == ERASED
    assert finished.removed["archive"] == 5


OWN = Ref("segment", "user:jane-user")


@pytest.mark.parametrize("account_id", ["falls", None])
def test_a_name_that_is_the_persons_own_is_an_alias_too_and_their_use_is_still_counted(
    lived: MemoryWorld, account_id: str | None
) -> None:
    member = HeardAccount(ref=Ref("segment", "falls"), facts={}, members=(OWN,), changed_at=A_MOMENT)
    took(lived, [member, an_event(OWN.name, "jane-user", source=OWN.source, event="own")], "segment")
    before, ports = rebuilt(lived), Reception.of(lived)
    for _ in range(2):
        erasure = request("user", "jane-user", account_id, ERASED, ports)
        erase(erasure, lambda: ERASED, lambda: False, ports)
        took(lived, [member], "segment")
        assert "jane-user" not in stored(lived)
        assert rebuilt(lived) == before


@pytest.mark.parametrize("account_id", ["falls", None])
def test_what_waits_under_a_name_that_is_the_persons_own_goes(lived: MemoryWorld, account_id: str | None) -> None:
    took(lived, [an_event(OWN.name, "jane-user", source=OWN.source)], "segment")
    ports = Reception.of(lived)
    erase(request("user", "jane-user", account_id, ERASED, ports), lambda: ERASED, lambda: False, ports)
    assert OWN not in [one.ref for one in lived.unmatched.all()]
    assert "jane-user" not in stored(lived)


def test_the_receipt_is_kept_and_names_nobody(lived: MemoryWorld) -> None:
    finished = forget(lived)
    kept = json.loads(lived.blobs.get(f"erasures/{finished.erasure_id}.json") or b"")
    assert kept == json.loads(json.dumps(receipt(finished)))
    assert [known for known in (*PERSON, "falls") if known in json.dumps(kept)] == []
    assert any("30 days" in note for note in kept["notes"])


def test_other_people_keep_everything(lived: MemoryWorld) -> None:
    forget(lived)
    assert [contact.contact_id for contact in lived.accounts.contacts("falls")] == ["joe-1"]
    kept = json.loads(gzip.decompress(lived.blobs.get("inbox/signed/2026-11-02/a.json.gz") or b""))
    assert kept == {"events": [{"account_id": "falls", "user_id": "joe"}]}
    assert list(lived.blobs.keys("inbox/segment/")) == ["inbox/segment/2026-11-02/d.json.gz"]


def test_what_is_delivered_again_from_before_the_erasure_is_dropped(lived: MemoryWorld) -> None:
    before = counts(lived)
    forget(lived)
    again = [an_event("falls", "jane-user", days_ago=days) for days in (0, 1, 3)]
    intake = took(lived, [*again, jane_at("falls", OURS), an_event("falls", "joe")])
    assert (intake.erased, intake.events, intake.contacts) == (4, 1, 0)
    assert rebuilt(lived) == before
    assert [known for known in PERSON if known in stored(lived)] == []


def test_who_comes_back_later_is_somebody_new(lived: MemoryWorld) -> None:
    forget(lived)
    later = ERASED + timedelta(minutes=5)
    intake = took(lived, [an_event("falls", "jane-user", occurred_at=later.isoformat(), event_id="new")], at=later)
    assert (intake.erased, intake.events) == (0, 1)


ACCOUNT = ("falls", "Falls Ltd", "Falls Inc")


def test_nothing_that_is_stored_names_an_erased_account(lived: MemoryWorld) -> None:
    assert all(known in stored(lived) for known in ACCOUNT)
    others = {key: one for key, one in counts(lived).items() if key != "falls"}
    forget(lived, "account", "falls")
    assert [line[:100] for line in stored(lived).splitlines() if "falls" in line or "Falls" in line] == []
    assert counts(lived) == others
    assert rebuilt(lived) == others


def test_messages_about_an_erased_account_that_wait_in_the_queue_are_never_sent() -> None:
    world = a_world()
    run_steps(world)
    waiting = [message for message in world.outbox.messages if "falls/" in message.message_id]
    assert len(waiting) == 2
    forget(world, "account", "falls")
    deliver_all(world)
    sent = [one.message_id for name in ("email", "slack") for one in world.courier(name).delivered]
    assert sent
    assert [one for one in sent if one.startswith("falls/")] == []


def test_an_erased_account_does_not_come_back_with_old_records(lived: MemoryWorld) -> None:
    forget(lived, "account", "falls")
    company = a_company("7", Ref(OURS, "falls"))
    intake = took(lived, [an_event("falls", "joe"), an_event("Falls Inc", "joe", source="mixpanel"), company])
    assert (intake.erased, intake.events, intake.accounts) == (3, 0, 0)
    assert "falls" not in list(lived.accounts.ids())


def test_a_night_with_an_erased_account_can_be_run_again(lived: MemoryWorld) -> None:
    forget(lived, "account", "falls")
    assert run_night(lived, NIGHT)[0]["judged"] == 10


def test_a_source_says_whom_to_forget_and_the_daily_job_finds_them_at_every_account(lived: MemoryWorld) -> None:
    deletion = HeardDeletion(source="segment", kind="user", name="jane-user", requested_at=ERASED)
    before = counts(lived)
    intake = take_in("segment", [deletion, deletion], ERASED, Reception.of(lived))
    assert intake.deletions == 2
    assert len(lived.erasures.all()) == 1
    (finished,) = erase_open(lambda: ERASED, lambda: False, Reception.of(lived))
    assert [known for known in PERSON if known in stored(lived)] == []
    assert rebuilt(lived) == before
    assert finished.finished_at
    assert erase_open(lambda: ERASED, lambda: False, Reception.of(lived)) == []


def test_the_search_of_all_accounts_goes_on_where_its_time_was_up(lived: MemoryWorld) -> None:
    ports, before = Reception.of(lived), counts(lived)
    take_in(
        "segment", [HeardDeletion(source="segment", kind="user", name="jane-user", requested_at=ERASED)], ERASED, ports
    )
    places: list[str | None] = []
    while not places or places[-1]:
        steps = iter([False, False, False])
        (left,) = erase_open(lambda: ERASED, lambda steps=steps: next(steps, True), ports)
        places.append(left.done_through)
    assert len(set(places)) == len(places)
    assert {str(place).partition("/")[0] for place in places} >= {"search", "table", "archive"}
    assert [known for known in PERSON if known in stored(lived)] == []
    assert (counts(lived), rebuilt(lived)) == (before, before)
    assert left.finished_at


def test_an_erasure_goes_on_where_its_time_was_up(lived: MemoryWorld) -> None:
    ports = Reception.of(lived)
    erasure = request("contact", "jane-1", "falls", ERASED, ports)
    rounds = 0
    while erasure.finished_at is None:
        rounds += 1
        erasure = erase(ports.erasures.all()[0], lambda: ERASED, lambda: True, ports)
    assert rounds > 5
    assert [known for known in PERSON if known in stored(lived)] == []


@pytest.mark.parametrize(("kind", "name"), [("contact", "jane-1"), ("account", "falls")])
@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
def test_dying_at_any_write_and_erasing_again_forgets_the_same(kind: str, name: str, done: bool) -> None:
    tokens = PERSON if kind == "contact" else ("falls", "Falls")
    undisturbed = lived_in(a_world())
    forget(undisturbed, kind, name)
    expected, at = counts(undisturbed), 0
    while True:
        at += 1
        world = lived_in(a_world())
        if not died(partial(forget, mortal(world, Countdown(at, done=done)), kind, name)):
            break
        erase_open(lambda: ERASED, lambda: False, Reception.of(world))
        forget(world, kind, name)
        assert [known for known in tokens if known in stored(world)] == [], f"dead at write {at}"
        assert counts(world) == expected
        assert rebuilt(world) == rebuilt(undisturbed)
    assert at > 10


def test_a_deletion_of_an_unknown_account_removes_what_waits_and_keeps_it_away() -> None:
    world = memory_world(A_MOMENT)
    took(world, [an_event("Umbrella", source="mixpanel"), a_person("c9", "Umbrella", source="mixpanel")])
    deletion = HeardDeletion(source="mixpanel", kind="account", name="Umbrella", requested_at=ERASED)
    intake = took(world, [deletion, an_event("Umbrella", source="mixpanel")])
    erase_open(lambda: ERASED, lambda: False, Reception.of(world))
    assert intake.erased == 1
    assert "Umbrella" not in stored(world)
