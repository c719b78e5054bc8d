"""Records of sources: kept with their account, waiting where it is unknown, archived, and answers."""

from datetime import timedelta
from typing import Any

import pytest

from health_monitor.adapters.memory import MemoryWorld, memory_world
from health_monitor.flows.archive import read_rows
from health_monitor.flows.join import join_all
from health_monitor.flows.reception import Reception
from health_monitor.flows.runs import unpack_lines
from health_monitor.flows.take_accounts import Taken
from health_monitor.flows.take_in import take_in
from health_monitor.flows.take_records import keep_records, take_records
from health_monitor.ingest.forgetting import Forgotten
from health_monitor.model.dossier import EMPTY, Dossier
from health_monitor.model.heard import OURS, Heard, HeardContact, HeardDeletion, HeardRecord, NameClaim, RecordKind, Ref
from health_monitor.model.intake import Intake
from health_monitor.model.outreach import Conversation
from health_monitor.model.records import Ticket
from health_monitor.ports.world import World
from tests.builders import A_MOMENT, a_conversation, an_account
from tests.flows.crashes import Countdown, died, mortal
from tests.flows.test_follow_up import ID, sent

LATER = A_MOMENT + timedelta(days=2)


def a_record(what: RecordKind, key: str, name: str = "acme", source: str = OURS, **known: Any) -> HeardRecord:
    at = known.pop("changed_at", LATER)
    return HeardRecord(ref=Ref(source, name), kind=what, key=key, facts=known, changed_at=at)


def a_touch(name: str = "acme", source: str = OURS, key: str = "t1", **known: Any) -> HeardRecord:
    return a_record("touchpoint", key, name, source, **({"kind": "call", "at": LATER} | known))


def a_ticket(name: str = "acme", source: str = OURS, **known: Any) -> HeardRecord:
    return a_record("ticket", "7", name, source, **({"severity": "p1", "opened_at": LATER} | known))


def dossier(world: World) -> Dossier:
    return world.dossiers.read(["acme"], consistent=True).get("acme", EMPTY)


def took(world: World, *heard: Heard, at: Any = LATER) -> Intake:
    return take_in("signed", heard, at, Reception.of(world))


def conversation(world: World, name: str = ID) -> Conversation:
    found = world.conversations.get(name)
    assert found
    return found


@pytest.fixture
def acme(empty: MemoryWorld) -> MemoryWorld:
    empty.accounts.save([an_account()])
    empty.conversations.start(sent(a_conversation()))
    return empty


def test_a_call_that_was_logged_is_kept_and_is_the_answer(acme: MemoryWorld) -> None:
    assert took(acme, a_touch()).records == {"touchpoint": 1}
    [kept] = dossier(acme).touchpoints
    assert (kept.kind, kept.source, kept.key, kept.at) == ("call", "signed", "t1", LATER)
    response = conversation(acme).response
    assert response
    assert (response.kind, response.source_key) == ("csm_contact", "t1")


def test_a_ticket_is_kept_with_its_priority_and_is_an_answer(acme: MemoryWorld) -> None:
    intake = took(acme, a_ticket())
    assert intake.records == {"ticket": 1}
    [kept] = dossier(acme).tickets
    assert (kept.severity, kept.solved_at) == ("p1", None)
    response = conversation(acme).response
    assert response
    assert response.kind == "ticket"
    closed = LATER + timedelta(days=1)
    took(acme, a_ticket(solved_at=closed, changed_at=closed), at=closed)
    assert dossier(acme).tickets[0].solved_at == closed
    assert [one.kind for one in dossier(acme).touchpoints] == ["ticket"]


@pytest.mark.parametrize("known", [
    {"kind": "email"}, {"kind": "email", "inbound": True, "automatic": True}, {"at": A_MOMENT - timedelta(days=1)},
])  # fmt: skip
def test_our_own_mail_what_no_person_wrote_and_what_came_before_are_no_answers(
    acme: MemoryWorld, known: dict[str, Any]
) -> None:
    took(acme, a_touch(**known))
    assert conversation(acme).response is None
    assert conversation(acme).follow_up_at


def test_it_answers_every_conversation_of_the_account_that_waits_and_only_those(acme: MemoryWorld) -> None:
    others = {name: a_conversation(rule=name) for name in ("second", "draft", "over")}
    acme.conversations.start(sent(others["second"]))
    acme.conversations.start(others["draft"])
    acme.conversations.start(sent(others["over"]).model_copy(update={"ended": "recovered"}))
    took(acme, a_touch())
    answered = [one.conversation_id for one in acme.conversations.of_account("acme") if one.response]
    assert answered == [f"acme/{name}/2026-11-01" for name in ("second", "usage_drop")]


def test_only_the_first_answer_counts(acme: MemoryWorld) -> None:
    took(acme, a_touch())
    took(acme, a_touch(key="t2", at=LATER + timedelta(hours=1)), at=LATER + timedelta(days=1))
    response = conversation(acme).response
    assert response
    assert response.source_key == "t1"


def test_what_a_name_that_nobody_knows_tells_waits_and_answers_when_it_joins(acme: MemoryWorld) -> None:
    intake = took(acme, a_touch("77", "hubspot"), a_ticket("77", "hubspot"))
    assert (intake.waiting, intake.records) == (2, {})
    assert [one.ref for one in acme.unmatched.all()] == [Ref("hubspot", "77")]
    acme.names.claim([NameClaim(ref=Ref("hubspot", "77"), account_id="acme", by="person", since=A_MOMENT)])
    took(acme, a_touch("77", "hubspot", key="t9"))
    join_all(LATER, Reception.of(acme))
    assert len(dossier(acme).touchpoints) == 3
    assert conversation(acme).ended == "answered"
    assert list(acme.blobs.keys("waiting/")) == []


