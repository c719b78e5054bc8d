"""Forgetting: afterwards nothing that is stored names them, every count is what it was, and it does not come back."""

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, timedelta
from functools import partial
from itertools import count, product
from typing import Any

import pytest

from health_monitor import wiring
from health_monitor.adapters.memory import MemoryWorld, memory_world
from health_monitor.flows.archive import archive_records, read_rows
from health_monitor.flows.conversing import change
from health_monitor.flows.deliver import deliver_to_slack
from health_monitor.flows.erase import SETTLED_AFTER, erase, erase_open, receipt
from health_monitor.flows.forget import request
from health_monitor.flows.rebuild import rebuild
from health_monitor.flows.reception import Reception, put_waiting
from health_monitor.flows.runs import pack_lines, unpack_lines
from health_monitor.flows.send_outreach import tell_uncertain
from health_monitor.flows.take_in import take_in
from health_monitor.model.alert import Errand, Message
from health_monitor.model.crm import NotLogged
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.heard import OURS, HeardAccount, HeardContact, HeardDeletion, Ref
from health_monitor.model.intake import Reject
from health_monitor.model.outreach import Conversation, Entry, Flag, Response, Suppression, Wording
from health_monitor.model.records import Person, Survey
from health_monitor.model.score import Signal
from health_monitor.model.source import Erasure
from health_monitor.model.usage import History, Series
from health_monitor.simulate.workflow import deliver_all
from tests.builders import (
    A_MOMENT,
    a_contact,
    a_conversation,
    a_mail,
    a_message,
    a_notice,
    a_standing,
    a_ticket,
    a_touch,
    an_account,
)
from tests.flows.crashes import Countdown, died, mortal
from tests.flows.slack_room import counter
from tests.flows.stage import NIGHT, a_world, run_night, run_steps
from tests.flows.test_take_in import a_claim, a_company, a_person, an_event, took

ERASED = A_MOMENT + timedelta(hours=1)
SETTLED = ERASED + SETTLED_AFTER
ERASED_WORD = "(erased)"
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
    written_to(world)
    rebuilt(world)
    return world


def written_to(world: MemoryWorld) -> None:
    """Mail went to her, and more is to go; she answered; colleagues said things about her."""
    late = A_MOMENT - timedelta(days=3)
    for n, who in enumerate((HERS, HIS)):
        world.conversations.start(who)
        world.threads.remember([f"token-{n}", f"0100-{n}"], who.conversation_id)
    world.notices.save_absent(a_notice(f"{HERS.alert_id}/opened", status="held", messages=(a_message(text=TOLD),)))
    met, said = {"kind": "meeting", "at": late}, {"source": "contacts", "changed_at": late}
    world.dossiers.save(
        "falls",
        [
            a_touch("m-1", contact_id="jane-1", **met), a_touch("m-2", contact_id="joe-1", **met),
            a_ticket("t-1", contact_id="jane-1"), Person(key="jane-1", **said), Person(key="joe-1", **said),
        ],
    )  # fmt: skip
    ref = Ref(OURS, "falls")
    archive_records(world.blobs, "hubspot", [(ref, one) for one in world.dossiers.read(["falls"])["falls"].records()])
    answer = Survey(source="wootric", key="jane@falls.example", changed_at=late, survey="nps", score=3, at=late)
    world.dossiers.save("falls", [answer])
    signal = Signal("sponsor_departed", "critical", "the sponsor left", ("person:contacts/jane-1", answer.name))
    world.standings.write([a_standing("falls", signals=(signal,)), a_standing("steady-1")])
    measured = {"name": "nps", "records": [answer.name], "numbers": {"score": 3}}
    line = {"account_id": "falls", "health": {"use": {"key_users": [["jane-user", 3]]}, "dimensions": [measured]}}
    world.blobs.put("history/nightly/2026-10-01/0.jsonl.gz", pack_lines([line, {"account_id": "steady-1"}]))
    world.flags.put("falls", Flag(kind="complex", because="Jane Roe has left", by="carla@example.com", at=late))
    world.flags.put("falls", Flag(kind="escalation", because="an outage", by="carla@example.com", at=late))
    world.quotas.take("contact/falls/jane-1", HERS.conversation_id, late, 1, timedelta(days=14))
    world.suppressions.add("jane@falls.example", Suppression(reason="unsubscribed", at=late, source="link"))
    failure = {"vendor": "hubspot", "key": f"{HERS.conversation_id}|check_in sent", "why": "busy", "since": late}
    world.crm_ledger.failed(NotLogged.model_validate(failure), surely=True)
    world.blobs.put(
        "mail/1", b"From: =?utf-8?q?Jane?= Roe\r\nContent-Transfer-Encoding: base64\r\n\r\nSSBhbSBqYW5lLXVzZXI="
    )
    world.blobs.put("mail/2", b"From: bob@elsewhere.example\r\n\r\nHello")
    world.blobs.put("config/pilot-1.csv", b"account_id\nfalls\nsteady-1\n")


