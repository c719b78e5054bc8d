"""What people must hear, in memory."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from health_monitor.adapters.codec import claim_name
from health_monitor.model.alert import SEVERITY, Alert, Errand, Message, Notice, Rescoring
from health_monitor.model.usage import Drop, Resolution
from health_monitor.ports.alerts import Claim
from health_monitor.ports.world import Channel


class MemoryAlerts:
    """Alerts in a dictionary."""

    def __init__(self) -> None:
        self._alerts: dict[str, Alert] = {}

    def save_absent(self, alert: Alert) -> bool:
        if alert.alert_id in self._alerts:
            return False
        self._alerts[alert.alert_id] = alert
        return True

    def save_past(self, alerts: Iterable[Alert]) -> None:
        self._alerts.update({alert.alert_id: alert for alert in alerts})

    def escalate(self, alert_id: str, on: date) -> None:
        alert = self._alerts[alert_id]
        if alert.highest_usage_drop is not Drop.SEVERE:
            severe = {"escalated_on": on, "highest_usage_drop": Drop.SEVERE, "severity": SEVERITY[Drop.SEVERE]}
            self._alerts[alert_id] = alert.model_copy(update=severe)

    def resolve(self, alert_id: str, on: date, resolution: Resolution) -> None:
        alert = self._alerts[alert_id]
        if alert.is_open:
            self._alerts[alert_id] = alert.model_copy(update={"resolved_on": on, "resolution": resolution})

    def get(self, alert_id: str) -> Alert | None:
        return self._alerts.get(alert_id)

    def of_account(self, account_id: str) -> list[Alert]:
        return self._oldest_first(lambda alert: alert.account_id == account_id)

    def remove(self, account_id: str) -> None:
        """Forget every alert of one account."""
        for alert in self.of_account(account_id):
            del self._alerts[alert.alert_id]

    def open_of(self, csm_email: str) -> list[Alert]:
        return self._oldest_first(lambda alert: alert.is_open and (alert.csm_email or "") == csm_email)

    def _oldest_first(self, wanted: Callable[[Alert], bool]) -> list[Alert]:
        found = [alert for alert in self._alerts.values() if wanted(alert)]
        return sorted(found, key=lambda alert: (alert.opened_on, alert.alert_id))


class MemoryNotices:
    """Notices in a dictionary."""

    def __init__(self) -> None:
        self._notices: dict[str, Notice] = {}

    def save_absent(self, notice: Notice) -> Notice:
        return self._notices.setdefault(notice.notice_id, notice)

    def get(self, notice_id: str) -> Notice | None:
        return self._notices.get(notice_id)

    def reword(self, notice_id: str, messages: tuple[Message | Errand, ...]) -> None:
        if notice := self._notices.get(notice_id):
            self._notices[notice_id] = notice.model_copy(update={"messages": messages})

    def held(self, due_on: date) -> list[Notice]:
        due = [notice for notice in self._notices.values() if notice.status == "held" and notice.due_on <= due_on]
        return sorted(due, key=lambda notice: (notice.due_on, notice.notice_id))

    def release(self, notice_id: str) -> None:
        self._no_longer_held(notice_id, "ready")

    def drop(self, notice_id: str) -> None:
        self._no_longer_held(notice_id, "dropped")

    def remove(self, notice_ids: Iterable[str]) -> None:
        for notice_id in notice_ids:
            self._notices.pop(notice_id, None)

    def _no_longer_held(self, notice_id: str, status: str) -> None:
        notice = self._notices[notice_id]
        if notice.status == "held":
            self._notices[notice_id] = notice.model_copy(update={"status": status})


@dataclass(frozen=True)
class _Held:
    until: datetime
    receipt: str | None = None


class MemoryClaims:
    """Claims in a dictionary, by the digest of the message's id, which may name an account."""

    def __init__(self) -> None:
        self._claims: dict[str, _Held] = {}

    def claim(self, message_id: str, now: datetime, lease_seconds: int) -> Claim:
        message_id = claim_name(message_id)
        held = self._claims.get(message_id)
        if held and held.receipt is not None:
            return Claim.SENT
        if held and held.until > now:
            return Claim.HELD
        self._claims[message_id] = _Held(now + timedelta(seconds=lease_seconds))
        return Claim.WON

    def mark_sent(self, message_id: str, now: datetime, receipt: str) -> None:
        message_id = claim_name(message_id)
        held = self._claims.get(message_id, _Held(now))
        if held.receipt is None:
            self._claims[message_id] = replace(held, receipt=receipt)


class MemoryOutbox:
    """A queue of messages that a test or a simulation empties by itself."""

    def __init__(self) -> None:
        self.messages: list[Message | Errand] = []
        self.taken: list[Message | Errand] = []
        self.rescorings: list[Rescoring] = []

    def put(self, messages: Iterable[Message | Errand | Rescoring]) -> None:
        for message in messages:
            if isinstance(message, Rescoring):
                self.rescorings.append(message)
            else:
                self.messages.append(message)

    def take(self) -> list[Message | Errand]:
        """Everything that waits, oldest first; nothing waits afterwards."""
        waiting, self.messages = self.messages, []
        self.taken += waiting
        return waiting


class MemoryCourier:
    """A courier that keeps what it was given; put an error into `failures` and the next delivery raises it."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self.delivered: list[Message] = []
        self.failures: list[Exception] = []

    def deliver(self, message: Message) -> str:
        if self.failures:
            raise self.failures.pop(0)
        self.delivered.append(message)
        return f"{self._channel}-{len(self.delivered)}"
