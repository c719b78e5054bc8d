"""Tickets, bills, notes and the like without the people who have to be forgotten: in a dossier and in the archive."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from health_monitor.ingest.scrub import Row, Scrubber
from health_monitor.ingest.scrub_outreach import without
from health_monitor.model.heard import OURS, Ref
from health_monitor.model.records import AnyRecord, Person, Touchpoint

TEXTS = ("text", "what", "title", "reason", "missed")
"""Fields in which people write what they like."""
GONE = ("touchpoint", "person")
"""Kinds of records that are nothing without their person."""


def left_of(record: AnyRecord, scrubber: Scrubber) -> AnyRecord | None:
    """The record without them: a ticket or an answer becomes nobody's; None when it was theirs alone."""
    theirs = scrubber.is_person(getattr(record, "contact_id", None))
    if isinstance(record, Touchpoint) and theirs:
        return None
    if isinstance(record, Person) and scrubber.is_person(record.key, record.user_id):
        return None
    changes: dict[str, Any] = {name: without(text, scrubber) for name in TEXTS if (text := getattr(record, name, None))}
    changes |= {"key": scrubber.key(record.key)} | ({"contact_id": None} if theirs else {})
    if reasons := getattr(record, "reasons", ()):
        changes["reasons"] = tuple(without(one, scrubber) for one in reasons)
    return replace(record, **changes)


def left_of_archive(kind: str, head: Row, rows: Iterable[Row], scrubber: Scrubber) -> Iterator[Row]:
    """The same of an archived file of one kind, such as ticket; the rows of a whole account go."""
    for row in rows:
        named = dict(zip(head, row, strict=True))
        left = (
            _left(kind, named, scrubber)
            if scrubber.is_ours(Ref(named.get("source", OURS), named["account_id"]))
            else named
        )
        scrubber.found += left != named
        if left is not None:
            yield [left[name] for name in head]


def _left(kind: str, row: dict[str, str], scrubber: Scrubber) -> dict[str, str] | None:
    if scrubber.whole_account:
        return None
    theirs = scrubber.is_person(row["key"] if kind == "person" else row.get("contact_id"), row.get("user_id"))
    if theirs and kind in GONE:
        return None
    texts = {name: without(row[name], scrubber) for name in (*TEXTS, "reasons") if row.get(name)}
    return row | texts | {"key": scrubber.key(row["key"])} | ({"contact_id": ""} if theirs else {})