TOLD = "Usage fell.\nSuggested mail to Jane Roe <jane@falls.example>\n> Hi Jane"
WORDS = Wording(subject="Jane Roe, a question", text="Hi Jane,\nwe miss jane-user.")
HERS = a_conversation(
    "falls", date(2026, 9, 1), contact_id="jane-1", contact_name="Jane Roe", contact_email="Jane@falls.example",
    reasons=("Jane Roe is the champion",), check_in=a_mail(suggested=WORDS, wording=WORDS, status="sent"),
    follow_up=a_mail(step="follow_up", suggested=WORDS, status="queued", due_at=A_MOMENT),
    response=Response(kind="reply", at=A_MOMENT, source="mail", source_key="<1.jane@falls.example>"),
    log=(Entry(at=A_MOMENT, what="edited", code="edited", because="to jane-1", by="carla@example.com"),),
)  # fmt: skip
HIS = a_conversation(
    "falls", date(2026, 9, 2), contact_id="joe-1", contact_name="Joe", contact_email="joe@falls.example",
    check_in=a_mail(suggested=Wording(subject="Hi", text="Jane Roe told us"), status="queued", due_at=A_MOMENT),
    follow_up=a_mail(step="follow_up", suggested=Wording(subject="Hi", text="Hi Joe")),
)  # fmt: skip


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
    more = (world.states, world.journal, world.sources, world.shelf, world.quotas, world.suppressions, world.crm_ledger)
    kept = [port for name, port in vars(ports).items() if name != "outbox"]
    return everything([*kept, *more, world.outreach_switch])


def forget(
    world: MemoryWorld,
    kind: str = "contact",
    name: str = "jane-1",
    account_id: str | None = "falls",
    at: datetime = ERASED,
) -> Erasure:
    """At once, and once more when every function that may not have known of it has ended."""
    begun = remove(world, kind, name, account_id, at)
    erase_open(lambda: at + SETTLED_AFTER, lambda: False, Reception.of(world))
    (finished,) = (one for one in world.erasures.all() if one.erasure_id == begun.erasure_id)
    return finished


def remove(
    world: MemoryWorld,
    kind: str = "contact",
    name: str = "jane-1",
    account_id: str | None = "falls",
    at: datetime = ERASED,
) -> Erasure:
    ports = Reception.of(world)
    (left,) = erase([request(kind, name, account_id, at, ports)], lambda: at, lambda: False, ports)
    return left


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
    assert finished.finished_at == SETTLED
    assert finished.removed["archive"] == 8


OWN = Ref("segment", "user:jane-user")


