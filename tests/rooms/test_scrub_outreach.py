"""What is left of conversations, flags, messages and mails when somebody has to be forgotten."""

from datetime import UTC, datetime

import pytest

from health_monitor.ingest.mail_words import words_of
from health_monitor.ingest.scrub import Scrubber
from health_monitor.ingest.scrub_outreach import ERASED, concerns, is_with, scrubbed, scrubbed_flag, scrubbed_message
from health_monitor.model.alert import Errand
from health_monitor.model.outreach import Entry, Flag, Response, Wording
from health_monitor.model.source import Erasure
from tests.builders import a_conversation, a_mail, a_message

AT = datetime(2026, 11, 2, 6, tzinfo=UTC)
JANE = Scrubber(
    Erasure(
        erasure_id="1",
        kind="contact",
        account_id="acme",
        contact_ids=("jane-1",),
        emails=("jane@acme.example",),
        names=("Jane Roe",),
        pseudonym="erased-1",
        requested_at=AT,
    )
)


@pytest.mark.parametrize("known", [{"contact_id": "jane-1"}, {"contact_id": "x", "contact_email": "Jane@ACME.example"}])
def test_a_conversation_is_with_somebody_by_id_or_by_address(known: dict[str, str]) -> None:
    assert is_with(a_conversation(**known), JANE)
    assert not is_with(a_conversation("another", **known), JANE)
    assert not is_with(a_conversation(contact_email=None), JANE)


def test_of_a_conversation_with_them_when_what_happened_is_left() -> None:
    words = Wording(subject="Hi", text="Hi Jane")
    entry = Entry(at=AT, what="dismissed", code="not_a_risk", because="Jane Roe says so", by="carla@example.com")
    one = a_conversation(
        contact_id="jane-1", contact_name="Jane Roe", check_in=a_mail(suggested=words, wording=words),
        follow_up=a_mail(step="follow_up"), log=(entry,), reasons=("Jane Roe is the champion", "standard"),
        response=Response(kind="reply", at=AT, source="mail", source_key="jane@acme.example"),
    )  # fmt: skip
    left = scrubbed(one, JANE)
    assert (left.contact_id, left.contact_name, left.contact_email) == (None, None, None)
    assert left.check_in.wording == left.check_in.suggested == Wording(subject=ERASED, text=ERASED)
    assert left.follow_up
    assert left.follow_up.wording is None
    assert left.reasons == (ERASED, "standard")
    assert (left.log[0].because, left.log[0].code, left.log[0].by) == (ERASED, "not_a_risk", "carla@example.com")
    assert left.response
    assert (left.response.kind, left.response.source_key) == ("reply", ERASED)
    assert scrubbed(left, JANE) == left
    assert not concerns(left, JANE)


def test_a_conversation_that_has_nothing_to_do_with_them_stays_as_it_is() -> None:
    one = a_conversation()
    assert not concerns(one, JANE)
    assert scrubbed(one, JANE) == one


def test_a_conversation_with_somebody_else_loses_only_the_mail_that_names_them() -> None:
    one = a_conversation(check_in=a_mail(suggested=Wording(subject="Hi", text="as Jane Roe said")),
                         follow_up=a_mail(step="follow_up"))  # fmt: skip
    left = scrubbed(one, JANE)
    assert concerns(one, JANE)
    assert (left.contact_name, left.check_in.final.text, left.follow_up) == ("Charlie", ERASED, one.follow_up)


def test_what_was_said_of_an_account_stays_unless_it_names_them() -> None:
    flag = Flag(kind="complex", because="Jane Roe left", by="carla@example.com", at=AT)
    assert scrubbed_flag(flag, JANE).because == ERASED
    other = flag.model_copy(update={"because": "an outage"})
    assert scrubbed_flag(other, JANE) == other


def test_a_message_ends_where_it_begins_to_speak_of_them() -> None:
    told = a_message(text="Usage fell.\n\nSuggested mail to Jane Roe\n> Hi Jane")
    assert scrubbed_message(told, JANE).model_dump()["text"] == f"Usage fell.\n\n{ERASED}"
    errand = Errand(errand_id="e", channel="slack", conversation_id="c")
    assert [scrubbed_message(one, JANE) for one in (a_message(), errand)] == [a_message(), errand]


@pytest.mark.parametrize(
    "raw",
    [
        b"From: Jane Roe <jane@acme.example>\r\n\r\nHi",
        b"From: =?utf-8?b?SmFuZSBSb2U=?= <x@y.example>\r\n\r\nHi",
        b"Subject: Hi\r\nContent-Transfer-Encoding: base64\r\n\r\nSSBhbSBKYW5lIFJvZQ==",
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        b"Jane=20Roe\r\n--b--",
    ],
)
def test_a_mail_names_somebody_in_whatever_encoding(raw: bytes) -> None:
    assert JANE.mentions(words_of(raw))


@pytest.mark.parametrize(
    "raw", [b"", b"\xff\xfe", b"From: =?nonsense?b?SmF?= x\r\n\r\nHi", b"Subject: =?utf-8?b?!?=\n\n"]
)
def test_a_mail_that_cannot_be_read_names_nobody(raw: bytes) -> None:
    assert not JANE.mentions(words_of(raw))
