"""The archive of records as they came: what rebuild and erasure read."""

import csv
import gzip
import hashlib
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import fields
from datetime import UTC, date, datetime
from typing import Any

from health_monitor.flows.runs import ARCHIVE
from health_monitor.ingest.events import OPTIONAL, REQUIRED, SOURCE
from health_monitor.model.heard import OURS, Ref
from health_monitor.model.records import KIND_OF, KINDS, AnyRecord
from health_monitor.model.usage import UsageEvent
from health_monitor.ports.blobs import Blobs

EVENTS = f"{ARCHIVE}events/"
IMPORTED = "import"
"""The source of what people bring as files; they use our own account ids."""


def archive_events(blobs: Blobs, source: str, day: int, events: Iterable[UsageEvent]) -> None:
    """One day's events of a source; `account_id` is the name that the source uses.

    Who that is gets decided when the archive is read, so a name that finds its account later brings its history along.
    """
    said = OURS if source == IMPORTED else source
    rows = ((one.account_id, one.user_id, one.event, one.occurred_at, one.n, one.event_id,
             "" if one.session_seconds is None else str(one.session_seconds), said) for one in events)  # fmt: skip
    archive_rows(blobs, f"events/{date.fromordinal(day)}/{source}", (*REQUIRED, *OPTIONAL, SOURCE), rows)


def archive_rows(blobs: Blobs, place: str, names: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> None:
    """Named by its content: the same records are the same file, in whatever order they came.

    A column's values are of one type, so that rows can be put in order.
    """
    text = io.StringIO()
    # With both: until Python 3.13 a writer puts only those line breaks into quotes that end its own lines.
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(names)
    writer.writerows(sorted(rows))
    data = text.getvalue().encode()
    name = hashlib.sha256(data).hexdigest()[:16]
    blobs.put_absent(f"{ARCHIVE}{place}-{name}.csv.gz", gzip.compress(data, 6, mtime=0))


def read_rows(data: bytes) -> Iterator[list[str]]:
    """A file's columns, then its rows."""
    return csv.reader(io.StringIO(gzip.decompress(data).decode(), newline=""))


def archive_records(blobs: Blobs, source: str, told: Iterable[tuple[Ref, AnyRecord]]) -> None:
    """Tickets, bills and the like under the names that the source uses: one file a kind and day of change."""
    files: dict[tuple[str, date], list[tuple[str, ...]]] = defaultdict(list)
    for ref, record in told:
        place = f"{KIND_OF[type(record)]}s", record.changed_at.astimezone(UTC).date()
        files[place].append((ref.name, ref.source, *(_cell(getattr(record, name)) for name in _columns(type(record)))))
    for (kind, day), rows in sorted(files.items()):
        names = ("account_id", SOURCE, *_columns(KINDS[kind[:-1]]))
        archive_rows(blobs, f"{kind}/{day}/{source}", names, dict.fromkeys(rows))


def _columns(noun: type[Any]) -> tuple[str, ...]:
    """Everything but who told it, which the file's name says."""
    return tuple(one.name for one in fields(noun) if one.name != "source")


def _cell(value: Any) -> str:
    if isinstance(value, tuple):
        return ";".join(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return "" if value is None else str(value)
