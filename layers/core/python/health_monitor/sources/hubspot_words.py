"""What HubSpot's words mean in ours: companies, contacts and deals, by property names that each portal chooses."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field

from health_monitor.model.heard import DOMAIN, OURS, Heard, HeardAccount, HeardContact, Ref
from health_monitor.model.intake import Reject
from health_monitor.sources.spec import SourceSettings

NAME = "hubspot"
Property = Annotated[str, Field(min_length=1)] | None
"""A property's internal name; None: it is not read, and what we know stays."""
Object = Mapping[str, Any]
Priority = Literal["p1", "p2", "p3", "p4"]
PRIORITIES: Mapping[str, Priority] = {"URGENT": "p1", "HIGH": "p1", "MEDIUM": "p2", "LOW": "p3"}
"""HubSpot's own; where nobody uses URGENT, HIGH is the highest."""
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
    deal_arr: Property = None
    deal_renewal_date: Property = None
    renewal_pipeline: str | None = None
    deal_won: Annotated[str, Field(min_length=1)] = "hs_is_closed_won"
    deal_closed: Annotated[str, Field(min_length=1)] = "hs_is_closed"
    contact_user_id: Property = None
    contact_role: Property = None
    contact_title: Property = "jobtitle"
    contact_timezone: Property = None
    touchpoints: bool = True
    tickets: bool = True
    ticket_priorities: dict[str, Priority] = Field(default_factory=lambda: dict(PRIORITIES))
    calls_that_reached_nobody: tuple[str, ...] = BUSY_OR_SILENT
    history_days: Annotated[int, Field(ge=0, le=730)] = 90
    archived_ends: bool = False
    overlap_minutes: Annotated[int, Field(ge=0, le=1440)] = 10

    @property
    def reads_deals(self) -> bool:
        return bool(self.deal_arr or self.deal_renewal_date or self.renewal_pipeline)


class UnusableError(Exception):
    """A property's value that cannot be what it is taken for."""


def _text(said: str) -> str:
    if len(said) > 512:
        raise UnusableError("is longer than 512 characters")
    return said


def _number(said: str) -> Decimal:
    try:
        number = Decimal(said)
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite() or len(number.as_tuple().digits) + abs(int(number.as_tuple().exponent)) > 38:
        raise UnusableError("is not a number")
    return number


def _whole(said: str) -> int:
    number = _number(said)
    if number != int(number) or not 0 <= number <= 10**9:
        raise UnusableError("is not a whole number of seats")
    return int(number)


def _day(said: str) -> date:
    """HubSpot writes a day as 2026-01-31, as a moment, or as milliseconds since 1970."""
    try:
        return moment_of(said).date()
    except (ValueError, OverflowError, OSError):
        raise UnusableError("is not a date") from None


def moment_of(said: str) -> datetime:
    """A moment as HubSpot writes it: in ISO 8601 or as milliseconds since 1970. Raises ValueError when it is none."""
    if said.lstrip("-").isdigit():
        return datetime.fromtimestamp(int(said) / 1000, UTC)
    at = datetime.fromisoformat(said)
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def milliseconds(said: str) -> int:
    """A moment as HubSpot's filters want it."""
    at = moment_of(said) - datetime(1970, 1, 1, tzinfo=UTC)
    return (at.days * 86_400 + at.seconds) * 1_000 + at.microseconds // 1_000


ACCOUNT: dict[str, Callable[[str], Any]] = {
    "tier": _text, "segment": _text, "plan": _text, "use_case": _text, "industry": _text, "arr": _number,
    "renewal_date": _day, "signup_date": _day, "churn_date": _day, "licensed_seats": _whole,
    "child_accounts": _whole, "products": _whole, "sentiment": _text, "renewal_stage": _text,
}  # fmt: skip
"""Our field, which is also the setting that names its property, and how its value is read."""
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
    chosen = (settings.contact_user_id, settings.contact_role, settings.contact_title, settings.contact_timezone)
    return _named("firstname", "lastname", "email", CONTACT_MODIFIED, *chosen)


def deal_properties(settings: HubspotSettings) -> list[str]:
    """What to ask of a deal."""
    chosen = (settings.deal_won, settings.deal_closed, settings.deal_arr, settings.deal_renewal_date)
    return _named("closedate", "pipeline", MODIFIED, *chosen)


def is_customer(settings: HubspotSettings, company: Object) -> bool:
    """Whether the company is one that we watch."""
    return company["properties"].get(settings.customer_property) in settings.customer_values


def heard_company(
    settings: HubspotSettings, company: Object, owners: Mapping[str, str], deals: Sequence[Deal]
) -> Iterator[Heard]:
    """The company as we say it; a value that cannot be used is refused, and its field is empty."""
    has, ref = company["properties"], Ref(NAME, str(company["id"]))
    reader = _Reader(f"{NAME}/companies/{ref.name}", has)
    facts: dict[str, Any] = {"name": reader.value("name", _text), "domain": reader.value("domain", _text)}
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


def heard_contact(settings: HubspotSettings, contact: Object, company_id: str) -> HeardContact:
    """A person as we say it."""
    has = contact["properties"]
    facts: dict[str, Any] = {
        "name": " ".join(part for part in (has.get("firstname"), has.get("lastname")) if part) or None,
        "email": (has.get("email") or "").lower() or None,
    }
    for field in ("user_id", "role", "title", "timezone"):
        if name := getattr(settings, f"contact_{field}"):
            facts[field] = has.get(name) or None
    return HeardContact(
        ref=Ref(NAME, company_id),
        contact_id=str(contact["id"]),
        facts=facts,
        changed_at=moment_of(contact["updatedAt"]),
    )


class _Reader:
    """Reads one object's properties; HubSpot's values are texts, or null."""

    def __init__(self, record: str, properties: Mapping[str, str | None]) -> None:
        self._record, self._properties = record, properties
        self.refused: list[Reject] = []

    def value(self, name: str, read: Callable[[str], Any]) -> Any:
        said = (self._properties.get(name) or "").strip()
        try:
            return read(said) if said else None
        except UnusableError as error:
            self.refused.append(Reject(self._record, 0, name, str(error), "correct the property in HubSpot"))
            return None


def _of_deals(settings: HubspotSettings, deals: Sequence[Deal], company: _Reader) -> dict[str, Any]:
    """ARR: that of the deal won last. Renewal: the day the next open renewal closes, else what the won deal says."""
    readers = [(deal, _Reader(f"{NAME}/deals/{deal.deal_id}", deal.properties)) for deal in deals]
    closing = [(reader.value("closedate", _day), deal.deal_id, deal, reader) for deal, reader in readers]
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
        facts["arr"] = won[-1][3].value(settings.deal_arr, _number) if won else None
    if settings.deal_renewal_date or settings.renewal_pipeline:
        facts["renewal_date"] = opened[0][0] if opened else None
    if settings.deal_renewal_date and not opened and won:
        facts["renewal_date"] = won[-1][3].value(settings.deal_renewal_date, _day)
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
