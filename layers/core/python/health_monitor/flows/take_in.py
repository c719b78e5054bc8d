"""What a source says, into the product: archived, counted for the next night, merged, or kept until it can be.

Everything may be repeated: after a crash the caller hands in the same records again, and nothing is doubled.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import chain, islice
from typing import Any, TypeVar

from health_monitor.flows.archive import archive_rows
from health_monitor.flows.forget import request_heard
from health_monitor.flows.join import join
from health_monitor.flows.reception import (
    Reception,
    arriving,
    holder,
    put_quarantine,
    resolve_names,
    tell_late,
    unmatched_of,
    waiting_prefix,
)
from health_monitor.flows.take_accounts import Taken, take_accounts, take_contacts
from health_monitor.flows.take_records import take_records
from health_monitor.ingest.compaction import too_late
from health_monitor.ingest.events import OPTIONAL, REQUIRED, SOURCE
from health_monitor.ingest.forgetting import Forgotten
from health_monitor.ingest.identity import Resolution
from health_monitor.model.heard import (
    Heard,
    HeardAccount,
    HeardContact,
    HeardDeletion,
    HeardEvent,
    HeardRecord,
    Ref,
)
from health_monitor.model.intake import Intake, Reject
from health_monitor.model.usage import UsageEvent

AT_ONCE = 100_000
"""Records held in memory; a stream may have any number."""
LOTS = 30
"""So many of these share an account's additions: their events wait packed, each in some 200 bytes."""
Kind = TypeVar("Kind", HeardEvent, HeardAccount, HeardContact, HeardDeletion, HeardRecord, Reject)
Whose = dict[Ref, Resolution]


def take_in(source: str, heard: Iterable[Heard], received: datetime, ports: Reception) -> Intake:
    """The counts of what became of the records; `received` is the present moment, so that no night has passed it.

    Deletions first, then accounts, whose names may be what the others of the same call are matched by.
    """
    intake, lots = Intake(), _lots(heard)
    for first in lots:
        found = _take(Taken(source, received, intake), first, ports)
        others = (_take(Taken(source, received, intake), lot, ports) for lot in islice(lots, LOTS - 1))
        # An addition costs as much for one event as for ten: none is made before the last lot is archived.
        ports.arrivals.add(received, chain(found, chain.from_iterable(others)))
    return intake


def _lots(heard: Iterable[Heard]) -> Iterator[list[Heard]]:
    records = iter(heard)
    while lot := list(islice(records, AT_ONCE)):
        yield lot


def _take(taken: Taken, heard: Sequence[Heard], ports: Reception) -> list[UsageEvent]:
    """Everything but the addition of events to their accounts; these."""
    for deletion in _only(HeardDeletion, heard):
        request_heard(deletion, ports)
        taken.intake.deletions += 1
    forgotten = Forgotten(ports.erasures.forgotten())
    if accounts := _only(HeardAccount, heard):
        take_accounts(accounts, ports, forgotten, taken)
        # Only these: of all names that wait, most are users whom no account's record speaks of.
        join(taken.received, ports, ports.unmatched.those(taken.named))
    if contacts := _only(HeardContact, heard):
        take_contacts(contacts, ports, forgotten, taken)
    if records := _only(HeardRecord, heard):
        take_records(records, ports, forgotten, taken)
    events = _only(HeardEvent, heard)
    found = _take_events(events, ports, forgotten, taken) if events else []
    for reject in (refused := _only(Reject, heard)):
        taken.intake.count(reject)
    put_quarantine(ports.blobs, taken.source, taken.received.date(), [*refused, *taken.rejects])
    # A name may have been claimed between asking whose it is and letting its records wait.
    join(taken.received, ports, taken.waited)
    return found


def _take_events(
    heard: list[HeardEvent], ports: Reception, forgotten: Forgotten, taken: Taken
) -> list[UsageEvent]:  # fmt: skip
    whose = resolve_names(ports.names, (event.ref for event in heard))
    kept = heard
    if forgotten:
        kept = [event for event in heard if not forgotten.event(event, whose[event.ref].account_id)]
        taken.intake.erased += len(heard) - len(kept)
    taken.intake.events += len(kept)
    _archive(kept, ports, taken.source)
    _keep_waiting([event for event in kept if not whose[event.ref].account_id], whose, ports, taken)
    known = [_usage(event, account_id) for event in kept if (account_id := whose[event.ref].account_id)]
    found, late = arriving(taken.received, known, ports)
    taken.intake.late += late
    return found


def _archive(events: Iterable[HeardEvent], ports: Reception, source: str) -> None:
    """Under the names the source used: a name that is linked later joins its history, too."""
    days: dict[int, set[tuple[Any, ...]]] = defaultdict(set)
    for ref, user_id, event, occurred_at, day, n, event_id, session_seconds in events:
        seconds = "" if session_seconds is None else str(session_seconds)
        days[day].add((ref.name, user_id, event, occurred_at, n, event_id, seconds, ref.source))
    for day, rows in sorted(days.items()):
        place = f"events/{date.fromordinal(day)}/{source}"
        archive_rows(ports.blobs, place, (*REQUIRED, *OPTIONAL, SOURCE), rows)


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
