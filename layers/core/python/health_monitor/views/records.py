"""One record in a line, as people read it: `bug, P1, opened 2026-06-03, still open`."""

from datetime import datetime
from decimal import Decimal

from health_monitor.model.records import AnyRecord

SAID = {
    "ticket": ("type", "severity", "opened_at", "solved_at", "reopened", "csat"),
    "survey": ("survey", "score", "at"),
    "invoice": ("amount", "due_on", "paid_on", "voided"),
    "subscription": ("subscription", "arr", "seats", "plan", "effective_on", "ends_on", "cancelled"),
    "touchpoint": ("kind", "at", "inbound", "attended"),
    "goal": ("title", "start", "current", "target", "due_on", "met_on", "abandoned_on"),
    "roi": ("amount", "what", "shown_on"),
    "pulse": ("rating", "reasons", "at"),
    "renewal": ("outcome", "due_on", "decided_on", "arr_before", "arr_after", "reason"),
    "person": ("role", "department", "departure", "departed_on"),
}
"""Of each kind what counts, in the order in which it is said."""
PLAIN = frozenset({"type", "survey", "kind", "title", "subscription", "plan", "outcome", "role", "what", "severity"})
"""What needs no name of its own."""


def record_line(record: AnyRecord) -> str:
    """What the record says, without the name under which it is referred to."""
    kind = record.name.partition(":")[0]
    said = ((name, getattr(record, name)) for name in SAID.get(kind, ()))
    return ", ".join(_said(name, value) for name, value in said if value not in (None, False, 0, ()))


def _said(name: str, value: object) -> str:
    words = name.removesuffix("_at").removesuffix("_on").replace("_", " ")
    if value is True:
        return words
    shown = _shown(value)
    return shown if name in PLAIN or words == "at" else f"{words} {shown}"


def _shown(value: object) -> str:
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, tuple):
        return " and ".join(map(str, value))
    if isinstance(value, Decimal):
        return f"{value:,f}"
    return f"{value:g}" if isinstance(value, float) else str(value).replace("_", " ")
