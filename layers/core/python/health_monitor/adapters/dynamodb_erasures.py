"""Who must be forgotten, in DynamoDB.

pk        sk                        what
ERASURE   <erasure id>              an erasure, and later its receipt
ERASURE   <erasure id>#<digest>     a slice of its names, where they are too many for one item
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime

from health_monitor.adapters import codec
from health_monitor.adapters.dynamodb_changes import Changes
from health_monitor.adapters.dynamodb_table import Table
from health_monitor.model.errors import TryAgain
from health_monitor.model.source import Erasure

MANY = ("user_ids", "contact_ids", "emails", "names", "refs", "marks")
"""Fields that hold thousands of names where an account has thousands of members."""
INLINE, SLICE = 100_000, 300_000
"""Bytes: an item may have 400 KB."""


class DynamoErasures:
    """ERASURE items; a process remembers their marks until something changes.

    A slice is named by its content. So the erasure's own item is what counts: until it is written the old slices are
    all still there, and whoever dies in between is repeated.
    """

    def __init__(self, table: Table, changes: Changes) -> None:
        self._table = table
        self._changes = changes
        self._marks: dict[str, datetime] = {}
        self._marks_at: int | None = None

    def save(self, erasure: Erasure) -> None:
        item, slices = _items(erasure)
        there = {one["sk"] for one in self._table.query("ERASURE", f"{erasure.erasure_id}#")}
        self._table.write_many([one for name, one in slices.items() if name not in there])
        self._table.put(item)
        self._table.write_many([], delete=[("ERASURE", name) for name in sorted(there - slices.keys())])
        self._changes.move()

    def get(self, erasure_id: str) -> Erasure | None:
        found = _erasures(self._table.query("ERASURE", erasure_id))
        return next((one for one in found if one.erasure_id == erasure_id), None)

    def all(self) -> list[Erasure]:
        found = _erasures(self._table.query("ERASURE"))
        return sorted(found, key=lambda erasure: (erasure.requested_at, erasure.erasure_id))

    def forgotten(self) -> Mapping[str, datetime]:
        at = self._changes.now()
        if at != self._marks_at:
            self._marks = {mark: erasure.requested_at for erasure in self.all() for mark in erasure.marks}
            self._marks_at = at
        return self._marks


def _items(erasure: Erasure) -> tuple[codec.Item, dict[str, codec.Item]]:
    """The erasure's item, and by their names the slices that it lists."""
    item = {"pk": "ERASURE", "sk": erasure.erasure_id} | erasure.model_dump(mode="json", exclude_none=True)
    many = json.dumps({name: item[name] for name in MANY}, separators=(",", ":")).encode()
    if len(many) <= INLINE:
        return item, {}
    parts = [many[start : start + SLICE] for start in range(0, len(many), SLICE)]
    names = [f"{erasure.erasure_id}#{hashlib.sha256(part).hexdigest()[:24]}" for part in parts]
    slices = {name: {"pk": "ERASURE", "sk": name, "slice": part} for name, part in zip(names, parts, strict=True)}
    few = {name: value for name, value in item.items() if name not in MANY}
    return few | {"slices": names}, slices


def _erasures(items: Iterable[codec.Item]) -> list[Erasure]:
    found = {item["sk"]: item for item in items}
    return [_erasure(item, found) for item in found.values() if "slice" not in item]


def _erasure(item: codec.Item, found: Mapping[str, codec.Item]) -> Erasure:
    names = item.get("slices", [])
    if any(name not in found for name in names):
        raise TryAgain("an erasure was written while it was read; it is read again next time")
    many = b"".join(found[name]["slice"] for name in names)
    return codec.noun(Erasure, item | (json.loads(many) if many else {}))
