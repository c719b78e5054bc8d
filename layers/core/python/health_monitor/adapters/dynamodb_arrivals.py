"""Events by the hour of their arrival in DynamoDB: a set an hour, to which adding an element twice adds it once."""

import math
import zlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime

from botocore.exceptions import ClientError

from health_monitor.adapters import codec
from health_monitor.adapters.arrived import Found, by_holder, events_of, renamed
from health_monitor.adapters.aws import code_of
from health_monitor.adapters.dynamodb_table import Table
from health_monitor.model.usage import UsageEvent

COMFORTABLE = 64_000
"""Bytes of elements that go into one item at once: well below an item's 400 KB, for many write units but one call."""
DEAR = 3
"""Write units of what is there already that an addition pays for; from then on an hour is spread over more items."""
UNIT = 1_024
DEEPEST = 6
"""Hex digits: 16 million items an hour hold more events than can arrive."""
REMEMBERED = 10_000
"""Split hours whose depth is kept in mind."""


class DynamoArrivals:
    """H#<hour> items below each holder; a large hour is split into H#<hour>#<hex digits of the element's hash>.

    Which items an element is in does not matter: whoever reads takes all of an hour's, and the same element once.
    """

    def __init__(self, table: Table, prefix: str, *, expires: bool) -> None:
        self._table, self._prefix, self._expires = table, prefix, expires
        self._depths: dict[tuple[str, str], int] = {}

    def add(self, received: datetime, events: Iterable[UsageEvent]) -> None:
        for holder, elements in by_holder(events).items():
            self._add(holder, codec.hour_key(received), elements)

    def read(self, since: Mapping[str, datetime], until: Mapping[str, datetime] | None = None) -> Found:
        ends = until or {}
        found = {
            holder: events_of(holder, self._items(holder, first, ends.get(holder))) for holder, first in since.items()
        }
        return {holder: events for holder, events in found.items() if events}

    def remove(self, holders: Iterable[str]) -> None:
        for holder in holders:
            keys = [(item["pk"], item["sk"]) for item in self._table.query(self._pk(holder), "H#")]
            self._table.write_many([], delete=keys)

    def discard(self, events: Iterable[UsageEvent]) -> None:
        for holder, elements in by_holder(events).items():
            for item in list(self._table.query(self._pk(holder), "H#")):
                self._take(item, elements.intersection(item.get("e", ())))

    def forget_user(self, holder: str, user_id: str, pseudonym: str) -> int:
        """The pseudonym's events are there before the user's go: dying in between, and repeating, loses none."""
        changed = 0
        for item in list(self._table.query(self._pk(holder), "H#")):
            if theirs := renamed(item.get("e", ()), user_id, pseudonym):
                self._add(holder, codec.hour_key(codec.hour_of(item["sk"])), set(theirs.values()))
                self._take(item, theirs)
                changed += len(theirs)
        return changed

    def _take(self, item: codec.Item, elements: Collection[bytes]) -> None:
        """Out of the item; a set that is empty is no set any more, and its item goes, unless something came back."""
        if elements:
            key = item["pk"], item["sk"]
            self._table.take_from_set(key, "e", elements)
            self._table.delete_if(key, "attribute_not_exists(#e)")

    def _pk(self, holder: str) -> str:
        return f"{self._prefix}{holder}"

    def _items(
        self, holder: str, first: datetime, until: datetime | None
    ) -> Iterator[tuple[datetime, Iterable[bytes]]]:
        # A write of the last second may be missed; the next night reads that hour again. What waits is read only once.
        found = self._table.query_between(
            self._pk(holder), codec.hour_key(first), codec.last_key(until), consistent=not self._expires
        )
        for item in found:
            yield codec.hour_of(item["sk"]), item.get("e", ())

    def _add(self, holder: str, hour: str, elements: set[bytes]) -> None:
        depth = max(_depth_for(elements), self._depths.get((holder, hour), 0))
        for suffix, some in _split(elements, depth).items():
            self._add_to(holder, hour, suffix, some)

    def _add_to(self, holder: str, hour: str, suffix: str, elements: set[bytes]) -> None:
        """Add to one item; to sixteen in its place, when it is full. What else is refused is refused there too."""
        ttl = {"ttl": codec.arrivals_until(codec.hour_of(hour))} if self._expires else {}
        try:
            units = self._table.add_to_set((self._pk(holder), hour + suffix), "e", elements, **ttl)
        except ClientError as error:
            if code_of(error) != "ValidationException" or len(suffix) > DEEPEST:
                raise
            units = math.inf
            for deeper, some in _split(elements, max(len(suffix), 1)).items():
                self._add_to(holder, hour, deeper, some)
        if units >= DEAR + sum(map(len, elements)) / UNIT:
            self._deepen(holder, hour, max(len(suffix), 1))

    def _deepen(self, holder: str, hour: str, depth: int) -> None:
        if len(self._depths) >= REMEMBERED:
            self._depths.clear()  # it costs a few dear additions until they are known again
        self._depths[holder, hour] = max(depth, self._depths.get((holder, hour), 0))


def _depth_for(elements: set[bytes]) -> int:
    """As many hex digits as cut the elements into comfortable pieces."""
    size, depth = sum(map(len, elements)), 0
    while size > COMFORTABLE << 4 * depth and depth < DEEPEST:
        depth += 1
    return depth


def _split(elements: set[bytes], depth: int) -> dict[str, set[bytes]]:
    """Elements by the suffix of the item that they go into; "" with no digit at all."""
    if not depth:
        return {"": elements}
    parts: dict[str, set[bytes]] = defaultdict(set)
    for element in elements:
        parts[f"#{zlib.crc32(element):08x}"[: depth + 1]].add(element)
    return parts
