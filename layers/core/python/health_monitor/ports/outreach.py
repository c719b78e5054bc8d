"""Conversations with customers, and everything that may stop or answer one."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, Protocol

from health_monitor.model.outreach import (
    Card,
    Conversation,
    Delivery,
    Finding,
    Flag,
    OutgoingMail,
    Suppression,
    Switch,
)


class Conversations(Protocol):
    def start(self, conversation: Conversation) -> Conversation:
        """Write a new one; return what is stored now, which may be an older one of the same id."""

    def get(self, conversation_id: str) -> Conversation | None:
        """One conversation, as it is now."""

    def replace(self, conversation: Conversation, version: int) -> bool:
        """Write it if the stored one has this version; say whether it did."""

    def of_account(self, account_id: str) -> list[Conversation]:
        """All of an account, oldest first."""

    def due(self, now: datetime) -> list[Conversation]:
        """Those whose `next_at` has come, the longest waiting first; a change of the last second may not show yet."""

    def unfinished_of(self, csm_email: str) -> list[Conversation]:
        """A CSM's that have not ended, oldest first (the empty string: nobody's)."""

    def ids(self) -> Iterator[str]:
        """The id of every conversation, in no order."""

    def all(self) -> Iterator[Conversation]:
        """Every conversation, as it is now, in no order."""


class Quotas(Protocol):
    def take(self, name: str, holder: str, at: datetime, limit: int, within: timedelta) -> bool:
        """Take a place among `limit` in the time before `at`.

        Who has one in that time has it, however often he asks, and it counts from when he asked last.
        """

    def release(self, name: str, holder: str) -> None:
        """Give the place back."""


class Suppressions(Protocol):
    def add(self, email: str, suppression: Suppression) -> None:
        """Never write to this address again; the first reason stands. Only the address's digest is kept."""

    def find(self, email: str) -> Suppression | None:
        """Why the address gets no mail; None when it may."""


class Threads(Protocol):
    def remember(self, keys: Iterable[str], conversation_id: str) -> None:
        """By which keys (the token in an address, the provider's message id, an action's tag) it is found again."""

    def find(self, key: str) -> str | None:
        """The conversation's id."""

    def forget(self, conversation_id: str) -> int:
        """Nobody finds it by any key any more; how many there were."""


class Flags(Protocol):
    def put(self, holder: str, flag: Flag) -> None:
        """Set what is so of an account (its id) or a CSM (CSM + the address); one of each kind."""

    def clear(self, holder: str, kind: str) -> bool:
        """Take it away; whether it was there."""

    def of(self, holder: str) -> list[Flag]:
        """What is set, also what has run out."""


class OutreachSwitch(Protocol):
    def get(self) -> Switch:
        """How it stands; before anybody touched it, drafts only."""

    def put(self, switch: Switch, before: Switch | None = None) -> bool:
        """Set it; where `before` is given, only if it still stands as it stood then. Whether it was set."""


class Mailer(Protocol):
    def send(self, mail: OutgoingMail) -> Delivery:
        """Hand a mail over once, without repeating anything by itself."""

    def why_not_from(self, address: str) -> str | None:
        """Why mail cannot come from this address, with the remedy; None when it can."""

    def is_suppressed(self, email: str) -> bool:
        """Whether the provider's own list refuses the address."""

    def findings(self) -> list[Finding]:
        """How the provider stands, and each domain that mail may come from."""


class Forwarder(Protocol):
    def forward(self, mail: bytes, to: str) -> str:
        """Pass a whole mail on to one of our own people; its receipt. Raises TryAgain or NeedsHuman."""


class SlackDesk(Protocol):
    """Slack's views and people; each raises TryAgain or NeedsHuman."""

    def post(self, channel: str, card: dict[str, Any]) -> Card:
        """Post a card (`text`, `blocks`); where it stands."""

    def rewrite(self, channel: str, ts: str, card: dict[str, Any]) -> bool:
        """Replace a card's content; False when somebody has deleted it."""

    def open_view(self, trigger_id: str, view: dict[str, Any]) -> str:
        """Open a modal; its id."""

    def update_view(self, view_id: str, view: dict[str, Any]) -> None:
        """Replace a modal's content."""

    def publish_home(self, user_id: str, view: dict[str, Any]) -> None:
        """Set a person's App Home."""

    def email_of(self, user_id: str) -> str | None:
        """A Slack user's address, in lower case."""

    def user_of(self, email: str) -> str | None:
        """The Slack user who has the address."""
