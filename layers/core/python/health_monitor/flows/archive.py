"""The archive of records as they came: what rebuild and erasure read."""

import csv
import gzip
import hashlib
import io
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from health_monitor.flows.runs import ARCHIVE
from health_monitor.ingest.events import OPTIONAL, REQUIRED, SOURCE
from health_monitor.model.heard import OURS
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
