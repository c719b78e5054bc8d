"""What a source says, into the product: archived, counted for the next night, merged, or kept until it can be.

Everything may be repeated: after a crash the caller hands in the same records again, and nothing is doubled.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any, TypeVar

from health_monitor.flows.archive import archive_rows
from health_monitor.flows.forget import request_heard
from health_monitor.flows.join import join
from health_monitor.flows.reception import (
    Reception,
    arrive,
    holder,
    put_quarantine,
    resolve_names,
    tell_late,
    unmatched_of,
    waiting_prefix,
)
from health_monitor.flows.take_accounts import Taken, take_accounts, take_contacts
from health_monitor.ingest.compaction import too_late
from health_monitor.ingest.events import OPTIONAL, REQUIRED, SOURCE
from health_monitor.ingest.forgetting import Forgotten
from health_monitor.ingest.identity import Resolution
from health_monitor.model.heard import Heard, HeardAccount, HeardContact, HeardDeletion, HeardEvent, Ref
from health_monitor.model.intake import Intake, Reject
from health_monitor.model.usage import UsageEvent

AT_ONCE = 20_000
"""Records held in memory; a stream may have any number."""
Kind = TypeVar("Kind", HeardEvent, HeardAccount, HeardContact, HeardDeletion, Reject)
Whose = dict[Ref, Resolution]


def take_in(source: str, heard: Iterable[Heard], received: datetime, ports: Reception) -> Intake:
    """The counts of what became of the records; `received` is the present moment, so that no night has passed it.

    Deletions first, then accounts, whose names may be what the people and events of the same call are matched by.
    """
    intake, records = Intake(), iter(heard)
    while some := list(islice(records, AT_ONCE)):
        _take(Taken(source, received, intake), some, ports)
    return intake


def _take(taken: Taken, heard: Sequence[Heard], ports: Reception) -> None:
    for deletion in _only(HeardDeletion, heard):
        request_heard(deletion, ports)
        taken.intake.deletions += 1
    forgotten = Forgotten(ports.erasures.forgotten())
    if accounts := _only(HeardAccount, heard):
        take_accounts(accounts, ports, forgotten, taken)
        join(taken.received, ports, (one.ref for one in ports.unmatched.all()))
    if contacts := _only(HeardContact, heard):
        take_contacts(contacts, ports, forgotten, taken)
    if events := _only(HeardEvent, heard):
        _take_events(events, ports, forgotten, taken)
    for reject in (refused := _only(Reject, heard)):
        taken.intake.count(reject)
    put_quarantine(ports.blobs, taken.source, taken.received.date(), [*refused, *taken.rejects])
    # A name may have been claimed between asking whose it is and letting its records wait.
    join(taken.received, ports, taken.waited)


def _take_events(heard: list[HeardEvent], ports: Reception, forgotten: Forgotten, taken: Taken) -> None:
    whose = resolve_names(ports.names, (event.ref for event in heard))
    kept = heard
    if forgotten:
        kept = [event for event in heard if not forgotten.event(event, whose[event.ref].account_id)]
        taken.intake.erased += len(heard) - len(kept)
    taken.intake.events += len(kept)
    _archive(kept, ports, taken.source)
    _arrive([event for event in kept if whose[event.ref].account_id], whose, ports, taken)
    _keep_waiting([event for event in kept if not whose[event.ref].account_id], whose, ports, taken)


def _archive(events: Iterable[HeardEvent], ports: Reception, source: str) -> None:
    """Under the names the source used: a name that is linked later joins its history, too."""
    days: dict[int, set[tuple[Any, ...]]] = defaultdict(set)
    for ref, user_id, event, occurred_at, day, n, event_id, session_seconds in events:
        seconds = "" if session_seconds is None else str(session_seconds)
        days[day].add((ref.name, user_id, event, occurred_at, n, event_id, seconds, ref.source))
    for day, rows in sorted(days.items()):
        place = f"events/{date.fromordinal(day)}/{source}"
        archive_rows(ports.blobs, place, (*REQUIRED, *OPTIONAL, SOURCE), rows)


def _arrive(heard: list[HeardEvent], whose: Whose, ports: Reception, taken: Taken) -> None:
    events = [_usage(event, whose[event.ref].account_id or "") for event in heard]
    taken.intake.late += arrive(taken.received, events, ports)


def _keep_waiting(heard: list[HeardEvent], whose: Whose, ports: Reception, taken: Taken) -> None:
    by_ref: dict[Ref, list[UsageEvent]] = defaultdict(list)
    for event in heard:
        by_ref[event.ref].append(_usage(event, holder(event.ref)))
    waiting = [event for events in by_ref.values() for event in events]
    ports.waiting.add(taken.received, (event for event in waiting if not too_late(event.day, taken.received)))
    for ref, events in by_ref.items():
        late = [event for event in events if too_late(event.day, taken.received)]
        tell_late(ports.blobs, waiting_prefix(ref), late)
    ports.unmatched.save(unmatched_of(ref, whose[ref], taken.received) for ref in by_ref)
    taken.intake.waiting += len(waiting)
    taken.waited.update(by_ref)


def _usage(event: HeardEvent, held_by: str) -> UsageEvent:
    # The class's own __new__ is written in Python, and slow thousands of times.
    return tuple.__new__(UsageEvent, (held_by, *event[1:]))


def _only(kind: type[Kind], heard: Sequence[Heard]) -> list[Kind]:
    return [one for one in heard if isinstance(one, kind)]
