"""Alerts, and what people must hear about them."""

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from health_monitor.model.alert import Alert, Errand, Message, Notice, Rescoring
from health_monitor.model.usage import Resolution


class Alerts(Protocol):
    def save_absent(self, alert: Alert) -> bool:
        """Write a new alert; False when it exists already, which then stays as it is."""

    def save_past(self, alerts: Iterable[Alert]) -> None:
        """Write many alerts whole, for a past that nobody has acted on yet."""

    def escalate(self, alert_id: str, on: date) -> None:
        """Mark the alert severe from that day, unless it is marked already."""

    def resolve(self, alert_id: str, on: date, resolution: Resolution) -> None:
        """Close the episode on that day, unless it is closed already."""

    def get(self, alert_id: str) -> Alert | None:
        """One alert."""

    def of_account(self, account_id: str) -> list[Alert]:
        """All alerts of an account, oldest first."""

    def open_of(self, csm_email: str) -> list[Alert]:
        """A CSM's open alerts, oldest first (alerts of accounts without a CSM: the empty string)."""


class Notices(Protocol):
    def save_absent(self, notice: Notice) -> Notice:
        """Write a new notice; return what is stored now."""

    def get(self, notice_id: str) -> Notice | None:
        """One notice."""

    def reword(self, notice_id: str, messages: tuple[Message | Errand, ...]) -> None:
        """Put other messages into a notice, if it is still there."""

    def held(self, due_on: date) -> list[Notice]:
        """Notices held back and due on that day or earlier, oldest first."""

    def release(self, notice_id: str) -> None:
        """A held notice becomes ready."""

    def drop(self, notice_id: str) -> None:
        """A held notice is no longer worth telling; it stays on record."""

    def remove(self, notice_ids: Iterable[str]) -> None:
        """Forget these notices."""


class Claim(StrEnum):
    """Three answers, because yes and no would lose a crashed sender's message."""

    WON = "won"
    SENT = "sent"
    HELD = "held"


class Claims(Protocol):
    def claim(self, message_id: str, now: datetime, lease_seconds: int) -> Claim:
        """WON: send it now. SENT: done before. HELD: another sender holds it, come back after its lease."""

    def mark_sent(self, message_id: str, now: datetime, receipt: str) -> None:
        """The message is out."""


class Outbox(Protocol):
    def put(self, messages: Iterable[Message | Errand | Rescoring]) -> None:
        """Queue each message, each errand and each wish to rescore for its channel."""


class Courier(Protocol):
    def deliver(self, message: Message) -> str:
        """Hand the message to the outside world; return its receipt. Raises TryAgain or NeedsHuman."""
