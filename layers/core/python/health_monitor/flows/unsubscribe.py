"""One click, and nobody at the customer's end gets a mail like that again (RFC 8058)."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import NamedTuple, Protocol

from health_monitor.act import conversation as steps
from health_monitor.act.tokens import LENGTH
from health_monitor.flows.conversing import change, tell
from health_monitor.model.errors import AlreadyDone
from health_monitor.model.outreach import Conversation, Suppression, thread_key
from health_monitor.ports.alerts import Outbox
from health_monitor.ports.outreach import Conversations, Suppressions, Threads
from health_monitor.views import unsubscribe_page as view


class _Store(Protocol):
    @property
    def conversations(self) -> Conversations: ...
    @property
    def outbox(self) -> Outbox: ...


class Exit(NamedTuple):
    """What unsubscribing works with."""

    conversations: Conversations
    threads: Threads
    suppressions: Suppressions
    outbox: Outbox


class Page(NamedTuple):
    """An answer to a browser or a mail program."""

    status: int
    body: str
    headers: Mapping[str, str] = view.HEADERS


def answer_unsubscribe(method: str, token: str, now: datetime, ports: Exit) -> Page:
    """GET shows a button and changes nothing, because mail programs follow links by themselves; POST does it.

    A token that does not exist gets the same answers, until it is looked at again after a POST: a real one then says
    that it is done. That helps nobody who guesses: of 26 random characters (130 bits) none is ever hit.
    """
    if method == "POST":
        unsubscribe(token, now, "unsubscribe link", ports)
        return Page(200, view.done())
    conversation = _find(token, ports)
    addresses = conversation.addresses if conversation else frozenset()
    done = bool(addresses) and all(ports.suppressions.find(address) for address in addresses)
    return Page(200, view.done_before() if done else view.asking())


def unsubscribe(token: str, now: datetime, source: str, ports: Exit) -> bool:
    """Never write to where the token's mails went; whether there were any. Doing it twice changes nothing."""
    conversation = _find(token, ports)
    if conversation is None or not conversation.addresses:
        return False
    for address in sorted(conversation.addresses):
        ports.suppressions.add(address, Suppression(reason="unsubscribed", at=now, source=source))
        opt_out(conversation.account_id, address, now, "the contact wants no mails like this", ports)
    return True


def opt_out(account_id: str, address: str, at: datetime, because: str, ports: _Store) -> None:
    """End every conversation with the address at the account."""
    for one in ports.conversations.of_account(account_id):
        if address.lower() not in one.addresses:
            continue
        try:
            ended = change(
                ports.conversations, one.conversation_id,
                partial(steps.end, at=at, ending="opted_out", because=because, by="customer"),
            )  # fmt: skip
        except AlreadyDone:  # erased meanwhile
            continue
        tell(ports.outbox, ended)


def _find(token: str, ports: Exit) -> Conversation | None:
    name = ports.threads.find(thread_key("token", token)) if len(token) == LENGTH else None
    return ports.conversations.get(name) if name else None
