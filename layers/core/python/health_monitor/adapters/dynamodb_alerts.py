"""Alerts, notices and claims in DynamoDB; every change is conditional, so that doing it twice is doing it once."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from health_monitor.adapters import codec
from health_monitor.adapters.dynamodb_table import WRITE_AT_ONCE, Key, Table
from health_monitor.adapters.lots import lots
from health_monitor.model.alert import SEVERITY, Alert, Errand, Message, Notice
from health_monitor.model.usage import Drop, Resolution
from health_monitor.ports.alerts import Claim

_ABSENT = "attribute_not_exists(pk)"


class DynamoAlerts:
    """ALERT items; the open ones, and only they, carry the attributes of the index `open_by_csm`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def save_absent(self, alert: Alert) -> bool:
        return self._table.put_if(codec.alert_item(alert), _ABSENT)

    def save_past(self, alerts: Iterable[Alert]) -> None:
        for some in lots(alerts, WRITE_AT_ONCE):
            self._table.write_many([codec.alert_item(alert) for alert in some])

    def escalate(self, alert_id: str, on: date) -> None:
        changed = self._table.update_if(
            codec.alert_keys(alert_id),
            "SET escalated_on = :on, highest_usage_drop = :severe, severity = :severity",
            "attribute_exists(pk) AND highest_usage_drop <> :severe",
            on=on.isoformat(),
            severe=Drop.SEVERE.value,
            severity=SEVERITY[Drop.SEVERE],
        )
        self._must_exist(changed, alert_id)

    def resolve(self, alert_id: str, on: date, resolution: Resolution) -> None:
        changed = self._table.update_if(
            codec.alert_keys(alert_id),
            "SET resolved_on = :on, resolution = :how REMOVE csm, opened_at",
            "attribute_exists(pk) AND attribute_not_exists(resolved_on)",
            on=on.isoformat(),
            how=resolution.value,
        )
        self._must_exist(changed, alert_id)

    def get(self, alert_id: str) -> Alert | None:
        item = self._table.get(*codec.alert_keys(alert_id))
        return codec.noun(Alert, item) if item else None

    def of_account(self, account_id: str) -> list[Alert]:
        found = self._table.query(codec.account_key(account_id), "ALERT#")
        return _oldest_first(codec.noun(Alert, item) for item in found)

    def open_of(self, csm_email: str) -> list[Alert]:
        found = self._table.query_index("open_by_csm", "csm = :csm", csm=codec.csm_key(csm_email))
        return _oldest_first(codec.noun(Alert, item) for item in found)

    def _must_exist(self, changed: bool, alert_id: str) -> None:
        """A change refused because it was made before is fine; a change to nothing is a bug that must show."""
        if not changed and self.get(alert_id) is None:
            raise KeyError(alert_id)


class DynamoNotices:
    """NOTICE items; the held ones, and only they, carry the attributes of the index `due`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def save_absent(self, notice: Notice) -> Notice:
        self._table.put_if(codec.notice_item(notice), _ABSENT)
        return self._stored(notice.notice_id)

    def get(self, notice_id: str) -> Notice | None:
        item = self._table.get(*_notice_key(notice_id))
        return codec.noun(Notice, item) if item else None

    def reword(self, notice_id: str, messages: tuple[Message | Errand, ...]) -> None:
        told = [message.model_dump(mode="json", exclude_none=True) for message in messages]
        self._table.update_if(_notice_key(notice_id), "SET #messages = :told", "attribute_exists(pk)", told=told)

    def held(self, due_on: date) -> list[Notice]:
        found = self._table.query_index(
            "due", "due_kind = :held AND due_at <= :due", held=codec.HELD, due=due_on.isoformat()
        )
        notices = [codec.noun(Notice, item) for item in found]
        return sorted(notices, key=lambda notice: (notice.due_on, notice.notice_id))

    def release(self, notice_id: str) -> None:
        self._no_longer_held(notice_id, "ready")

    def drop(self, notice_id: str) -> None:
        self._no_longer_held(notice_id, "dropped")

    def remove(self, notice_ids: Iterable[str]) -> None:
        self._table.write_many([], delete=[_notice_key(notice_id) for notice_id in notice_ids])

    def _no_longer_held(self, notice_id: str, status: str) -> None:
        changed = self._table.update_if(
            _notice_key(notice_id),
            "SET #status = :status REMOVE due_kind, due_at",
            "#status = :held",
            status=status,
            held="held",
        )
        if not changed:
            self._stored(notice_id)

    def _stored(self, notice_id: str) -> Notice:
        notice = self.get(notice_id)
        if notice is None:
            raise KeyError(notice_id)
        return notice


class DynamoClaims:
    """CLAIM items: who sends a message until when, and whether it is out."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def claim(self, message_id: str, now: datetime, lease_seconds: int) -> Claim:
        won = self._table.update_if(
            _claim_key(message_id),
            "SET lease_until = :until",
            "attribute_not_exists(pk) OR (attribute_not_exists(sent_at) AND lease_until <= :now)",
            now=codec.moment(now),
            until=codec.moment(now + timedelta(seconds=lease_seconds)),
        )
        if won:
            return Claim.WON
        stored = self._table.get(*_claim_key(message_id)) or {}
        return Claim.SENT if "sent_at" in stored else Claim.HELD

    def mark_sent(self, message_id: str, now: datetime, receipt: str) -> None:
        self._table.update_if(
            _claim_key(message_id),
            "SET sent_at = :now, receipt = :receipt",
            "attribute_not_exists(sent_at)",
            now=codec.moment(now),
            receipt=receipt,
        )


def _oldest_first(alerts: Iterable[Alert]) -> list[Alert]:
    return sorted(alerts, key=lambda alert: (alert.opened_on, alert.alert_id))


def _notice_key(notice_id: str) -> Key:
    return f"NOTICE#{notice_id}", "NOTICE"


def _claim_key(message_id: str) -> Key:
    return f"MESSAGE#{codec.claim_name(message_id)}", "CLAIM"
