"""What could not be used, as it lies in the quarantine."""

from collections.abc import Sequence
from typing import NamedTuple

from health_monitor.flows.reception import QUARANTINE
from health_monitor.flows.runs import unpack_lines
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.intake import Reject
from health_monitor.ports.blobs import Blobs


class Refused(NamedTuple):
    """Records of one source that were refused together on one day; `shown` are the first of `records`."""

    source: str
    day: str
    records: int
    shown: Sequence[Reject]


def quarantine_count(key: str) -> int:
    """How many records a file of the quarantine holds; its name says so, and it need not be read."""
    return int(key.partition(".")[0].rpartition("-")[2])


def latest_refused(blobs: Blobs, source: str | None, limit: int) -> list[Refused]:
    """The latest days first; so many records are read, of the other files only the count.

    Raises NeedsHuman when nothing of the source is there, but something of others.
    """
    keys = [key.split("/") for key in blobs.keys(QUARANTINE)]
    found = [parts for parts in keys if source in (None, parts[1])]
    if keys and not found:
        others = ", ".join(sorted({parts[1] for parts in keys}))
        raise NeedsHuman(f"nothing of {source!r} is in the quarantine; there is something of {others}")
    lots: list[Refused] = []
    for parts in sorted(found, key=lambda parts: (parts[2], *parts), reverse=True):
        _, name, day, file = parts
        shown = _read(blobs, "/".join(parts))[:limit] if limit else []
        limit -= len(shown)
        lots.append(Refused(name, day, quarantine_count(file), shown))
    return lots


def _read(blobs: Blobs, key: str) -> list[Reject]:
    return [Reject(**row) for row in unpack_lines(blobs.get(key) or b"")]
