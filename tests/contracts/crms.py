"""Each CRM as the suite needs it: in memory, and the real adapters over the vendors' doubles, without a socket."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import httpx

from health_monitor.adapters.hubspot_crm import HubspotRecords
from health_monitor.adapters.memory import PushedClock
from health_monitor.adapters.memory_crm import MemoryCrm
from health_monitor.adapters.salesforce_crm import SalesforceRecords
from health_monitor.model.crm import CrmEntry, SalesforceCrm, WriteBack, entry_key
from health_monitor.model.errors import TryAgain
from health_monitor.ports.crm import Crm
from local import crms
from local.vendors import Asked, Portal, Trouble, Vendor, body_of
from tests.builders import A_MOMENT

FIELDS = WriteBack(index="usage_index", alert_status="usage_alert", last_outreach_at="last_outreach")
HUBSPOT, ACME, CHARLIE = "https://api.hubapi.com", "https://acme.my.salesforce.com", "charlie@acme.example"


def an_entry(what: str = "sent", **known: Any) -> CrmEntry:
    facts: dict[str, Any] = {
        "key": entry_key("acme/usage_drop/2026-11-01", what, "check_in", A_MOMENT),
        "account_id": "acme",
        "kind": "note",
        "subject": "Snoozed",
        "text": "Until Monday.",
        "at": A_MOMENT,
        "owner_email": "carla@example.com",
        "contact_email": CHARLIE,
        "link": "Health Monitor: health-monitor why acme",
    }
    return CrmEntry(**(facts | known))


@dataclass
class Case:
    """One CRM, its company and contact; how it goes wrong; and what it holds in the end."""

    crm: Crm
    company: str
    contact: str
    holds: Callable[[], list[str]]
    fields: Callable[[], dict[str, Any]]
    breaks: Callable[[Trouble], None]
    loses_the_answer: Callable[[], None]
    vendor: Vendor | None = None
    clock: PushedClock = field(default_factory=lambda: PushedClock(A_MOMENT))


class Wire(httpx.BaseTransport):
    """Carries requests to a double in the same process; an answer can get lost once what was asked has happened."""

    def __init__(self, vendor: Vendor) -> None:
        self._vendor = vendor
        self.lost = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = body_of(headers, request.read())
        params = parse_qs(request.url.query.decode())
        path = request.url.raw_path.decode().partition("?")[0]
        answer, trouble = self._vendor.answer(Asked(request.method, path, params, headers, body))
        if self.lost and request.method in ("POST", "PATCH") and "search" not in path and "token" not in path:
            self.lost -= 1
            raise httpx.ReadTimeout("the answer got lost", request=request)
        if trouble.silent_seconds:
            raise httpx.ConnectTimeout("nobody answers", request=request)
        return httpx.Response(answer.status, headers=answer.headers, content=answer.body)


def in_memory() -> Case:
    crm = MemoryCrm()
    crm.companies, crm.contacts = {"acme": "1"}, {("1", CHARLIE): "2"}

    def breaks(trouble: Trouble) -> None:
        crm.failures.append(TryAgain(f"status {trouble.status}"))

    return Case(
        crm, "1", "2", lambda: [entry.body for entry, _, _ in crm.entries],
        lambda: dict(crm.facts["1"].model_dump(exclude_none=True)), breaks,
        lambda: crm.too_late.append(TryAgain("no answer")),
    )  # fmt: skip


def hubspot(fields: WriteBack = FIELDS) -> Case:
    portal, clock = Portal(owners=[{"id": "7", "email": "carla@example.com"}]), PushedClock(A_MOMENT)
    portal.put("companies", "1", "2026-11-01T00:00:00Z", name="Acme")
    portal.put("contacts", "2", "2026-11-01T00:00:00Z", email=CHARLIE)
    vendor = crms.hubspot(portal)
    vendor.per_second, wire = None, Wire(vendor)
    crm = HubspotRecords(HUBSPOT, lambda: "pat-local", fields, httpx.Client(transport=wire), clock)

    def holds() -> list[str]:
        bodies = ("hs_email_text", "hs_note_body", "hs_task_body")
        records = [one["properties"] for kind in crms.ENGAGEMENTS for one in portal.objects.get(kind, {}).values()]
        return [has[name] for has in records for name in bodies if name in has]

    def lose() -> None:
        wire.lost += 1

    return Case(
        crm, "1", "2", holds, lambda: portal.objects["companies"]["1"]["properties"], vendor.troubles.append, lose,
        vendor, clock,
    )  # fmt: skip


def salesforce(external_id: str | None = "Health_Monitor_Id__c") -> Case:
    org, clock = crms.Org(), PushedClock(A_MOMENT)
    org.put("Account", "001A", Name="Acme", Health_Account_Id__c="acme")
    org.put("Contact", "003A", AccountId="001A", Email=CHARLIE)
    org.put("User", "005A", Email="carla@example.com", IsActive="true")
    vendor = crms.salesforce(org)
    settings = SalesforceCrm(
        enabled=True, address=ACME, account_key="Health_Account_Id__c", external_id_field=external_id,
        write_back=FIELDS,
    )  # fmt: skip
    wire = Wire(vendor)
    crm = SalesforceRecords(settings, lambda: crms.SALESFORCE_SECRET, httpx.Client(transport=wire), clock)

    def lose() -> None:
        wire.lost += 1

    return Case(
        crm, "001A", "003A", lambda: [one["Description"] for one in org.objects.get("Task", {}).values()],
        lambda: org.objects["Account"]["001A"], vendor.troubles.append, lose, vendor, clock,
    )  # fmt: skip


CASES: dict[str, Callable[[], Case]] = {
    "memory": in_memory,
    "hubspot": hubspot,
    "salesforce": salesforce,
    "salesforce without an external id": lambda: salesforce(None),
}
