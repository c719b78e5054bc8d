"""The port for vendors' APIs: whoever declares a source may tell any kind of record, and nothing else has to change."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from health_monitor.adapters.memory import MemoryWorld
from health_monitor.adapters.memory_vendor import MemoryVendor
from health_monitor.flows.ingest_source import Desk, ingest_source
from health_monitor.flows.join import join_known
from health_monitor.flows.names import claim_domains
from health_monitor.flows.reception import Reception
from health_monitor.flows.take_in import take_in
from health_monitor.model.heard import DOMAIN, HeardRecord, RecordKind, Ref
from health_monitor.model.request import Request
from health_monitor.sources.spec import Page, Pages, Pull, Recall, Source, SourceSettings
from tests.builders import an_account

KINDS: Mapping[str, tuple[RecordKind, Mapping[str, str]]] = {
    "requests": ("ticket", {"created": "opened_at", "urgency": "severity", "about": "type"}),
    "bills": ("invoice", {"due": "due_on", "settled": "paid_on", "total": "amount"}),
}
"""What this vendor calls our kinds, and our fields."""


def _page(_settings: Any, cursor: str, _recall: Recall) -> Pages:
    """One list a page, each record under the company's domain; the next list is the next cursor."""
    answer = yield Request(f"/v1/{cursor}")
    kind, words = KINDS[cursor]
    records = [
        HeardRecord(
            ref=Ref(DOMAIN, one["company"]), kind=kind, key=one["id"],
            facts={ours: one.get(theirs) for theirs, ours in words.items()},
            changed_at=datetime.fromisoformat(one["updated"]),
        )
        for one in answer["items"]
    ]  # fmt: skip
    return Page(records, answer.get("next"))


DESK_AND_BILLS = Source(
    name="desk_and_bills", title="Desk & Bills", settings=SourceSettings, secret={"key": "An API key."},
    pull=Pull(
        every_minutes=60, authorise=lambda secret: {"authorization": secret["key"]},
        begin=lambda _settings, kept, _now: kept or "requests", page=_page, rest=lambda _settings, _cursor: "requests",
        day=lambda _cursor: None, seconds_between=0, requests_a_run=100,
    ),
)  # fmt: skip
TOLD = [
    {
        "items": [
            {"id": "7", "company": "acme.com", "created": "2026-11-01T09:00:00Z", "urgency": "P1", "about": "incident",
             "updated": "2026-11-01T09:00:00+00:00"},
            {"id": "8", "company": "nobody.com", "created": "2026-11-01T09:00:00Z", "updated": "2026-11-01T09:00:00Z"},
        ],
        "next": "bills",
    },
    {"items": [{"id": "b1", "company": "acme.com", "due": "2026-10-01", "settled": "soon", "total": 12.5,
                "updated": "2026-10-02T00:00:00Z"}]},
]  # fmt: skip


def pulled(world: MemoryWorld) -> dict[str, Any]:
    desk = Desk(
        source=DESK_AND_BILLS, settings=SourceSettings(enabled=True), vendor=MemoryVendor(TOLD),
        take_in=partial(take_in, ports=Reception.of(world)), clock=world.clock,
        join=partial(join_known, ports=Reception.of(world)), blobs=world.blobs, states=world.sources,
        journal=world.journal, notices=world.notices, outbox=world.outbox, operations_email="ops@example.com",
        slack_channel="#ops",
    )  # fmt: skip
    return ingest_source(desk, 900).to_dict()


def test_a_vendor_that_nobody_heard_of_tells_tickets_and_bills_and_both_are_used(empty: MemoryWorld) -> None:
    empty.accounts.save([an_account(domain="acme.com")])
    ports = Reception.of(empty)
    empty.names.changed()
    claim_domains(empty.clock.now(), ports)
    run = pulled(empty)
    assert run["status"] == "done"
    assert {name: run.get(name) for name in ("tickets", "invoices", "waiting", "emptied", "refused")} == {
        "tickets": 1, "invoices": 1, "waiting": 1, "emptied": 1, "refused": 0
    }  # fmt: skip
    dossier = empty.dossiers.read(["acme"], consistent=True)["acme"]
    [ticket], [invoice] = dossier.tickets, dossier.invoices
    assert (ticket.name, ticket.severity, ticket.type) == ("ticket:desk_and_bills/7", "p1", "incident")
    assert ticket.opened_at == datetime(2026, 11, 1, 9, tzinfo=UTC)
    assert (invoice.paid_on, str(invoice.amount)) == (None, "12.5")
    assert [one.ref for one in empty.unmatched.all()] == [Ref(DOMAIN, "nobody.com")]
    again = pulled(empty)
    assert empty.dossiers.read(["acme"], consistent=True)["acme"] == dossier
    assert again["tickets"] == 1
