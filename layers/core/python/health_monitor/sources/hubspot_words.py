"""What HubSpot's words mean in ours: companies, contacts and deals, by property names that each portal chooses."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, NamedTuple

from pydantic import Field

from health_monitor.model.account import role_word
from health_monitor.model.heard import DOMAIN, OURS, Heard, HeardAccount, HeardContact, HeardRecord, RecordKind, Ref
from health_monitor.model.records import TicketSeverity, TicketType, TouchKind
from health_monitor.sources.hubspot_values import Reader, a_day, a_number, a_role, a_text, a_whole, moment_of
from health_monitor.sources.spec import SourceSettings

NAME = "hubspot"
Property = Annotated[str, Field(min_length=1)] | None
"""A property's internal name; None: it is not read, and what we know stays."""
Object = Mapping[str, Any]
PRIORITIES: Mapping[str, TicketSeverity] = {"URGENT": "p1", "HIGH": "p1", "MEDIUM": "p2", "LOW": "p3"}
"""HubSpot's own; where nobody uses URGENT, HIGH is the highest."""
TYPES: Mapping[str, TicketType] = {
    "PRODUCT_ISSUE": "bug", "GENERAL_INQUIRY": "how_to", "FEATURE_REQUEST": "feature_request",
    "BILLING_ISSUE": "billing",
}  # fmt: skip
"""HubSpot's own categories of tickets."""
MEETINGS: Mapping[str, TouchKind] = {
    "QBR": "qbr", "Business review": "qbr", "Quarterly business review": "qbr", "Training": "training",
    "Webinar": "webinar",
}  # fmt: skip
"""What portals usually call these types of meetings; there is no word of HubSpot's own."""
SATISFACTION: Mapping[str, int] = {"0": 1, "1": 3, "2": 5}
"""HubSpot asks for satisfaction with three faces: unhappy, neutral, happy."""
BUSY_OR_SILENT = (
    "9d9162e7-6cf3-4944-bf63-4dff82258764", "b2cf5968-551e-4856-9783-52b3da59a7d0",
    "73a0d17f-1163-4015-bdd5-ec830791da20", "17b47fee-58de-441e-a44c-c6300d46f273",
)  # fmt: skip
"""HubSpot's own outcomes of a call: busy, left voicemail, no answer, wrong number."""


class HubspotSettings(SourceSettings):
    """The internal names of the portal's properties, and which companies are customers."""

    customer_property: Annotated[str, Field(min_length=1)] = "lifecyclestage"
    customer_values: Annotated[tuple[str, ...], Field(min_length=1)] = ("customer",)
    account_id: Property = None
    analytics_id: Property = None
    analytics_source: str = "mixpanel"
    merged_ids: Property = None
    tier: Property = None
    segment: Property = None
    plan: Property = None
    use_case: Property = None
    industry: Property = "industry"
    arr: Property = None
    renewal_date: Property = None
    signup_date: Property = None
    churn_date: Property = None
    licensed_seats: Property = None
    child_accounts: Property = None
    products: Property = None
    sentiment: Property = None
    renewal_stage: Property = None
    use_cases_bought: Property = None
    use_cases_live: Property = None
    employees: Property = None
    deal_arr: Property = None
    deal_renewal_date: Property = None
    renewal_pipeline: str | None = None
    deal_won: Annotated[str, Field(min_length=1)] = "hs_is_closed_won"
    deal_closed: Annotated[str, Field(min_length=1)] = "hs_is_closed"
    deal_lost_reason: Property = "closed_lost_reason"
    contact_user_id: Property = None
    contact_role: Property = None
    contact_title: Property = "jobtitle"
    contact_timezone: Property = None
    contact_department: Property = None
    contact_departed_on: Property = None
    contact_departure: Property = None
    touchpoints: bool = True
    meeting_kinds: dict[str, TouchKind] = Field(default_factory=lambda: dict(MEETINGS))
    note_texts: bool = False
    tickets: bool = True
    ticket_priorities: dict[str, TicketSeverity] = Field(default_factory=lambda: dict(PRIORITIES))
    ticket_types: dict[str, TicketType] = Field(default_factory=lambda: dict(TYPES))
    ticket_reopened: Property = None
    ticket_csat: Property = None
    surveys: bool = False
    survey_csat: dict[str, Annotated[int, Field(ge=1, le=5)]] = Field(default_factory=lambda: dict(SATISFACTION))
    calls_that_reached_nobody: tuple[str, ...] = BUSY_OR_SILENT
    history_days: Annotated[int, Field(ge=0, le=730)] = 365
    archived_ends: bool = False
    overlap_minutes: Annotated[int, Field(ge=0, le=1440)] = 10

    @property
    def reads_deals(self) -> bool:
        return bool(self.deal_arr or self.deal_renewal_date or self.renewal_pipeline)


