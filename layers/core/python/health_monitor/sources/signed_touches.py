"""Touchpoints and tickets in the signed webhook: what a help desk or a calendar of your own tells of customers."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, get_args

from pydantic import ValidationError

from health_monitor.model.errors import BadRecord
from health_monitor.model.heard import OURS, Heard, HeardTicket, HeardTouchpoint, Ref
from health_monitor.model.limits import LONGEST, kind_of, moment, text_of
from health_monitor.model.out_of_office import says_so

TOUCHPOINT = ("account_id", "touchpoint_id", "kind", "occurred_at", "inbound", "automatic", "subject", "contact_id")
TICKET = ("account_id", "ticket_id", "opened_at", "priority", "closed_at", "contact_id", "changed_at")
"""The fields that are read; others are ignored."""
AHEAD = timedelta(minutes=5)


def read_touchpoint(record: dict[str, Any], received: datetime) -> Iterator[Heard | BadRecord]:
    """A contact with a customer; its subject is only looked at for the words of automatic answers, and not kept."""
    kinds = get_args(HeardTouchpoint.model_fields["touch"].annotation)
    kind = text_of("kind", record.get("kind"))
    if kind not in kinds:
        raise BadRecord("kind", f"is not one of {', '.join(kinds)}", "write one of them")
    automatic = _flag(record, "automatic") or says_so(text_of("subject", record.get("subject")) or "")
    yield HeardTouchpoint.model_validate(
        {"ref": Ref(OURS, _name(record, "account_id")), "touchpoint_id": _name(record, "touchpoint_id"),
         "touch": kind, "at": _moment(record, "occurred_at", received), "inbound": _flag(record, "inbound"),
         "automatic": automatic, "contact_id": _contact(record)}
    )  # fmt: skip


def read_ticket(record: dict[str, Any], received: datetime) -> Iterator[Heard | BadRecord]:
    """A support request as it is now; closed_at null while it is open."""
    try:
        yield HeardTicket.model_validate(
            {"ref": Ref(OURS, _name(record, "account_id")), "ticket_id": _name(record, "ticket_id"),
             "priority": text_of("priority", record.get("priority")),
             "opened_at": _moment(record, "opened_at", received),
             "closed_at": _moment(record, "closed_at", received) if record.get("closed_at") else None,
             "changed_at": _moment(record, "changed_at", received) if record.get("changed_at") else received,
             "contact_id": _contact(record)}
        )  # fmt: skip
    except ValidationError:
        raise BadRecord("priority", "is not p1, p2, p3 or p4", "write one of them, or leave it out") from None


def _flag(record: dict[str, Any], field: str) -> bool:
    said = record.get(field)
    if said is not None and not isinstance(said, bool):
        raise BadRecord(field, f"is {kind_of(said)}, not true or false", "write true or false, or leave it out")
    return bool(said)


def _name(record: dict[str, Any], field: str) -> str:
    name = text_of(field, record.get(field)) or ""
    if not 0 < len(name) <= LONGEST:
        reason = f"is longer than {LONGEST} characters" if name else "is missing or empty"
        raise BadRecord(field, reason, "give every record one of its own")
    return name


def _contact(record: dict[str, Any]) -> str | None:
    name = text_of("contact_id", record.get("contact_id"))
    if name and len(name) > 128:
        raise BadRecord("contact_id", "is longer than 128 characters", "shorten it to 128 characters")
    return name


def _moment(record: dict[str, Any], field: str, received: datetime) -> datetime:
    text = text_of(field, record.get(field))
    if text is None:
        raise BadRecord(field, "is missing", "write 2026-01-31T09:30:00Z")
    _, written = moment(text, (received + AHEAD).date(), field)
    at = datetime.fromisoformat(written)
    if at.tzinfo is None:
        raise BadRecord(field, "has no time of day", "write 2026-01-31T09:30:00Z")
    return at
