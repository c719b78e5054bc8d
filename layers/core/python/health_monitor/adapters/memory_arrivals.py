"""Events by the hour of their arrival, in memory: the same elements in the same sets as in the table."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from health_monitor.adapters import codec
from health_monitor.adapters.arrived import Found, by_holder, events_of, renamed
from health_monitor.model.usage import UsageEvent


class MemoryArrivals:
    """Sets of elements by holder and hour."""

    def __init__(self, prefix: str, *, expires: bool) -> None:
        self._prefix, self._expires = prefix, expires
        self._hours: dict[str, dict[str, set[bytes]]] = defaultdict(lambda: defaultdict(set))

    def add(self, received: datetime, events: Iterable[UsageEvent]) -> None:
        for holder, elements in by_holder(events).items():
            self._hours[holder][codec.hour_key(received)] |= elements

    def read(self, since: Mapping[str, datetime], until: Mapping[str, datetime] | None = None) -> Found:
        ends = until or {}
        found = {
            holder: events_of(holder, self._between(holder, codec.hour_key(at), codec.last_key(ends.get(holder))))
            for holder, at in since.items()
        }
        return {holder: events for holder, events in found.items() if events}

    def remove(self, holders: Iterable[str]) -> None:
        for holder in holders:
            self._hours.pop(holder, None)

    def discard(self, events: Iterable[UsageEvent]) -> None:
        for holder, elements in by_holder(events).items():
            for found in self._hours.get(holder, {}).values():
                found.difference_update(elements)

    def forget_user(self, holder: str, user_id: str, pseudonym: str) -> int:
        changed = 0
        for elements in self._hours.get(holder, {}).values():
            theirs = renamed(elements, user_id, pseudonym)
            elements.difference_update(theirs)
            elements.update(theirs.values())
            changed += len(theirs)
        return changed

    def items(self, holder: str) -> list[codec.Item]:
        """What the table would hold."""
        hours = self._hours.get(holder, {})
        return [codec.arrival_item(self._prefix, holder, key, hours[key], expires=self._expires) for key in hours]

    def _between(self, holder: str, first: str, last: str) -> Iterator[tuple[datetime, Iterable[bytes]]]:
        for hour, elements in sorted(self._hours.get(holder, {}).items()):
            if first <= hour <= last:
                yield codec.hour_of(hour), elements
