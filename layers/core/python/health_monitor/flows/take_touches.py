"""Touchpoints and tickets that sources tell of: kept with their account, and taken for answers where they are some."""

from collections import defaultdict
from collections.abc import Sequence

from health_monitor.flows.reception import Reception, resolve_names
from health_monitor.flows.respond import respond
from health_monitor.flows.take_accounts import Taken, wait
from health_monitor.ingest.forgetting import Forgotten
from health_monitor.model.heard import HeardTicket, HeardTouchpoint
from health_monitor.model.outreach import Ticket, Touchpoint

Told = HeardTouchpoint | HeardTicket


def take_touches(heard: Sequence[Told], ports: Reception, forgotten: Forgotten, taken: Taken) -> None:
    """Keep each with its account. Kept first, then answered: who dies in between is told all of it again."""
    whose = resolve_names(ports.names, (record.ref for record in heard))
    touches: dict[str, list[Touchpoint]] = defaultdict(list)
    tickets: list[Ticket] = []
    for record in heard:
        found = whose[record.ref]
        if forgotten and forgotten.touch(record, found.account_id):
            taken.intake.erased += 1
        elif found.account_id is None:
            wait(record, found, ports, taken)
        else:
            touches[found.account_id].append(_touchpoint(record, found.account_id, taken.source))
            tickets += [_ticket(record, found.account_id, taken.source)] if isinstance(record, HeardTicket) else []
    ports.touches.save(one for some in touches.values() for one in some)
    ports.touches.save_tickets(tickets)
    taken.intake.touchpoints += sum(map(len, touches.values())) - len(tickets)
    taken.intake.tickets += len(tickets)
    for account_id, some in touches.items():
        respond(account_id, some, ports.conversations, ports.outbox, taken.received)


def _touchpoint(record: Told, account_id: str, source: str) -> Touchpoint:
    """A ticket is a contact, too: the moment somebody opened it."""
    if isinstance(record, HeardTicket):
        return Touchpoint(
            account_id=account_id, source=source, source_key=f"ticket-{record.ticket_id}", kind="ticket",
            at=record.opened_at, inbound=True, contact_id=record.contact_id,
        )  # fmt: skip
    return Touchpoint(
        account_id=account_id, source=source, source_key=record.touchpoint_id, kind=record.touch, at=record.at,
        inbound=record.inbound, automatic=record.automatic, contact_id=record.contact_id,
    )  # fmt: skip


def _ticket(record: HeardTicket, account_id: str, source: str) -> Ticket:
    return Ticket(
        account_id=account_id, source=source, source_key=record.ticket_id, priority=record.priority,
        opened_at=record.opened_at, closed_at=record.closed_at, changed_at=record.changed_at,
    )  # fmt: skip