ACCOUNT: dict[str, Callable[[str], Any]] = {
    "tier": a_text, "segment": a_text, "plan": a_text, "use_case": a_text, "industry": a_text, "arr": a_number,
    "renewal_date": a_day, "signup_date": a_day, "churn_date": a_day, "licensed_seats": a_whole,
    "child_accounts": a_whole, "products": a_whole, "sentiment": a_text, "renewal_stage": a_text,
    "use_cases_bought": a_whole, "use_cases_live": a_whole, "employees": a_whole,
}  # fmt: skip
"""Our field, which is also the setting that names its property, and how its value is read."""
CONTACT: dict[str, Callable[[str], Any]] = {
    "user_id": a_text, "role": a_role, "title": a_text, "timezone": a_text, "department": a_text, "departed_on": a_day,
    "departure": role_word,
}  # fmt: skip
"""The same of a person; the setting is called contact_ and our field."""
OWNER, MODIFIED = "hubspot_owner_id", "hs_lastmodifieddate"
CONTACT_MODIFIED = "lastmodifieddate"


class Deal(NamedTuple):
    """One deal of a company: its properties."""

    deal_id: str
    properties: Mapping[str, str | None]


def company_properties(settings: HubspotSettings) -> list[str]:
    """What to ask of a company."""
    chosen = [getattr(settings, field) for field in (*ACCOUNT, "account_id", "analytics_id", "merged_ids")]
    return _named("name", "domain", OWNER, MODIFIED, settings.customer_property, *chosen)


def contact_properties(settings: HubspotSettings) -> list[str]:
    """What to ask of a contact."""
    chosen = [getattr(settings, f"contact_{field}") for field in CONTACT]
    return _named("firstname", "lastname", "email", CONTACT_MODIFIED, *chosen)


def deal_properties(settings: HubspotSettings) -> list[str]:
    """What to ask of a deal."""
    chosen = (
        settings.deal_won, settings.deal_closed, settings.deal_arr, settings.deal_renewal_date,
        settings.deal_lost_reason,
    )  # fmt: skip
    return _named("closedate", "pipeline", MODIFIED, *chosen)


def is_customer(settings: HubspotSettings, company: Object) -> bool:
    """Whether the company is one that we watch."""
    return company["properties"].get(settings.customer_property) in settings.customer_values


def heard_company(
    settings: HubspotSettings, company: Object, owners: Mapping[str, str], deals: Sequence[Deal]
) -> Iterator[Heard]:
    """The company as we say it; a value that cannot be used is refused, and its field is empty."""
    has, ref = company["properties"], Ref(NAME, str(company["id"]))
    reader = Reader(f"{NAME}/companies/{ref.name}", has)
    facts: dict[str, Any] = {"name": reader.value("name", a_text), "domain": reader.value("domain", a_text)}
    facts["csm_email"] = owners.get(has.get(OWNER) or "")
    for field, read in ACCOUNT.items():
        if name := getattr(settings, field):
            facts[field] = reader.value(name, read)
    facts |= {field: value for field, value in _of_deals(settings, deals, reader).items() if facts.get(field) is None}
    if settings.archived_ends:
        facts["observed_until"] = None
    yield from reader.refused
    yield HeardAccount(
        ref=ref, facts=facts, names=_names(settings, has), changed_at=moment_of(company["updatedAt"]), creates=True
    )


def archived_company(company: Object) -> HeardAccount:
    """It is watched no longer than this day."""
    at = moment_of(company["archivedAt"])
    return HeardAccount(ref=Ref(NAME, str(company["id"])), facts={"observed_until": at.date()}, changed_at=at)


def heard_contact(settings: HubspotSettings, contact: Object, company_id: str) -> Iterator[Heard]:
    """A person as we say it; a value that cannot be used is refused, and its field is empty."""
    has, number = contact["properties"], str(contact["id"])
    reader = Reader(f"{NAME}/contacts/{number}", has)
    facts: dict[str, Any] = {
        "name": " ".join(part for part in (has.get("firstname"), has.get("lastname")) if part) or None,
        "email": (has.get("email") or "").lower() or None,
    }
    for field, read in CONTACT.items():
        if name := getattr(settings, f"contact_{field}"):
            facts[field] = reader.value(name, read)
    yield from reader.refused
    yield HeardContact(
        ref=Ref(NAME, company_id), contact_id=number, facts=facts, changed_at=moment_of(contact["updatedAt"])
    )


