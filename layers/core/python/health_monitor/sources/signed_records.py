"""Records in the signed webhook: tickets, surveys, bills, touchpoints …, with the fields of the CSV files."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from health_monitor.model.errors import BadRecord
from health_monitor.model.heard import (
    CHANGED_AT,
    OURS,
    TOLD,
    Heard,
    HeardRecord,
    RecordKind,
    Ref,
    columns_of,
    key_column,
)
from health_monitor.model.limits import LONGEST, moment, text_of

AHEAD = timedelta(minutes=5)
"""So far may a sender's clock be from ours."""
LISTS: dict[str, RecordKind] = {f"{kind}s": kind for kind in TOLD}
"""The lists of a body that hold records, and which kind each holds."""


def read_record(kind: RecordKind, record: dict[str, Any], received: datetime) -> Iterator[Heard | BadRecord]:
    """One record as it is now; its other fields are read when it is taken in, as those of every way in."""
    account_id, key = name_of(record, "account_id"), name_of(record, key_column(kind))
    columns = columns_of(kind)
    facts = {field: record[field] for field in (*columns.required[2:], *columns.optional) if field in record}
    facts.pop(CHANGED_AT, None)
    changed_at = changed_at_of(record, received)
    yield HeardRecord(ref=Ref(OURS, account_id), kind=kind, key=key, facts=facts, changed_at=changed_at)


def name_of(record: dict[str, Any], field: str, longest: int = LONGEST) -> str:
    """An id that the record must have. Raises BadRecord."""
    name = text_of(field, record.get(field)) or ""
    if not name:
        raise BadRecord(field, "is missing or empty", "give every record one")
    if len(name) > longest:
        raise BadRecord(field, f"is longer than {longest} characters", f"shorten it to {longest} characters")
    return name


def changed_at_of(record: dict[str, Any], received: datetime) -> datetime:
    """When the sender's own record changed; the moment it reached us, when it does not say."""
    text = text_of(CHANGED_AT, record.get(CHANGED_AT))
    if text is None:
        return received
    _, written = moment(text, (received + AHEAD).date(), CHANGED_AT)
    changed_at = datetime.fromisoformat(written)
    return changed_at if changed_at.tzinfo else changed_at.replace(tzinfo=UTC)
