"""What everything that takes records in shares: where they go, and where those wait whose account is not known."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time
from itertools import groupby
from typing import Any, NamedTuple

from health_monitor.flows.runs import LATE, pack_lines, unpack_lines
from health_monitor.ingest.compaction import too_late
from health_monitor.ingest.identity import UNKNOWN, Resolution, resolve
from health_monitor.model.heard import (
    HeardAccount,
    HeardContact,
    HeardRecord,
    NameClaim,
    Ref,
    Unmatched,
)
from health_monitor.model.intake import Reject
from health_monitor.model.usage import UsageEvent
from health_monitor.ports.accounts import Accounts
from health_monitor.ports.alerts import Alerts, Claims, Notices, Outbox
from health_monitor.ports.blobs import Blobs
from health_monitor.ports.dossiers import Dossiers, Standings
from health_monitor.ports.inspect import Shelf
from health_monitor.ports.intake import Arrivals, Erasures, Names, UnmatchedNames
from health_monitor.ports.outreach import Conversations, Flags, Threads
from health_monitor.ports.usage import Rings
from health_monitor.ports.world import World

WAITING = "waiting/"
"""Accounts, people and records of unmatched names, and how many events of theirs were late, by the name's digest."""
QUARANTINE = "quarantine/"
Record = HeardAccount | HeardContact | HeardRecord
_RECORDS = ".jsonl.gz"


@dataclass(frozen=True)
class Reception:
    """Everything that taking in reads and writes."""

    blobs: Blobs
    accounts: Accounts
    rings: Rings
    arrivals: Arrivals
    waiting: Arrivals
    names: Names
    unmatched: UnmatchedNames
    erasures: Erasures
    shelf: Shelf
    alerts: Alerts
    notices: Notices
    claims: Claims
    dossiers: Dossiers
    standings: Standings
    conversations: Conversations
    threads: Threads
    flags: Flags
    outbox: Outbox

    @classmethod
    def of(cls, world: World) -> "Reception":
        """Those ports of a world."""
        return cls(**{field.name: getattr(world, field.name) for field in fields(cls)})


def short_digest(data: bytes) -> str:
    """Enough of a digest to name a file by its content."""
    return hashlib.sha256(data).hexdigest()[:16]


def resolve_names(names: Names, refs: Iterable[Ref]) -> dict[Ref, Resolution]:
    """Whose each name is."""
    wanted = list(dict.fromkeys(refs))
    claims = names.claims(wanted)
    return {ref: resolve(claims[ref]) if ref in claims else UNKNOWN for ref in wanted}


def holder(ref: Ref) -> str:
    """Under which name events wait."""
    return f"{ref.source}|{ref.name}"


def waiting_prefix(ref: Ref) -> str:
    """Below which a name's other records wait."""
    return f"{WAITING}{hashlib.sha256(holder(ref).encode()).hexdigest()[:24]}/"


def unmatched_of(ref: Ref, found: Resolution, at: datetime) -> Unmatched:
    """The row that tells a person of a name without an account."""
    reason = "ambiguous" if found.candidates else "unknown"
    return Unmatched.model_validate(
        {"ref": ref, "reason": reason, "candidates": found.candidates, "first_seen": at, "last_seen": at}
    )


def ambiguous(claims: Iterable[NameClaim], names: Names, at: datetime) -> list[Unmatched]:
    """Names of these claims that now mean more than one account: a person has to say which."""
    found = resolve_names(names, (claim.ref for claim in claims))
    return [unmatched_of(ref, one, at) for ref, one in found.items() if one.candidates and not one.account_id]


def arrive(received: datetime, events: Sequence[UsageEvent], ports: Reception) -> None:
    """Recent events to the arrivals, older ones marked for the next rebuild."""
    ports.arrivals.add(received, arriving(received, events, ports)[0])


def arriving(received: datetime, events: Sequence[UsageEvent], ports: Reception) -> tuple[list[UsageEvent], int]:
    """What is to be added to the arrivals of this hour, and how many events are older and marked for the next rebuild.

    An event that a clock ahead of ours dates to a later day arrives on that day: the nights find it with the others.
    """
    today, late = received.astimezone(UTC).toordinal(), [one for one in events if too_late(one.day, received)]
    days: dict[int, list[UsageEvent]] = defaultdict(list)
    for event in events:
        if not too_late(event.day, received):
            days[max(event.day, today)].append(event)
    now = days.pop(today, [])
    for day, some in sorted(days.items()):
        ports.arrivals.add(datetime.combine(date.fromordinal(day), time(), UTC), some)
    tell_late(ports.blobs, LATE, late)
    return now, len(late)


def tell_late(blobs: Blobs, prefix: str, events: Sequence[UsageEvent]) -> None:
    """Leave a mark with their number; the same events leave the same mark."""
    if events:
        text = "\n".join(map(repr, sorted(set(events), key=str)))
        blobs.put_absent(f"{prefix}{short_digest(text.encode())}-{len(set(events))}", b"")


def put_quarantine(blobs: Blobs, source: str, day: date, rejects: Sequence[Reject]) -> None:
    """Keep what could not be used, with its reason and remedy.

    What came together lies together, in whatever company it is taken in: so it is counted once when it comes again.
    """
    for _, some in groupby(sorted(set(rejects)), key=lambda reject: reject.file):
        together = list(some)
        data = pack_lines(reject._asdict() for reject in together)
        blobs.put_absent(f"{QUARANTINE}{source}/{day}/{short_digest(data)}-{len(together)}.jsonl.gz", data)


class Kept(NamedTuple):
    """What waits under a key: a source's record; none where the key only marks late events."""

    key: str
    source: str
    record: Record | None


def put_waiting(blobs: Blobs, source: str, record: Record) -> None:
    """Keep a record of an account until its name matches."""
    data = pack_lines([{"source": source, "record": record.model_dump(mode="json")}])
    blobs.put_absent(f"{waiting_prefix(record.ref)}{short_digest(data)}{_RECORDS}", data)


def read_waiting(blobs: Blobs, ref: Ref) -> Iterator[Kept]:
    """Everything that waits under the name, beside its events."""
    for key in blobs.keys(waiting_prefix(ref)):
        if not key.endswith(_RECORDS):
            yield Kept(key, "", None)
            continue
        for row in unpack_lines(blobs.get(key) or b""):
            yield Kept(key, row["source"], _kind(row["record"]).model_validate(row["record"]))


def _kind(record: Mapping[str, Any]) -> type[Record]:
    """What a kept record is: each kind has a field that none of the others has."""
    for field, kind in (("kind", HeardRecord), ("contact_id", HeardContact)):
        if field in record:
            return kind
    return HeardAccount