@pytest.mark.parametrize("account_id", ["falls", None])
def test_a_name_that_is_the_persons_own_is_an_alias_too_and_their_use_is_still_counted(
    lived: MemoryWorld, account_id: str | None
) -> None:
    member = HeardAccount(ref=Ref("segment", "falls"), facts={}, members=(OWN,), changed_at=A_MOMENT)
    took(lived, [member, an_event(OWN.name, "jane-user", source=OWN.source, event="own")], "segment")
    before = rebuilt(lived)
    for hours in range(2):
        forget(lived, "user", "jane-user", account_id, ERASED + timedelta(hours=hours))
        took(lived, [member], "segment")
        assert "jane-user" not in stored(lived)
        assert rebuilt(lived) == before


@pytest.mark.parametrize("account_id", ["falls", None])
def test_what_waits_under_a_name_that_is_the_persons_own_goes(lived: MemoryWorld, account_id: str | None) -> None:
    took(lived, [an_event(OWN.name, "jane-user", source=OWN.source)], "segment")
    forget(lived, "user", "jane-user", account_id)
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


def test_nothing_is_sent_to_an_erased_person_and_the_story_stays_without_them(lived: MemoryWorld) -> None:
    forget(lived)
    hers = lived.conversations.get(HERS.conversation_id)
    assert hers
    assert (hers.ended, hers.contact_id, hers.contact_name, hers.contact_email) == ("erased", None, None, None)
    assert [mail.status for mail in hers.mails] == ["sent", "cancelled"]
    assert {mail.final.text for mail in hers.mails} == {ERASED_WORD}
    assert hers.check_in.suggested == hers.check_in.wording
    assert hers.next_at is None
    assert hers not in lived.conversations.due(A_MOMENT + timedelta(days=99))
    assert [entry.what for entry in hers.log] == ["edited", "cancelled", "ended"]
    assert lived.threads.find("token-0") is None


def test_a_mail_to_somebody_else_that_names_them_is_not_sent_either(lived: MemoryWorld) -> None:
    forget(lived)
    his = lived.conversations.get(HIS.conversation_id)
    assert his
    assert (his.ended, his.contact_name, his.contact_email) == ("erased", "Joe", "joe@falls.example")
    assert (his.check_in.final.text, his.follow_up and his.follow_up.final.text) == (ERASED_WORD, "Hi Joe")


def test_what_the_csm_is_still_to_be_told_of_the_alert_stays_without_the_suggested_mail(lived: MemoryWorld) -> None:
    forget(lived)
    notice = lived.notices.get(f"{HERS.alert_id}/opened")
    assert notice
    assert [getattr(message, "text", "") for message in notice.messages] == [f"Usage fell.\n{ERASED_WORD}"]
    assert notice.status == "held"


def test_where_the_account_stands_and_stood_names_an_alias_instead(lived: MemoryWorld) -> None:
    forget(lived)
    standings = lived.standings.read(["falls", "steady-1"])
    (signal,) = standings["falls"].signals
    assert (signal.said, signal.records[0][:23]) == ("the sponsor left", "person:contacts/erased-")
    assert standings["steady-1"] == a_standing("steady-1")
    night = lived.blobs.get("history/nightly/2026-10-01/0.jsonl.gz") or b""
    hers, other = unpack_lines(night)
    assert hers["health"]["use"]["key_users"][0][0].startswith("erased-")
    assert other == {"account_id": "steady-1"}
    [answer] = lived.dossiers.read(["falls"])["falls"].surveys
    assert answer.key.startswith("erased-")
    assert hers["health"]["dimensions"][0]["records"] == [signal.records[1]] == [answer.name], "lineage still finds it"


def test_archived_records_are_nobody_s(lived: MemoryWorld) -> None:
    forget(lived)
    kept = {
        kind: [
            dict(zip(head, row, strict=True))
            for key in lived.blobs.keys(f"archive/{kind}/")
            for head, *rows in [list(read_rows(lived.blobs.get(key) or b""))]
            for row in rows
        ]
        for kind in ("tickets", "touchpoints", "persons")
    }
    assert [(one["key"], one["contact_id"]) for one in kept["tickets"]] == [("t-1", "")]
    assert [one["key"] for one in kept["touchpoints"]] == ["m-2"]
    assert [one["key"] for one in kept["persons"]] == ["joe-1"]


