"""How records of forgotten people are recognised when they come again: by digests, which name nobody."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from health_monitor.model.account import Contact
from health_monitor.model.heard import OF_USER, OURS, HeardContact, HeardEvent, Ref
from health_monitor.model.records import AnyRecord, Survey, Ticket
from health_monitor.model.source import Erasure
from health_monitor.model.usage import UsageEvent

ANYWHERE = ""
"""Stands for the account where a person is to be forgotten at all of them."""


def mark(kind: str, *parts: str) -> str:
    """The digest of a name."""
    return hashlib.sha256("\0".join((kind, *parts)).encode(errors="replace")).hexdigest()[:32]


def alias(erasure: Erasure, user_id: str) -> str:
    """What stands in a user's place where uses are counted: each keeps its own, so that counts stay what they are."""
    return f"erased-{mark('alias', erasure.erasure_id, user_id)[:12]}"


def marks_of(erasure: Erasure) -> tuple[str, ...]:
    """Everything by which the erasure's people or account may be named."""
    return tuple(sorted(set(_marks(erasure))))


def _marks(erasure: Erasure) -> Iterator[str]:
    where = erasure.account_id or ANYWHERE
    if erasure.kind == "account":
        yield from (mark("name", *ref) for ref in erasure.refs)
        if erasure.account_id:
            yield mark("account", erasure.account_id)
        return
    yield from (mark("user", where, user_id) for user_id in erasure.user_ids)
    yield from (mark("contact", where, contact_id) for contact_id in erasure.contact_ids)
    yield from (mark("email", where, email.lower()) for email in erasure.emails)


class Forgotten:
    """Which records are of forgotten people or accounts, and from before they were forgotten."""

    def __init__(self, marks: Mapping[str, datetime]) -> None:
        self._marks = {found: at.astimezone(UTC).isoformat() for found, at in marks.items()}
        self._known: dict[tuple[str, ...], str] = {}

    def __bool__(self) -> bool:
        return bool(self._marks)

    def event(self, event: HeardEvent, account_id: str | None) -> bool:
        """Whether the event happened before its user or account was forgotten."""
        return event.occurred_at <= max(self.account(event.ref, account_id), self.user(account_id, event.user_id))

    def use(self, event: UsageEvent) -> bool:
        """The same of an event under our own account id."""
        account_id = event.account_id
        return event.occurred_at <= max(
            self.account(Ref(OURS, account_id), account_id), self.user(account_id, event.user_id)
        )

    def person(self, contact: Contact) -> bool:
        """Whether the person was ever forgotten, where nobody says how old the record is."""
        facts = {"user_id": contact.user_id, "email": contact.email}
        ref, at = Ref(OURS, contact.account_id), datetime.min.replace(tzinfo=UTC)
        heard = HeardContact(ref=ref, contact_id=contact.contact_id, facts=facts, changed_at=at)
        return bool(self) and self.contact(heard, contact.account_id)

    def contact(self, contact: HeardContact, account_id: str | None) -> bool:
        """Whether what is said of the person is older than the erasure."""
        people = {"user_id": self.user, "email": self.email}
        moments = [look(account_id, str(contact.facts[of])) for of, look in people.items() if contact.facts.get(of)]
        moments += [self.account(contact.ref, account_id), self._of("contact", account_id, contact.contact_id)]
        return contact.changed_at.astimezone(UTC).isoformat() <= max(moments)

    def record(self, record: AnyRecord, ref: Ref, account_id: str | None, at: datetime) -> AnyRecord | None:
        """The record of that moment; nobody's, when its person was forgotten since; None when it may not be kept."""
        told, contact_id = at.astimezone(UTC).isoformat(), getattr(record, "contact_id", None)
        if told <= self.account(ref, account_id):
            return None
        if contact_id and told <= self._of("contact", account_id, contact_id):
            return replace(record, contact_id=None) if isinstance(record, Ticket | Survey) else None
        return record

    def account(self, ref: Ref, account_id: str | None) -> str:
        """When an account of that name was forgotten; the empty string: never."""
        by_id = max(self._when("account", ref.name), self._when("account", account_id or ""))
        return max(self._when("name", *ref), by_id)

    def member(self, ref: Ref, account_id: str) -> str:
        """When the user whose own name this is was forgotten; never, if it is no user's."""
        return self.user(account_id, ref.name.removeprefix(OF_USER)) if ref.name.startswith(OF_USER) else ""

    def user(self, account_id: str | None, user_id: str) -> str:
        """When the user was forgotten, there or everywhere."""
        return self._of("user", account_id, user_id)

    def email(self, account_id: str | None, email: str) -> str:
        """When the person with this address was forgotten."""
        return self._of("email", account_id, email.lower())

    def _of(self, kind: str, account_id: str | None, name: str) -> str:
        return max(self._when(kind, account_id or ANYWHERE, name), self._when(kind, ANYWHERE, name))

    def _when(self, *named: str) -> str:
        known = self._known.get(named)
        if known is None:
            known = self._known[named] = self._marks.get(mark(*named), "")
        return known