def test_what_was_said_of_somebody_before_they_were_forgotten_is_not_taken(acme: MemoryWorld) -> None:
    ref = Ref(OURS, "acme")
    took(acme, HeardDeletion(source="signed", kind="contact", name="c9", ref=ref, requested_at=LATER))
    intake = took(acme, a_touch(contact_id="c9"), a_ticket(contact_id="c9"), a_touch(key="t2"))
    assert (intake.erased, intake.records) == (1, {"ticket": 1, "touchpoint": 1})
    [ticket] = dossier(acme).tickets
    assert ticket.contact_id is None
    assert "c9" not in "".join(archived(acme, "touchpoints") + archived(acme, "tickets"))


def archived(world: World, kinds: str) -> list[str]:
    """The rows of the archive's files of these."""
    keys = world.blobs.keys(f"archive/{kinds}/")
    return [",".join(row) for key in keys for row in [*read_rows(world.blobs.get(key) or b"")][1:]]


def test_records_are_archived_under_the_name_that_their_source_uses(acme: MemoryWorld) -> None:
    due = {"due_on": "2026-10-01", "amount": "12.50"}
    took(acme, a_record("invoice", "i1", **due), a_record("invoice", "i2", "77", "hubspot", **due))
    assert archived(acme, "invoices") == [
        "77,hubspot,i2,2026-11-04T06:00:00+00:00,2026-10-01,,12.50,,false",
        "acme,,i1,2026-11-04T06:00:00+00:00,2026-10-01,,12.50,,false",
    ]
    before = list(acme.blobs.keys("archive/"))
    took(acme, a_record("invoice", "i2", "77", "hubspot", **due), a_record("invoice", "i1", **due))
    assert list(acme.blobs.keys("archive/")) == before


def test_what_cannot_be_used_is_refused_at_its_place_and_a_field_is_left_empty(acme: MemoryWorld) -> None:
    survey = {"survey": "nps", "score": "11", "at": "2026-10-01"}
    intake = took(acme, a_ticket(csat="great"), a_record("survey", "s1", **survey), a_touch(at="soon"))
    assert (intake.emptied, intake.refused, intake.records) == (1, 2, {"ticket": 1})
    places = [
        row["field"] for key in acme.blobs.keys("quarantine/") for row in unpack_lines(acme.blobs.get(key) or b"")
    ]
    assert sorted(places) == ["surveys[s1].score", "tickets[7].csat", "touchpoints[t1].at"]


def test_the_news_of_each_account_is_handed_on_and_what_is_told_again_is_none(acme: MemoryWorld) -> None:
    ports, told = Reception.of(acme), [a_ticket(), a_record("pulse", "p", at="2026-11-01", rating=4)]
    taken = Taken("signed", LATER, Intake())
    [(account_id, news)] = take_records(told, ports, Forgotten({}), taken).items()
    assert account_id == "acme"
    assert sorted(one.name for one in news) == ["pulse:signed/p", "ticket:signed/7", "touchpoint:signed/ticket-7"]
    later = [one.model_copy(update={"changed_at": LATER + timedelta(hours=1)}) for one in told]
    assert take_records(later, ports, Forgotten({}), taken) == {}


def test_what_a_contact_says_is_in_the_dossier_without_name_or_address(acme: MemoryWorld) -> None:
    facts = {"name": "Ann", "email": "ann@acme.com", "role": "Champion", "department": "Finance", "user_id": "u1"}
    contact = HeardContact(ref=Ref(OURS, "acme"), contact_id="c1", facts=facts, changed_at=LATER)
    took(acme, contact)
    [person] = dossier(acme).persons
    assert (person.key, person.role, person.department, person.user_id) == ("c1", "champion", "Finance", "u1")
    without = contact.model_copy(update={"facts": {"role": None}, "changed_at": LATER + timedelta(days=1)})
    took(acme, without, at=LATER + timedelta(days=1))
    [person] = dossier(acme).persons
    assert (person.role, person.departure) == ("champion", "role_removed")
    assert person.departed_on == (LATER + timedelta(days=1)).date()


@pytest.mark.parametrize("done", [True, False])
def test_wherever_it_dies_it_is_told_again_and_everybody_hears_of_the_answer(done: bool) -> None:
    die_at = 1
    while True:
        world = memory_world(A_MOMENT)
        world.accounts.save([an_account()])
        world.conversations.start(sent(a_conversation()))
        dying = mortal(world, Countdown(die_at, done=done))
        crashed = died(lambda dying=dying: took(dying, a_touch()))
        took(world, a_touch())
        assert conversation(world).ended == "answered"
        assert {one.channel for one in world.outbox.take()} == {"slack", "crm"}
        if not crashed:
            break
        die_at += 1
    assert die_at > 3


def test_a_history_asks_for_a_rescoring_only_of_accounts_that_were_scored_before() -> None:
    world = memory_world(LATER)
    ticket = Ticket(source="crm", key="7", changed_at=LATER, severity="p1", opened_at=LATER - timedelta(days=60))
    news = keep_records({"acme": [ticket], "new": [ticket]}, Reception.of(world), LATER, scored={"acme"})
    assert news.keys() == {"acme", "new"}
    assert [(one.account_id, one.critical) for one in world.outbox.rescorings] == [("acme", True)]