def test_what_others_said_and_who_else_was_met_stays(lived: MemoryWorld) -> None:
    forget(lived)
    assert [flag.because for flag in lived.flags.of("falls")] == [ERASED_WORD, "an outage"]
    left = lived.dossiers.read(["falls"])["falls"]
    assert [one.key for one in (*left.touchpoints, *left.persons)] == ["m-2", "joe-1"]
    assert left.tickets == (a_ticket("t-1"),), "the request stays; whose it was is forgotten"
    assert list(lived.blobs.keys("mail/")) == ["mail/2"]


def test_that_an_erased_person_wants_no_mail_is_kept_and_the_receipt_says_so(lived: MemoryWorld) -> None:
    finished = forget(lived)
    assert lived.suppressions.find("jane@falls.example")
    assert any("wants no mail" in note for note in receipt(finished)["notes"])


def test_a_person_who_is_known_only_from_a_conversation_is_forgotten_there_and_under_their_address(
    lived: MemoryWorld,
) -> None:
    lived.accounts.remove_contacts("falls", ["jane-1"])
    deletion = HeardDeletion(source="hubspot", kind="contact", name="jane-1", requested_at=ERASED)
    take_in("hubspot", [deletion], ERASED, Reception.of(lived))
    for at in (ERASED, SETTLED):
        erase_open(lambda at=at: at, lambda: False, Reception.of(lived))
    assert [known for known in ("jane-1", "Jane Roe", "jane@falls.example") if known in stored(lived)] == []


def test_an_erased_account_leaves_the_pilots_list(lived: MemoryWorld) -> None:
    forget(lived, "account", "falls")
    assert lived.blobs.get("config/pilot-1.csv") == b"account_id\nsteady-1\n"
    assert lived.threads.find("token-0") is None
    assert lived.conversations.of_account("falls") == []


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
    waiting = [one for one in world.outbox.messages if isinstance(one, Message) and "sinks/" in one.message_id]
    assert waiting
    forget(world, "account", "sinks", "sinks")
    deliver_all(world)
    sent = [one.message_id for name in ("email", "slack") for one in world.courier(name).delivered]
    assert sent
    assert [one for one in sent if one.startswith("sinks/")] == []


@pytest.mark.parametrize(("kind", "name"), [("contact", "jane-1"), ("account", "falls")])
def test_what_colleagues_were_to_be_told_of_a_conversation_is_dropped_with_it(
    lived: MemoryWorld, kind: str, name: str
) -> None:
    slack = lived.slack_desk()
    for step, status in product(("check_in", "follow_up"), ("draft", "queued", "uncertain", "bounced")):
        change(lived.conversations, HERS.conversation_id, partial(in_state, step=step, status=status))
        slack.failures.append(NeedsHuman("slack: invalid_auth"))
        with pytest.raises(NeedsHuman):
            deliver_to_slack(
                Errand(errand_id="x", channel="slack", conversation_id=HERS.conversation_id), 5, counter(lived)
            )
    tell_uncertain(HERS, "check_in", lived.outbox, "operations@example.com")
    waiting = [one for one in lived.outbox.messages if isinstance(one, Message) and "Jane" in one.text]
    assert len(waiting) == 9
    forget(lived, kind, name)
    deliver_all(lived)
    assert [one for one in lived.courier("email").delivered if "Jane" in one.text] == []


def in_state(known: Conversation, step: str, status: str) -> Conversation:
    mails: dict[str, Any] = {"check_in": a_mail(status="sent"), "follow_up": None}
    mails[step] = a_mail(step=step, status=status)
    return known.model_copy(update={**mails, "card": None})


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
    erase_open(lambda: ERASED, lambda: False, Reception.of(lived))
    (finished,) = erase_open(lambda: SETTLED, lambda: False, Reception.of(lived))
    assert [known for known in PERSON if known in stored(lived)] == []
    assert rebuilt(lived) == before
    assert finished.finished_at
    assert erase_open(lambda: SETTLED, lambda: False, Reception.of(lived)) == []


