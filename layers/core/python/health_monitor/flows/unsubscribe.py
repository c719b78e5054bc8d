"""One click, and nobody at the customer's end gets a mail like that again (RFC 8058)."""

from datetime import datetime
from functools import partial
from html import escape
from typing import NamedTuple, Protocol

from health_monitor.act import conversation as steps
from health_monitor.act.tokens import LENGTH
from health_monitor.flows.conversing import change, tell
from health_monitor.model.errors import AlreadyDone
from health_monitor.model.outreach import Suppression, thread_key
from health_monitor.ports.alerts import Outbox
from health_monitor.ports.outreach import Conversations, Suppressions, Threads

HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
"""The page loads nothing, runs nothing, and can send its form only to us."""


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


def answer_unsubscribe(method: str, token: str, now: datetime, ports: Exit) -> Page:
    """GET shows a button and changes nothing, because mail programs follow links by themselves; POST does it.

    Whether the token exists cannot be seen from outside.
    """
    if method == "POST":
        unsubscribe(token, now, "unsubscribe link", ports)
        return Page(200, _page("You will get no more mails like this one.", ""))
    form = '<form method="post"><button type="submit">Stop these mails</button></form>'
    return Page(200, _page("Do you want to get no more mails like this one?", form))


def unsubscribe(token: str, now: datetime, source: str, ports: Exit) -> bool:
    """Never write to where the token's mails went; whether there were any. Doing it twice changes nothing."""
    name = ports.threads.find(thread_key("token", token)) if len(token) == LENGTH else None
    conversation = ports.conversations.get(name) if name else None
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


def _page(said: str, form: str) -> str:
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>Unsubscribe</title>'
        "<style>body{font:1.1rem sans-serif;margin:20vh auto;max-width:30rem;padding:0 1rem}"
        "button{font:inherit;padding:.6rem 1.2rem}</style></head>"
        f"<body><p>{escape(said)}</p>{form}</body></html>\n"
    )
