"""Forgotten people are recognised by digests, and taken out of whatever mentions them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from health_monitor.ingest.forgetting import Forgotten, alias, marks_of
from health_monitor.ingest.scrub import Scrubber
from health_monitor.model.heard import OURS, HeardContact, HeardEvent, Ref
from health_monitor.model.records import Invoice, Ticket, Touchpoint
from health_monitor.model.source import Erasure
from health_monitor.model.usage import UsageEvent
from tests.builders import A_MOMENT, a_contact

BEFORE, AFTER = (A_MOMENT + timedelta(days=days) for days in (-1, 1))
HEAD = ["account_id", "user_id", "event", "occurred_at", "n", "event_id", "session_seconds", "source"]


def an_erasure(kind: str = "contact", **known: Any) -> Erasure:
    facts = {"user_ids": ("jane",), "contact_ids": ("c1",), "emails": ("Jane@acme.com",), "names": ("Jane Roe",)}
    if kind == "account":
        facts = {"refs": (Ref(OURS, "acme"), Ref("mixpanel", "Acme Inc")), "names": ("Acme",)}
    common = {"erasure_id": "e", "kind": kind, "account_id": "acme", "pseudonym": "erased-1", "requested_at": A_MOMENT}
    return Erasure.model_validate(common | facts | known)


def forgotten(erasure: Erasure) -> Forgotten:
    return Forgotten(dict.fromkeys(marks_of(erasure), erasure.requested_at))


def used(user_id: str = "jane", name: str = "acme", at: Any = BEFORE, source: str = OURS) -> HeardEvent:
    return HeardEvent(Ref(source, name), user_id, "report", at.isoformat(), at.toordinal())


def said(at: Any = BEFORE, contact_id: str = "c1", name: str = "acme", **facts: Any) -> HeardContact:
    return HeardContact(ref=Ref("hubspot", name), contact_id=contact_id, facts=facts, changed_at=at)


def test_an_erasure_says_how_far_it_is() -> None:
    asked = an_erasure()
    passing = asked.model_copy(update={"first_pass_at": A_MOMENT, "pass_at": A_MOMENT})
    passed, again = (passing.model_copy(update={"pass_at": at}) for at in (None, AFTER))
    finished = passed.model_copy(update={"finished_at": AFTER})
    removed = "removed, last check pending"
    assert [asked.state, passing.state, passed.state, again.state] == ["open", "open", removed, removed]
    assert finished.state == "finished"


def test_nobody_is_forgotten_at_first() -> None:
    assert not Forgotten({})
    assert not Forgotten({}).event(used(), "acme")


def test_a_users_events_are_recognised_at_their_account_until_the_moment_of_the_erasure() -> None:
    known = forgotten(an_erasure())
    assert known
    assert known.event(used(), "acme")
    assert [known.event(*one) for one in ((used(at=AFTER), "acme"), (used("joe"), "acme"), (used(), "other"))] == [
        False, False, False,
    ]  # fmt: skip
    assert forgotten(an_erasure(account_id=None)).event(used(), "other")


def test_a_contact_is_recognised_by_its_id_its_user_or_its_address() -> None:
    known = forgotten(an_erasure())
    assert known.contact(said(), "acme")
    assert known.contact(said(contact_id="c2", user_id="jane"), "acme")
    assert known.contact(said(contact_id="c2", email="JANE@ACME.com"), "acme")
    assert not known.contact(said(contact_id="c2", email="joe@acme.com"), "acme")
    assert not known.contact(said(AFTER), "acme")


def test_a_row_of_a_file_is_recognised_by_its_moment_and_a_contact_always() -> None:
    known = forgotten(an_erasure())
    events = [UsageEvent("acme", who, "e", at.isoformat(), 1, 1) for who in ("jane", "joe") for at in (BEFORE, AFTER)]
    assert [known.use(event) for event in events] == [True, False, False, False]
    people = [a_contact("c1"), a_contact("c2", email="jane@acme.com"), a_contact("c3", email="joe@acme.com")]
    assert [known.person(one) for one in people] == [True, True, False]
    assert not Forgotten({}).person(people[0])


def test_an_account_is_recognised_by_every_name_it_had() -> None:
    known = forgotten(an_erasure("account"))
    assert known.event(used(name="Acme Inc", source="mixpanel"), None)
    assert known.event(used(name="acme", source="segment"), None)
    assert not known.event(used(name="other"), None)
    nameless = forgotten(an_erasure("account", account_id=None))
    assert nameless.event(used(name="Acme Inc", source="mixpanel"), None)


def row(account: str = "acme", user: str = "jane", source: str = "", event_id: str = "") -> list[str]:
    return [account, user, "report", "2026-11-01", "1", event_id, "", source]


def test_a_persons_archived_events_stay_under_an_alias() -> None:
    erasure = an_erasure(refs=(Ref("mixpanel", "Acme Inc"),))
    scrubber = Scrubber(erasure)
    rows = [row(), row("Acme Inc", source="mixpanel", event_id="jane-7"), row(user="joe"), row("other")]
    first, second, *rest = scrubber.events(HEAD, rows)
    assert rest == rows[2:]
    assert (first[1], second[1]) == (alias(erasure, "jane"),) * 2
    assert "jane" not in second[5]
    assert scrubber.found == 2


def test_old_files_of_the_archive_name_no_source_and_no_event_ids() -> None:
    scrubber = Scrubber(an_erasure(account_id=None))
    ((_, user, *_),) = scrubber.events(HEAD[:4], [row()[:4]])
    assert user.startswith("erased-")


def test_a_name_made_of_a_users_id_is_recognised_and_stays_under_an_alias() -> None:
    erasure, own = an_erasure(refs=(Ref("segment", "user:jane"),)), Ref("segment", "user:jane")
    known = forgotten(erasure)
    assert known.member(own, "acme") == A_MOMENT.isoformat()
    assert known.member(Ref("segment", "user:joe"), "acme") == known.member(Ref("segment", "jane"), "acme") == ""
    [left] = Scrubber(erasure).events(HEAD, [row("user:jane", source="segment")])
    assert left[:2] == [f"user:{alias(erasure, 'jane')}", alias(erasure, "jane")]


def test_an_accounts_archived_events_go() -> None:
    scrubber = Scrubber(an_erasure("account"))
    assert list(scrubber.events(HEAD, [row(), row("Acme Inc", source="mixpanel"), row("other")])) == [row("other")]
    assert scrubber.found == 2


@pytest.mark.parametrize(
    ("kind", "known", "left"),
    [
        ("contact", {}, ["c2", "c3"]),
        ("user", {"contact_ids": (), "emails": ()}, ["c1", "c3"]),
        ("contact", {"contact_ids": (), "user_ids": (), "account_id": None}, ["c2"]),
        ("account", {}, ["c3"]),
        ("account", {"account_id": None}, ["c1", "c2", "c3"]),
    ],
)
def test_archived_people_go(kind: str, known: dict[str, Any], left: list[str]) -> None:
    head = ["account_id", "contact_id", "user_id", "email"]
    rows = [
        ["acme", "c1", "", "jane@acme.com"],
        ["acme", "c2", "jane" if kind == "user" else "", ""],
        ["other", "c3", "", "jane@acme.com"],
    ]
    assert [one[1] for one in Scrubber(an_erasure(kind, **known)).people(head, rows)] == left


def test_records_that_mention_somebody_go_and_their_neighbours_stay() -> None:
    scrubber = Scrubber(an_erasure(contact_ids=("c1",)))
    records = [
        {"reason": "is no address: 'jane@acme.com'"}, {"id": "c1"}, {"text": "c1 is short and may be anything"},
        {"who": ["x", {"name": "Jane Roe"}]}, {"who": "janet"}, {"n": 7},
    ]  # fmt: skip
    assert list(scrubber.lines(records)) == [records[2], *records[4:]]
    assert scrubber.found == 3
    nobody = Scrubber(an_erasure(user_ids=(), contact_ids=("c1",), emails=(), names=()))
    assert not nobody.mentions({"text": "Jane Roe"})


def test_a_body_loses_the_records_that_mention_somebody() -> None:
    jane, joe = {"userId": "jane"}, {"userId": "joe"}
    assert Scrubber(an_erasure()).body([jane, joe]) == [joe]
    assert Scrubber(an_erasure()).body([jane]) is None
    assert Scrubber(an_erasure()).body({"events": [jane, joe], "sent": "now"}) == {"events": [joe], "sent": "now"}
    assert Scrubber(an_erasure()).body(jane) is None
    assert Scrubber(an_erasure()).body("jane is no JSON") is None
    assert Scrubber(an_erasure()).body("joe is none either") == "joe is none either"


def test_an_account_is_renamed_wherever_a_night_named_it() -> None:
    scrubber = Scrubber(an_erasure("account"))
    assert (scrubber.whole_account, Scrubber(an_erasure()).whole_account) == ("acme", None)
    night = {"account_ids": ["acme", "other"], "lacking": {"acme": ["tier"]}, "planned": 2}
    renamed = {"account_ids": ["erased-1", "other"], "lacking": {"erased-1": ["tier"]}, "planned": 2}
    assert scrubber.renamed(night) == renamed
    assert scrubber.found == 2


@pytest.mark.parametrize(("at", "gone"), [(BEFORE, True), (A_MOMENT, True), (AFTER, False)])
def test_records_with_a_person_or_an_account_from_before_the_erasure_are_forgotten(at: Any, gone: bool) -> None:
    ref, said = Ref(OURS, "acme"), {"source": "signed", "key": "1", "changed_at": at}
    call, bill = Touchpoint(kind="call", at=at, contact_id="c1", **said), Invoice(due_on=at.date(), **said)
    ticket = Ticket(opened_at=BEFORE, contact_id="c1", **said)
    person, account = forgotten(an_erasure()), forgotten(an_erasure("account"))
    assert person.record(call, ref, "acme", at) == (None if gone else call)
    assert person.record(ticket, ref, "acme", at) == (replace(ticket, contact_id=None) if gone else ticket)
    assert person.record(bill, ref, "acme", at) == bill
    assert [account.record(one, ref, "acme", at) for one in (call, ticket, bill)] == (
        [None] * 3 if gone else [call, ticket, bill]
    )