def test_the_search_of_all_accounts_goes_on_where_its_time_was_up(lived: MemoryWorld) -> None:
    ports, before = Reception.of(lived), counts(lived)
    take_in(
        "segment", [HeardDeletion(source="segment", kind="user", name="jane-user", requested_at=ERASED)], ERASED, ports
    )
    for at in (ERASED, SETTLED):
        places: list[str | None] = []
        while not places or places[-1]:
            steps = iter([False, False, False])
            (left,) = erase_open(lambda at=at: at, lambda steps=steps: next(steps, True), ports)
            places.append(left.done_through)
        assert len(set(places)) == len(places)
    assert {str(place).partition("/")[0] for place in places} >= {"search", "table", "archive"}
    assert [known for known in PERSON if known in stored(lived)] == []
    assert (counts(lived), rebuilt(lived)) == (before, before)
    assert left.finished_at


def test_an_erasure_goes_on_where_its_time_was_up(lived: MemoryWorld) -> None:
    ports = Reception.of(lived)
    request("contact", "jane-1", "falls", ERASED, ports)
    rounds, erasure = 0, ports.erasures.all()[0]
    while erasure.finished_at is None:
        rounds += 1
        at = SETTLED if erasure.state.startswith("removed") else ERASED
        (erasure,) = erase(ports.erasures.all(), lambda at=at: at, lambda: True, ports)
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
        erase_open(lambda: SETTLED, lambda: False, Reception.of(world))
        assert [one.state for one in world.erasures.all() if one.state != "finished"] == []
        forget(world, kind, name, at=SETTLED)
        assert [known for known in tokens if known in stored(world)] == [], f"dead at write {at}"
        assert counts(world) == expected
        assert rebuilt(world) == rebuilt(undisturbed)
    assert at > 10


def test_a_deletion_of_an_unknown_account_removes_what_waits_and_keeps_it_away() -> None:
    world = memory_world(A_MOMENT)
    took(world, [an_event("Umbrella", source="mixpanel"), a_person("c9", "Umbrella", source="mixpanel")])
    deletion = HeardDeletion(source="mixpanel", kind="account", name="Umbrella", requested_at=ERASED)
    intake = took(world, [deletion, an_event("Umbrella", source="mixpanel")])
    for at in (ERASED, SETTLED):
        erase_open(lambda at=at: at, lambda: False, Reception.of(world))
    assert intake.erased == 1
    assert "Umbrella" not in stored(world)


