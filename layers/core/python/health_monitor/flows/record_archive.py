"""Single records out of the archive, by the names under which scores refer to them."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from pydantic import TypeAdapter

from health_monitor.flows.archive import read_rows
from health_monitor.flows.runs import ARCHIVE
from health_monitor.model.records import KINDS, AnyRecord
from health_monitor.ports.blobs import Blobs

LISTS = frozenset({"reasons"})
"""Columns that hold several words, as the archive writes them."""


def archived(names: Collection[str], blobs: Blobs) -> dict[str, AnyRecord]:
    """Those of the records that the archive has, as they were told last."""
    wanted: dict[tuple[str, str], set[str]] = defaultdict(set)
    for name in names:
        kind, _, rest = name.partition(":")
        source, _, key = rest.partition("/")
        wanted[kind, source].add(key)
    found: dict[str, AnyRecord] = {}
    for (kind, source), keys in sorted(wanted.items()):
        for record in _told(kind, source, keys, blobs):
            known = found.get(record.name)
            if known is None or known.changed_at < record.changed_at:
                found[record.name] = record
    return found


def _told(kind: str, source: str, keys: Collection[str], blobs: Blobs) -> list[AnyRecord]:
    """Every version that the source's files of this kind have of them."""
    reader: TypeAdapter[AnyRecord] = TypeAdapter(KINDS[kind])
    found = []
    for place in blobs.keys(f"{ARCHIVE}{kind}s/"):
        if place.rpartition("/")[2].rpartition("-")[0] == source:
            columns, *rows = read_rows(blobs.get(place) or b"")
            told = (dict(zip(columns, row, strict=True)) for row in rows)
            found += [reader.validate_python(_facts(one, source)) for one in told if one["key"] in keys]
    return found


def _facts(row: dict[str, str], source: str) -> dict[str, Any]:
    known = {name: text for name, text in row.items() if text and name not in ("account_id", "source")}
    return {name: tuple(text.split(";")) if name in LISTS else text for name, text in known.items()} | {
        "source": source
    }
