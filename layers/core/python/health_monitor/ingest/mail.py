"""A mail as it arrived: what it answers, whether a person wrote it, and whether it may be passed on."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.policy import compat32
from email.utils import getaddresses, parsedate_to_datetime
from typing import NamedTuple

from health_monitor.model.errors import BadRecord
from health_monitor.model.out_of_office import says_so

FORWARDED = "X-Health-Monitor-Forwarded"
"""Stands in everything that we pass on: what carries it came from us, and is not passed on again."""
LONGEST_HEAD = 256 * 1024
"""Bytes; mail servers write a few thousand."""
MOST_TOKENS, MOST_ANSWERS = 10, 40
"""Each is looked up; a forged mail may have thousands."""
_TOKEN = re.compile(r"(?<![\w.+-])(reply|unsubscribe)\+([a-z2-7]{26})@", re.IGNORECASE)
_ID = re.compile(r"<([^<>\s]{1,500})>")
_RECIPIENTS = ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To")
_ANSWERING = ("X-Autoreply", "X-Autorespond", "X-Autoresponse", "X-Auto-Response-Suppress", "X-Failed-Recipients")
_BULK = frozenset({"bulk", "junk", "list", "auto_reply", "auto-reply"})
_MACHINES = frozenset({"mailer-daemon", "postmaster", "mail-daemon"})
_LATER = re.compile(rb"\r?\n\r?\n")


class Received(NamedTuple):
    """What a mail's headers say.

    tokens: those in addresses that it came to, as (what is asked, token). answers: the ids of mails that it refers to,
    the nearest first. automatic: by what it is known that no person wrote it; empty when one did. verdicts: what the
    provider found wrong, of `spam`, `virus` and `dmarc`.
    """

    tokens: tuple[tuple[str, str], ...]
    answers: tuple[str, ...]
    automatic: str
    verdicts: frozenset[str]
    is_ours: bool
    sender: str
    sender_name: str


def read_mail(raw: bytes) -> Received:
    """Its headers; the text is never looked at. Raises BadRecord when it has none that can be used."""
    head = _LATER.split(raw, maxsplit=1)[0]
    if len(head) > LONGEST_HEAD:
        raise BadRecord("mail", f"has more than {LONGEST_HEAD:,} bytes of headers", "look at it in the bucket")
    mail = message_from_bytes(head + b"\n\n", policy=compat32)
    said = _Said(mail)
    sender_name, sender = said.sender()
    if not sender and not said.get("Return-Path"):
        raise BadRecord("mail", "says nowhere who sent it", "look at it in the bucket")
    return Received(
        tuple(dict.fromkeys(said.tokens()))[:MOST_TOKENS], tuple(dict.fromkeys(said.answers()))[:MOST_ANSWERS],
        said.automatic(sender),
        frozenset(said.verdicts()), FORWARDED in mail, sender, sender_name,
    )  # fmt: skip


def arrived_at(raw: bytes, otherwise: datetime) -> datetime:
    """When our provider took it, by the line it wrote above all others; the sender's own date is not believed."""
    first = message_from_bytes(_LATER.split(raw, maxsplit=1)[0] + b"\n\n", policy=compat32).get("Received", "")
    try:
        at = parsedate_to_datetime(str(first).rpartition(";")[2].strip())
        return at.astimezone(UTC) if at.tzinfo else otherwise
    except (ValueError, TypeError, OverflowError):
        return otherwise


class _Said:
    """Headers as texts; of one that stands twice the first, which our own provider wrote above the sender's."""

    def __init__(self, mail: Message) -> None:
        self._mail = mail

    def get(self, name: str) -> str:
        return str(self._mail.get(name, "")).strip()

    def all(self, *names: str) -> list[str]:
        return [str(value) for name in names for value in self._mail.get_all(name, [])]

    def sender(self) -> tuple[str, str]:
        for name, address in getaddresses(self.all("From")[:1]):
            if "@" in address:
                return _decoded(name), address.lower()
        return "", ""

    def tokens(self) -> Iterator[tuple[str, str]]:
        envelope = self.all("Received")[:1]
        for text in (*envelope, *self.all(*_RECIPIENTS)):
            yield from ((kind.lower(), token.lower()) for kind, token in _TOKEN.findall(text))

    def answers(self) -> Iterator[str]:
        references = [found for text in self.all("References") for found in _ID.findall(text)]
        for full in (*(one for text in self.all("In-Reply-To") for one in _ID.findall(text)), *reversed(references)):
            yield from (full, full.partition("@")[0])

    def automatic(self, sender: str) -> str:
        """By which header it is known; the words of the subject only where no header says so."""
        kind = self.get("Content-Type").partition(";")[0].strip().lower()
        known = {
            "Auto-Submitted": self.get("Auto-Submitted").partition(";")[0].strip().lower() not in ("", "no"),
            "Precedence": self.get("Precedence").lower() in _BULK,
            "Return-Path": self.get("Return-Path") == "<>",
            "Content-Type": kind in ("multipart/report", "message/delivery-status"),
            "From": sender.partition("@")[0] in _MACHINES,
            **{name: bool(self.get(name)) for name in _ANSWERING},
            "Subject": says_so(_decoded(self.get("Subject"))),
        }
        return next((name for name, holds in known.items() if holds), "")

    def verdicts(self) -> Iterator[str]:
        for name in ("spam", "virus"):
            if self.get(f"X-SES-{name}-Verdict").upper() == "FAIL":
                yield name
        results = self.get("Authentication-Results").lower()
        if self.get("X-SES-DMARC-Verdict").upper() == "FAIL" or re.search(r"\bdmarc=fail\b", results):
            yield "dmarc"


def _decoded(text: str) -> str:
    """A header's encoded words as text, in one line."""
    try:
        return " ".join(str(make_header(decode_header(text))).split())
    except (MessageError, ValueError, LookupError):
        return " ".join(text.split())
