"""Records that waited go to their account, as soon as their name means one."""

from collections.abc import Iterable
from datetime import datetime

from health_monitor.flows.reception import (
    Reception,
    arrive,
    holder,
    read_waiting,
    resolve_names,
)
from health_monitor.flows.runs import LATE
from health_monitor.flows.take_accounts import Taken, take_accounts, take_contacts
from health_monitor.flows.take_records import join_record
from health_monitor.ingest.compaction import EVER
from health_monitor.ingest.forgetting import Forgotten
from health_monitor.model.heard import HeardAccount, HeardContact, HeardRecord, Ref, Unmatched
from health_monitor.model.intake import Intake


def join_all(now: datetime, ports: Reception) -> dict[Ref, str]:
    """Every waiting name that means an account now, with that account.

    Names that are listed only because two accounts claimed them have nothing that waits, and leave the list too.
    """
    waiting = ports.unmatched.all()
    for one in waiting:
        _match_again(one, ports)
    return join(now, ports, [one.ref for one in waiting])


def join_known(now: datetime, ports: Reception) -> dict[Ref, str]:
    """Every waiting name that means an account now because another claim on it was taken back."""
    return join(now, ports, [one.ref for one in ports.unmatched.all()])


def join(now: datetime, ports: Reception, refs: Iterable[Ref]) -> dict[Ref, str]:
    """The same for these names."""
    found = resolve_names(ports.names, refs)
    joined = {ref: one.account_id for ref, one in found.items() if one.account_id is not None}
    for ref, account_id in joined.items():
        _join(ref, account_id, now, ports)
    return joined


def _match_again(one: Unmatched, ports: Reception) -> None:
    """A company whose own name is unknown may have another name that is known by now."""
    forgotten = Forgotten(ports.erasures.forgotten())
    for kept in read_waiting(ports.blobs, one.ref):
        if isinstance(kept.record, HeardAccount):
            take_accounts([kept.record], ports, forgotten, Taken(kept.source, one.last_seen, Intake()))


def _join(ref: Ref, account_id: str, now: datetime, ports: Reception) -> None:
    """Recent events to the arrivals, older ones to the next rebuild; nothing is removed before it has arrived."""
    keys = _join_records(ref, now, ports)
    found = ports.waiting.read({holder(ref): EVER}).get(holder(ref), {})
    arrive(now, [event._replace(account_id=account_id) for event in found], ports)
    ports.waiting.discard(found)
    for key in keys:
        ports.blobs.delete(key)
    ports.unmatched.remove(ref)


def _join_records(ref: Ref, now: datetime, ports: Reception) -> list[str]:
    """Take in what is known of the account and its people; the marks of late events become real ones."""
    waiting = list(read_waiting(ports.blobs, ref))
    forgotten = Forgotten(ports.erasures.forgotten())
    for kept in waiting:
        taken = Taken(kept.source, now, Intake())
        if isinstance(kept.record, HeardAccount):
            take_accounts([kept.record], ports, forgotten, taken)
        elif isinstance(kept.record, HeardContact):
            take_contacts([kept.record], ports, forgotten, taken)
        elif isinstance(kept.record, HeardRecord):
            join_record(kept.record, ports, forgotten, taken)
        else:
            ports.blobs.put_absent(f"{LATE}{kept.key.rpartition('/')[2]}", b"")
    return [kept.key for kept in waiting]