def test_all_that_is_open_is_forgotten_in_one_pass_in_which_a_file_is_read_and_written_once(
    lived: MemoryWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = []
    for kind, name in (("contact", "jane-1"), ("user", "joe"), ("account", "steady-1")):
        world = lived_in(a_world())
        finished = forget(world, kind, name, name if kind == "account" else "falls")
        alone.append((kind, finished.removed["rows"]))
    for kind, name in (("contact", "jane-1"), ("user", "joe"), ("account", "steady-1")):
        request(kind, name, name if kind == "account" else "falls", ERASED, Reception.of(lived))
    reads, get = Counter[str](), lived.blobs.get
    monkeypatch.setattr(lived.blobs, "get", lambda key: reads.update([key]) or get(key))
    moments = (ERASED + timedelta(seconds=second) for second in count())
    erase_open(lambda: next(moments), lambda: False, Reception.of(lived))
    assert max(reads.values()) == 1
    monkeypatch.undo()
    an_hour_later = ERASED + timedelta(hours=1)
    together = erase_open(lambda: an_hour_later, lambda: False, Reception.of(lived))
    assert sorted((one.kind, one.removed["rows"]) for one in together) == sorted(alone)
    assert len({one.erasure_id for one in together}) == len(list(lived.blobs.keys("erasures/"))) == 3
    left = stored(lived)
    assert [known for known in (*PERSON, "joe", "steady-1") if known in left] == []


def test_who_asks_during_a_pass_joins_at_the_next_one(lived: MemoryWorld) -> None:
    ports = Reception.of(lived)
    first = request("contact", "jane-1", "falls", ERASED, ports)
    steps = iter([False] * 6)
    erase_open(lambda: ERASED, lambda: next(steps, True), ports)
    second = request("user", "joe", "falls", ERASED + timedelta(minutes=5), ports)
    steps = iter([False, False])
    erase_open(lambda: SETTLED, lambda: next(steps, True), ports)
    passes = {one.erasure_id: one.pass_at for one in lived.erasures.all()}
    assert passes == {first.erasure_id: ERASED, second.erasure_id: None}
    erase_open(lambda: SETTLED, lambda: False, ports)
    states = {one.erasure_id: one.state for one in lived.erasures.all()}
    assert states == {first.erasure_id: "finished", second.erasure_id: "removed, last check pending"}
    erase_open(lambda: SETTLED + SETTLED_AFTER, lambda: False, ports)
    assert [one.state for one in lived.erasures.all()] == ["finished", "finished"]
    assert [known for known in (*PERSON, "joe") if known in stored(lived)] == []


def test_a_function_that_did_not_know_of_it_brings_nobody_back(
    lived: MemoryWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    users, (ring,) = lived.rings.users("falls"), lived.rings.read(["falls"]).values()
    before = counts(lived)
    removed = remove(lived)
    assert (removed.state, removed.finished_at) == ("removed, last check pending", None)
    assert [known for known in PERSON if known in everything(vars(lived.blobs))] == []
    with monkeypatch.context() as unaware:
        unaware.setattr(lived.erasures, "forgotten", dict)
        own = HeardAccount(ref=Ref("segment", "falls"), facts={}, members=(OWN,), changed_at=A_MOMENT)
        took(lived, [an_event("falls", "jane-user", days_ago=days) for days in (0, 1, 3)])
        took(lived, [jane_at("falls", OURS), own])
    lived.rings.write([History("falls", ring.series, tuple(users), ring.compacted)])
    assert all(known in stored(lived) for known in PERSON)
    waiting = erase_open(lambda: SETTLED - timedelta(seconds=1), lambda: False, Reception.of(lived))
    assert [one.state for one in waiting] == ["removed, last check pending"]
    (finished,) = erase_open(lambda: SETTLED, lambda: False, Reception.of(lived))
    assert (finished.state, finished.finished_at) == ("finished", SETTLED)
    assert [known for known in PERSON if known in stored(lived)] == []
    assert counts(lived) == before
    assert rebuilt(lived) == before


def test_an_account_that_was_told_of_meanwhile_goes_again_with_its_new_name(
    lived: MemoryWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove(lived, "account", "falls")
    with monkeypatch.context() as unaware:
        unaware.setattr(lived.erasures, "forgotten", dict)
        lived.accounts.save([an_account("falls", name="The Falls Company")])
        lived.names.claim([a_claim("Falls Incorporated", "falls")])
        took(lived, [an_event("Falls Incorporated", "joe", source="mixpanel")])
    erase_open(lambda: SETTLED, lambda: False, Reception.of(lived))
    assert [line[:100] for line in stored(lived).splitlines() if "falls" in line or "Falls" in line] == []


def test_a_deletion_that_is_delivered_again_forgets_nothing_that_was_known(lived: MemoryWorld) -> None:
    ports = Reception.of(lived)
    erasure = request("contact", "jane-1", "falls", ERASED, ports)
    ports.erasures.save(erasure.model_copy(update={"done_through": None, "removed": {}}))
    again = request("contact", "jane-1", "falls", ERASED, ports)
    assert (again.user_ids, again.marks) == (("jane-user",), erasure.marks)
    finished = forget(lived)
    assert request("contact", "jane-1", "falls", ERASED, ports) == finished
