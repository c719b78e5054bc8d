"""What every store of arrivals shares: events as elements of a set, and elements as events again."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from health_monitor.adapters.packing import pack_event, unpack_event
from health_monitor.model.usage import UsageEvent

Found = dict[str, dict[UsageEvent, datetime]]


def by_holder(events: Iterable[UsageEvent]) -> dict[str, set[bytes]]:
    """Each holder's different events, packed."""
    found: dict[str, set[bytes]] = defaultdict(set)
    for event in events:
        found[event.account_id].add(pack_event(event))
    return found


def events_of(holder: str, hours: Iterable[tuple[datetime, Iterable[bytes]]]) -> dict[UsageEvent, datetime]:
    """Different events with the first hour they came in; the hours come in order, the events in that of their bytes."""
    first: dict[bytes, datetime] = {}
    for hour, elements in hours:
        for element in elements:
            first.setdefault(element, hour)
    return {unpack_event(holder, element): first[element] for element in sorted(first)}


def renamed(elements: Iterable[bytes], user_id: str, pseudonym: str) -> dict[bytes, bytes]:
    """The user's elements, each with the one that takes its place."""
    found = ((element, unpack_event("", element)) for element in elements)
    return {
        element: pack_event(event._replace(user_id=pseudonym)) for element, event in found if event.user_id == user_id
    }
