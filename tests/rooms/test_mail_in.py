"""What a mail's headers say: which conversation it answers, and whether a person wrote it."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.header import Header
from email.policy import default

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from health_monitor.act.forward import forwarded
from health_monitor.ingest.mail import LONGEST_HEAD, arrived_at, read_mail
from health_monitor.model.errors import BadRecord
from health_monitor.model.out_of_office import says_so

TOKEN = "abcdefghijklmnopqrstuvwxyz"
NOW = datetime(2026, 11, 2, 6, tzinfo=UTC)


def a_mail(*headers: str, to: str = "carla@example.com", sender: str = "Ann <ann@acme.example>") -> bytes:
    lines = (*headers, f"From: {sender}", f"To: {to}", "Subject: Re: Hello", "", "Sounds good.", "")
    return "\r\n".join(lines).encode()


@pytest.mark.parametrize("header", ["To", "Cc", "Delivered-To", "X-Original-To"])
def test_the_token_is_found_in_every_header_that_names_a_recipient(header: str) -> None:
    mail = read_mail(a_mail(f"{header}: Carla <Reply+{TOKEN.upper()}@answers.example.com>"))
    assert mail.tokens == (("reply", TOKEN),)


def test_and_in_the_envelope_that_our_provider_writes_above_all_others() -> None:
    ours = f"Received: from mx by inbound-smtp for reply+{TOKEN}@a.example; Mon, 02 Nov 2026 07:00:07 +0100"
    forged = f"Received: from x for reply+{TOKEN[::-1].replace('z', 'a')}@a.example; Mon, 01 Nov 2027 07:00:07 +0100"
    raw = a_mail(ours, forged)
    assert read_mail(raw).tokens == (("reply", TOKEN),)
    assert arrived_at(raw, NOW) == datetime(2026, 11, 2, 6, 0, 7, tzinfo=UTC)


@pytest.mark.parametrize("header", ["Received: by mx", "Received: by mx; soon", "X: y",
                                    "Received: by mx; Mon, 02 Nov 2026 07:00:07"])  # fmt: skip
def test_when_nobody_says_when_it_came_the_bucket_does(header: str) -> None:
    assert arrived_at(a_mail(header), NOW) == NOW


def test_the_mails_that_it_answers_are_named_the_nearest_first() -> None:
    mail = read_mail(a_mail("References: <first@ses> <second@ses>", "In-Reply-To: <third@ses>"))
    assert mail.answers == ("third@ses", "third", "second@ses", "second", "first@ses", "first")


HEADERS = (
    "From", "To", "Bcc", "Subject", "Received", "References", "In-Reply-To", "Message-ID", "Content-Type",
    "Return-Path", "Auto-Submitted", "Precedence",
)  # fmt: skip
AUTOMATIC = [
    "Auto-Submitted: auto-replied", "Auto-Submitted: auto-generated; owner=x", "Precedence: bulk",
    "Precedence: auto_reply", "X-Autoreply: yes", "X-Autorespond: 1", "X-Auto-Response-Suppress: All",
    "Return-Path: <>", 'Content-Type: multipart/report; report-type=delivery-status; boundary="x"',
    "X-Failed-Recipients: a@b.example",
]  # fmt: skip


@pytest.mark.parametrize("header", AUTOMATIC)
def test_what_no_person_wrote_says_so(header: str) -> None:
    assert read_mail(a_mail(header)).automatic == header.partition(":")[0]


def test_a_mail_servers_own_words_are_no_answer() -> None:
    assert read_mail(a_mail(sender="MAILER-DAEMON@mx.example")).automatic == "From"


@pytest.mark.parametrize(
    "header", ["Auto-Submitted: no", "Precedence: first-class", "Return-Path: <ann@acme.example>", "X: y"]
)
def test_a_person_is_believed(header: str) -> None:
    assert read_mail(a_mail(header)).automatic == ""


@pytest.mark.parametrize("subject", [
    "Automatic reply: A quick check-in", "Out of Office: Re: Hi", "Automatische Antwort: Hallo", "Abwesenheitsnotiz",
    "Réponse automatique : Bonjour", "Respuesta automática: Hola", "Risposta automatica: Ciao", "自動応答: Re",
    "[Auto-Reply] x", "Undeliverable: A quick check-in", "Automatiskt svar: Hej", "Автоматический ответ: привет",
])  # fmt: skip
def test_the_subject_is_the_last_resort(subject: str) -> None:
    assert says_so(subject)
    mail = a_mail().replace(b"Subject: Re: Hello", f"Subject: {subject}".encode())
    assert read_mail(mail.replace(subject.encode(), _encoded(subject).encode())).automatic == "Subject"


@pytest.mark.parametrize("subject", ["Re: Automatic reply: x", "Our automatic reply is broken", "AW: Abwesenheitsnotiz",
                                     "", "Out of officers", "Fwd: Out of office"])  # fmt: skip
def test_a_person_may_write_about_such_notes(subject: str) -> None:
    assert not says_so(subject)


def _encoded(text: str) -> str:
    return Header(text, "utf-8").encode()


def test_only_our_own_providers_verdict_counts_and_it_stands_first() -> None:
    mail = read_mail(a_mail("X-SES-Spam-Verdict: FAIL", "X-SES-Virus-Verdict: PASS", "X-SES-Spam-Verdict: PASS"))
    assert mail.verdicts == {"spam"}
    results = "Authentication-Results: amazonses.com; spf=pass; dmarc=fail header.from=acme.example"
    assert read_mail(a_mail(results, "X-SES-Virus-Verdict: FAIL")).verdicts == {"virus", "dmarc"}


@pytest.mark.parametrize(
    "raw", [b"", b"\0\xff\xfe", b"Subject: x\r\n\r\nhello", b"X: " + b"y" * LONGEST_HEAD + b"\n\n"]
)
def test_what_is_no_mail_is_refused_in_words(raw: bytes) -> None:
    with pytest.raises(BadRecord, match="mail: "):
        read_mail(raw)


def test_a_bounce_without_a_sender_is_still_a_mail() -> None:
    mail = read_mail(b"Return-Path: <>\r\nFrom: nobody\r\nSubject: =?x-no-such?q?=FF?=\r\n\r\n")
    assert (mail.sender, mail.automatic) == ("", "Return-Path")


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(HEADERS), st.binary(max_size=60)), max_size=8), st.binary(max_size=40))
def test_whatever_arrives_is_read_or_refused_and_can_be_passed_on(fields: list[tuple[str, bytes]], body: bytes) -> None:
    raw = b"".join(name.encode() + b": " + value + b"\r\n" for name, value in fields) + b"\r\n" + body
    arrived_at(raw, NOW)
    try:
        mail = read_mail(raw)
    except BadRecord:
        return
    data = forwarded(raw, "carla@example.com", "us@example.com", mail.sender, mail.sender_name, "m")
    head = data.partition(b"\r\n\r\n")[0].replace(b"\r\n ", b" ").replace(b"\r\n\t", b" ")
    assert sum(line.lower().startswith((b"to:", b"cc:", b"bcc:")) for line in head.split(b"\r\n")) == 1


def passed_on(raw: bytes, name: str = "Ann Müller", sender: str = "ann@acme.example", *, doubtful: bool = False) -> str:
    data = forwarded(raw, "carla@example.com", "us@example.com", sender, name, "mark", doubtful=doubtful)
    return data.decode("utf-8", "replace")


def test_it_goes_on_with_its_content_untouched_and_its_thread_whole() -> None:
    raw = (
        b"Return-Path: <ann@acme.example>\r\nDKIM-Signature: v=1\r\nX-SES-Spam-Verdict: PASS\r\n"
        b"From: Ann <ann@acme.example>\r\nTo: reply+x@a.example\r\nBcc: all@acme.example\r\n"
        b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nMessage-ID: <hers@acme.example>\r\nIn-Reply-To: <ours@ses>\r\n"
        b"References: <older@ses>\r\n <ours@ses>\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: multipart/mixed;\r\n boundary=b\r\n"
        b"\r\n--b\r\n\r\n\xff\x00raw\r\n--b--\r\n"
    )
    head, _, body = forwarded(raw, "carla@example.com", "us@example.com", "ann@acme.example", "Ann", "m").partition(
        b"\r\n\r\n"
    )
    assert body == raw.partition(b"\r\n\r\n")[2]
    lines = head.decode().splitlines()
    assert lines == [
        "From: Ann via Health Monitor <us@example.com>", "To: carla@example.com", "Reply-To: ann@acme.example",
        "X-Health-Monitor-Forwarded: m", "References: <older@ses>", " <ours@ses>", " <hers@acme.example>",
        "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=", "In-Reply-To: <ours@ses>", "MIME-Version: 1.0",
        "Content-Type: multipart/mixed;", " boundary=b",
    ]  # fmt: skip
    assert read_mail(head + b"\r\n\r\n").is_ours


def test_a_name_or_a_subject_cannot_add_headers() -> None:
    said = passed_on(a_mail().replace(b"Re: Hello", b"Hi\rBcc: all@x.example"), "Ann\r\nBcc: all@x.example")
    assert "\r\nBcc:" not in said
    assert "\rBcc" not in said
    assert "Subject: Hi Bcc: all@x.example" in said


def test_a_sender_who_may_be_forged_is_marked_where_everybody_sees_it() -> None:
    assert "Ann (sender not verified) via Health Monitor" in passed_on(a_mail(), "Ann", doubtful=True).replace(
        "\r\n", ""
    )
    assert "sender not verified" not in passed_on(a_mail(), "Ann")


@pytest.mark.parametrize("sender", ["", "ünn@acme.example", "not an address@"])
def test_an_address_that_cannot_be_answered_is_left_out(sender: str) -> None:
    said = passed_on(b" stray\nSubject: x", "", sender)
    assert "Reply-To" not in said
    assert "References" not in said
    assert "Subject: x" in said


def test_the_ids_of_mails_are_never_encoded_however_long_they_are() -> None:
    ours = f"<0102018f1b2c3d4e-{'5f' * 16}-000000@ap-southeast-2.amazonses.com>"
    hers = f"<{'DB9PR04MB' * 6}@DB9PR04MB1234.eurprd04.prod.outlook.com>"
    lines = passed_on(a_mail(f"References: {ours}", f"Message-ID: {hers}")).split("\r\n")
    at = lines.index(f"References: {ours}")
    assert lines[at + 1] == f" {hers}"


def test_a_sender_whose_address_holds_a_line_end_does_not_stop_the_mail() -> None:
    said = passed_on(a_mail(), "", '"a\r\nbcc: x"@x.example')
    assert "\r\nbcc:" not in said


def test_a_long_thread_keeps_its_beginning_and_its_end() -> None:
    many = " ".join(f"<{n}@x>" for n in range(200))
    said = passed_on(a_mail(f"References: {many}")).replace("\r\n ", " ")
    assert "<0@x> <150@x>" in said
    assert "<199@x>" in said
    assert "<149@x>" not in said


@pytest.mark.parametrize("name", [
    "jane.doe-fitzgerald@customer-success.international.acme.example", 'Doe, Jane (Berlin), "the one" of many offices',
    "Zoë Ünsal, Leiterin der Abteilung für Kundenzufriedenheit, EMEA", "李" * 60,
])  # fmt: skip
def test_a_long_name_stays_one_name_of_one_address(name: str) -> None:
    said = message_from_bytes(passed_on(a_mail(), name, doubtful=True).encode(), policy=default)
    (address,) = said["From"].addresses
    assert address.addr_spec == "us@example.com"
    # Python's reader leaves a gap between two encoded words, against RFC 2047; mail programs do not.
    assert "".join(address.display_name.split()) == "".join(
        f"{name[:60]} (sender not verified) via Health Monitor".split()
    )
