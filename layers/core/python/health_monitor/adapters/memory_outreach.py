"""Conversations, and everything that may stop or answer one, in memory."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from health_monitor.adapters.codec import email_key
from health_monitor.model.crm import CrmEntry, CrmFacts, CrmName
from health_monitor.model.outreach import (
    Card,
    Conversation,
    Delivery,
    Finding,
    Flag,
    OutgoingMail,
    Suppression,
    Switch,
    Ticket,
    Touchpoint,
)


class MemoryConversations:
    """Conversations in a dictionary."""

    def __init__(self) -> None:
        self._stored: dict[str, Conversation] = {}

    def start(self, conversation: Conversation) -> Conversation:
        return self._stored.setdefault(conversation.conversation_id, conversation)

    def get(self, conversation_id: str) -> Conversation | None:
        return self._stored.get(conversation_id)

    def replace(self, conversation: Conversation, version: int) -> bool:
        stored = self._stored.get(conversation.conversation_id)
        if stored is None or stored.version != version:
            return False
        self._stored[conversation.conversation_id] = conversation
        return True

    def of_account(self, account_id: str) -> list[Conversation]:
        return self._oldest_first(one for one in self._stored.values() if one.account_id == account_id)

    def due(self, now: datetime) -> list[Conversation]:
        waiting = [(at, one.conversation_id, one) for one in self._stored.values() if (at := one.next_at)]
        return [one for at, _, one in sorted(waiting, key=lambda row: row[:2]) if at <= now]

    def unfinished_of(self, csm_email: str) -> list[Conversation]:
        mine = (one for one in self._stored.values() if (one.csm_email or "") == csm_email and one.ended is None)
        return self._oldest_first(mine)

    def ids(self) -> Iterator[str]:
        yield from list(self._stored)

    def remove(self, account_id: str) -> None:
        """Forget every conversation of one account."""
        for one in self.of_account(account_id):
            del self._stored[one.conversation_id]

    def _oldest_first(self, found: Iterable[Conversation]) -> list[Conversation]:
        return sorted(found, key=lambda one: (one.opened_on, one.conversation_id))


class MemoryQuotas:
    """Who has taken a place, and when."""

    def __init__(self) -> None:
        self._taken: dict[str, dict[str, datetime]] = defaultdict(dict)

    def take(self, name: str, holder: str, at: datetime, limit: int, within: timedelta) -> bool:
        taken = self._taken[name]
        if holder in taken:
            return True
        if sum(one > at - within for one in taken.values()) >= limit:
            return False
        taken[holder] = at
        return True

    def release(self, name: str, holder: str) -> None:
        self._taken[name].pop(holder, None)


class MemorySuppressions:
    """Suppressed addresses, by their digests."""

    def __init__(self) -> None:
        self._stored: dict[str, Suppression] = {}

    def add(self, email: str, suppression: Suppression) -> None:
        self._stored.setdefault(email_key(email), suppression)

    def find(self, email: str) -> Suppression | None:
        return self._stored.get(email_key(email))


class MemoryThreads:
    """Which conversation a key belongs to."""

    def __init__(self) -> None:
        self._stored: dict[str, str] = {}

    def remember(self, keys: Iterable[str], conversation_id: str) -> None:
        self._stored.update(dict.fromkeys(keys, conversation_id))

    def find(self, key: str) -> str | None:
        return self._stored.get(key)


class MemoryFlags:
    """Flags by holder and kind."""

    def __init__(self) -> None:
        self._stored: dict[str, dict[str, Flag]] = defaultdict(dict)

    def put(self, holder: str, flag: Flag) -> None:
        self._stored[holder][flag.kind] = flag

    def clear(self, holder: str, kind: str) -> bool:
        return self._stored[holder].pop(kind, None) is not None

    def of(self, holder: str) -> list[Flag]:
        return [flag for _, flag in sorted(self._stored[holder].items())]


class MemoryTouches:
    """Touchpoints and tickets by account."""

    def __init__(self) -> None:
        self._touchpoints: dict[tuple[str, str, str], Touchpoint] = {}
        self._tickets: dict[tuple[str, str, str], Ticket] = {}

    def save(self, touchpoints: Iterable[Touchpoint]) -> None:
        for one in touchpoints:
            self._touchpoints.setdefault((one.account_id, one.source, one.source_key), one)

    def of_account(self, account_id: str, since: datetime) -> list[Touchpoint]:
        found = [one for one in self._touchpoints.values() if one.account_id == account_id and one.at >= since]
        return sorted(found, key=lambda one: (one.at, one.source, one.source_key))

    def save_tickets(self, tickets: Iterable[Ticket]) -> None:
        for one in tickets:
            key = (one.account_id, one.source, one.source_key)
            stored = self._tickets.get(key)
            if stored is None or stored.changed_at <= one.changed_at:
                self._tickets[key] = one

    def tickets(self, account_id: str) -> list[Ticket]:
        found = [one for one in self._tickets.values() if one.account_id == account_id]
        return sorted(found, key=lambda one: (one.opened_at, one.source, one.source_key))


class MemoryOutreachSwitch:
    """The switch."""

    def __init__(self) -> None:
        self._switch = Switch()

    def get(self) -> Switch:
        return self._switch

    def put(self, switch: Switch) -> None:
        self._switch = switch


class MemoryMailer:
    """A provider that keeps what it was given; put an outcome into `outcomes` and the next mail meets it.

    An exception among them is raised after the mail was taken, as when a sender dies before it hears the answer.
    """

    def __init__(self) -> None:
        self.sent: list[OutgoingMail] = []
        self.outcomes: list[Delivery | Exception] = []
        self.refused_senders: dict[str, str] = {}
        self.suppressed: set[str] = set()
        self.found: list[Finding] = []

    def send(self, mail: OutgoingMail) -> Delivery:
        outcome = self.outcomes.pop(0) if self.outcomes else Delivery("sent", receipt=f"mail-{len(self.sent) + 1}")
        if isinstance(outcome, Exception) or outcome.outcome in ("sent", "unknown"):
            self.sent.append(mail)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def why_not_from(self, address: str) -> str | None:
        return self.refused_senders.get(address)

    def is_suppressed(self, email: str) -> bool:
        return email.lower() in self.suppressed

    def findings(self) -> list[Finding]:
        return self.found


class MemorySlackDesk:
    """Slack as a list of what it was told; people are in `people`, address by user id."""

    def __init__(self) -> None:
        self.cards: dict[tuple[str, str], dict[str, Any]] = {}
        self.views: dict[str, dict[str, Any]] = {}
        self.homes: dict[str, dict[str, Any]] = {}
        self.people: dict[str, str] = {}
        self.calls: list[str] = []
        self.failures: list[Exception] = []

    def post(self, channel: str, card: dict[str, Any]) -> Card:
        self._called("post")
        ts = f"{self.calls.count('post')}.000000"
        self.cards[channel, ts] = card
        return Card(channel=channel, ts=ts)

    def rewrite(self, channel: str, ts: str, card: dict[str, Any]) -> bool:
        self._called("rewrite")
        if (channel, ts) not in self.cards:
            return False
        self.cards[channel, ts] = card
        return True

    def open_view(self, trigger_id: str, view: dict[str, Any]) -> str:
        self._called(f"open_view {trigger_id}")
        view_id = f"V{len(self.views) + 1}"
        self.views[view_id] = view
        return view_id

    def update_view(self, view_id: str, view: dict[str, Any]) -> None:
        self._called("update_view")
        self.views[view_id] = view

    def publish_home(self, user_id: str, view: dict[str, Any]) -> None:
        self._called("publish_home")
        self.homes[user_id] = view

    def email_of(self, user_id: str) -> str | None:
        self._called("email_of")
        return self.people.get(user_id)

    def user_of(self, email: str) -> str | None:
        self._called("user_of")
        return next((user for user, address in self.people.items() if address == email.lower()), None)

    def _called(self, name: str) -> None:
        self.calls.append(name)
        if self.failures:
            raise self.failures.pop(0)


class MemoryCrm:
    """A CRM that keeps what it was told, by key; put an error into `failures` and the next call raises it."""

    def __init__(self) -> None:
        self.entries: dict[str, tuple[CrmEntry, str, str | None]] = {}
        self.facts: dict[str, CrmFacts] = {}
        self.failures: list[Exception] = []

    def log(self, entry: CrmEntry, company_id: str, contact_id: str | None) -> str:
        if self.failures:
            raise self.failures.pop(0)
        self.entries.setdefault(entry.key, (entry, company_id, contact_id))
        return f"record-{list(self.entries).index(entry.key) + 1}"

    def write_back(self, facts: CrmFacts, company_id: str) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.facts[company_id] = facts


class MemoryCrmLedger:
    """What each CRM was told."""

    def __init__(self) -> None:
        self._records: dict[tuple[CrmName, str], str] = {}
        self._failures: dict[tuple[CrmName, str], tuple[CrmEntry, str]] = {}
        self._written: dict[tuple[CrmName, str], CrmFacts] = {}

    def is_logged(self, vendor: CrmName, key: str) -> bool:
        return (vendor, key) in self._records

    def logged(self, vendor: CrmName, key: str, record_id: str) -> None:
        self._records[vendor, key] = record_id
        self._failures.pop((vendor, key), None)

    def failed(self, vendor: CrmName, entry: CrmEntry, why: str) -> None:
        self._failures[vendor, entry.key] = entry, why

    def failures(self) -> list[tuple[CrmName, CrmEntry, str]]:
        return [(vendor, entry, why) for (vendor, _), (entry, why) in sorted(self._failures.items())]

    def written(self, vendor: CrmName, account_id: str) -> CrmFacts | None:
        return self._written.get((vendor, account_id))

    def wrote(self, vendor: CrmName, facts: CrmFacts) -> None:
        self._written[vendor, facts.account_id] = facts
