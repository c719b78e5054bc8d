"""Records that sources tell of accounts: archived, kept, and taken for answers where they are some."""

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from health_monitor.flows.archive import archive_records
from health_monitor.flows.people import News
from health_monitor.flows.reception import Reception, resolve_names
from health_monitor.flows.respond import respond
from health_monitor.flows.take_accounts import Taken, wait
from health_monitor.flows.want_rescoring import want_rescoring
from health_monitor.ingest.forgetting import Forgotten
from health_monitor.ingest.identity import Resolution
from health_monitor.ingest.records import usable_record
from health_monitor.model.errors import BadRecord
from health_monitor.model.heard import HeardRecord, Ref
from health_monitor.model.records import KIND_OF, AnyRecord, Ticket, Touchpoint


class _Read(NamedTuple):
    """A record that has been read, before it is known of which account it is."""

    ref: Ref
    record: AnyRecord


def take_records(heard: Sequence[HeardRecord], ports: Reception, forgotten: Forgotten, taken: Taken) -> News:
    """Archive each under the name that its source uses, and keep it with its account, or let it wait; what was news."""
    read = [one for record in heard if (one := _read(record, taken))]
    whose = resolve_names(ports.names, (one.ref for one in read))
    kept = [one for each in read if (one := _remembered(each, whose, forgotten, taken))]
    archive_records(ports.blobs, taken.source, kept)
    return _keep_or_wait(kept, whose, ports, taken)


def join_record(heard: HeardRecord, ports: Reception, forgotten: Forgotten, taken: Taken) -> News:
    """Keep one that has waited, and was archived when it came."""
    read = _read(heard, taken)
    whose = resolve_names(ports.names, [heard.ref])
    kept = _remembered(read, whose, forgotten, taken) if read else None
    return _keep_or_wait([kept] if kept else [], whose, ports, taken)


def keep_records(
    told: Mapping[str, Iterable[AnyRecord]], ports: Reception, now: datetime, scored: Container[str] | None = None
) -> News:  # fmt: skip
    """Keep records with their accounts, and answer; what was news of each account.

    Every way in ends here. Kept first, then answered: who dies in between is told all of it again. scored: the only
    accounts that are worth a wish to be scored again, where that is known.
    """
    news: News = {}
    said = {account_id: list(records) for account_id, records in told.items()}
    for account_id, some in said.items():
        every = [*some, *(_opened(one) for one in some if isinstance(one, Ticket))]
        if found := ports.dossiers.save(account_id, every):
            news[account_id] = found
        touches = [one for one in every if isinstance(one, Touchpoint)]
        respond(account_id, touches, ports.conversations, ports.outbox, now)
    want_rescoring(news, now.date(), ports.outbox, said, scored)
    return news


def _opened(ticket: Ticket) -> Touchpoint:
    """A ticket is a contact, too: the moment somebody opened it."""
    return Touchpoint(
        source=ticket.source, key=f"ticket-{ticket.key}"[:256], changed_at=ticket.changed_at, kind="ticket",
        at=ticket.opened_at, inbound=True, contact_id=ticket.contact_id,
    )  # fmt: skip


def _read(heard: HeardRecord, taken: Taken) -> _Read | None:
    """The record as ours; what cannot be used of it is refused at its place."""
    place = f"{heard.kind}s[{heard.key}]"
    try:
        record, emptied = usable_record(taken.source, heard, taken.received.date())
    except BadRecord as error:
        taken.refuse(_at(place, error))
        return None
    for one in emptied:
        taken.refuse(_at(place, one))
    taken.intake.emptied += len(emptied)
    return _Read(heard.ref, record)


def _at(place: str, error: BadRecord) -> BadRecord:
    return BadRecord(f"{place}.{error.field}", error.reason, error.remedy)


def _remembered(
    read: _Read, whose: Mapping[Ref, Resolution], forgotten: Forgotten, taken: Taken
) -> _Read | None:  # fmt: skip
    """The record, without a person who was forgotten since; None when nothing of it may be kept."""
    if not forgotten:
        return read
    record = forgotten.record(read.record, read.ref, whose[read.ref].account_id, read.record.changed_at)
    taken.intake.erased += record is None
    return _Read(read.ref, record) if record else None


def _keep_or_wait(
    kept: Sequence[_Read], whose: Mapping[Ref, Resolution], ports: Reception, taken: Taken
) -> News:  # fmt: skip
    told: dict[str, list[AnyRecord]] = defaultdict(list)
    for ref, record in kept:
        found = whose[ref]
        if found.account_id is None:
            wait(HeardRecord.of(ref, record), found, ports, taken)
        else:
            told[found.account_id].append(record)
            taken.intake.records[KIND_OF[type(record)]] += 1
    return keep_records(told, ports, taken.received)