def deal_records(settings: HubspotSettings, company_id: str, deals: Iterable[Deal]) -> Iterator[Heard]:
    """What deals say of the contract: each that was won what it is worth since, each of the renewals how it ended."""
    for number, has in deals:
        reader = Reader(f"{NAME}/deals/{number}", has)
        closes, arr = reader.value("closedate", a_day), reader.value(settings.deal_arr or "", a_number)
        told = list(_contract(settings, has, reader, closes, arr)) if closes else []
        yield from reader.refused
        for kind, facts in told:
            yield HeardRecord(
                ref=Ref(NAME, company_id), kind=kind, key=number, facts=facts,
                changed_at=moment_of(has.get(MODIFIED) or str(closes)),
            )  # fmt: skip


def _contract(
    settings: HubspotSettings, has: Mapping[str, str | None], reader: Reader, closes: date, arr: Decimal | None
) -> Iterator[tuple[RecordKind, dict[str, Any]]]:
    won, closed = has.get(settings.deal_won) == "true", has.get(settings.deal_closed) == "true"
    if won and arr is not None:
        ends_on = reader.value(settings.deal_renewal_date or "", a_day)
        yield "subscription", {"subscription": "deals", "effective_on": closes, "arr": arr, "ends_on": ends_on}
    if settings.renewal_pipeline and has.get("pipeline") == settings.renewal_pipeline:
        yield "renewal", _renewal(settings, has, closes, arr, won, closed)


def _renewal(
    settings: HubspotSettings, has: Mapping[str, str | None], closes: date, arr: Decimal | None, won: bool, closed: bool
) -> dict[str, Any]:
    """HubSpot knows one date of a deal: when it closed, else when it is expected to."""
    if not closed:
        return {"due_on": closes}
    if won:
        return {"due_on": closes, "decided_on": closes, "outcome": "renewed", "arr_after": arr}
    reason = (has.get(settings.deal_lost_reason or "") or "")[:512]
    return {"due_on": closes, "decided_on": closes, "outcome": "churned", "arr_after": 0, "reason": reason}


def _of_deals(settings: HubspotSettings, deals: Sequence[Deal], company: Reader) -> dict[str, Any]:
    """ARR: that of the deal won last. Renewal: the day the next open renewal closes, else what the won deal says."""
    readers = [(deal, Reader(f"{NAME}/deals/{deal.deal_id}", deal.properties)) for deal in deals]
    closing = [(reader.value("closedate", a_day), deal.deal_id, deal, reader) for deal, reader in readers]
    dated = sorted(((day, number, deal, reader) for day, number, deal, reader in closing if day), key=lambda d: d[:2])
    won = [found for found in dated if found[2].properties.get(settings.deal_won) == "true"]
    opened = [
        found
        for found in dated
        if found[2].properties.get(settings.deal_closed) != "true"
        and settings.renewal_pipeline
        and found[2].properties.get("pipeline") == settings.renewal_pipeline
    ]
    facts: dict[str, Any] = {}
    if settings.deal_arr:
        facts["arr"] = won[-1][3].value(settings.deal_arr, a_number) if won else None
    if settings.deal_renewal_date or settings.renewal_pipeline:
        facts["renewal_date"] = opened[0][0] if opened else None
    if settings.deal_renewal_date and not opened and won:
        facts["renewal_date"] = won[-1][3].value(settings.deal_renewal_date, a_day)
    for _, reader in readers:
        company.refused.extend(reader.refused)
    return facts


def _names(settings: HubspotSettings, has: Mapping[str, str | None]) -> tuple[Ref, ...]:
    chosen = ((OURS, settings.account_id), (settings.analytics_source, settings.analytics_id), (DOMAIN, "domain"))
    told = [(source, has.get(name) or "") for source, name in chosen if name]
    merged = (has.get(settings.merged_ids) or "").split(";") if settings.merged_ids else []
    said = ((source, text.strip()) for source, text in (*told, *((NAME, number) for number in merged)))
    return tuple(
        Ref(source, text.lower() if source == DOMAIN else text) for source, text in said if 0 < len(text) <= 256
    )


def _named(*names: str | None) -> list[str]:
    return list(dict.fromkeys(name for name in names if name))
