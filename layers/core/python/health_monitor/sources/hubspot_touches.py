"""What HubSpot's emails, meetings, calls, notes and tickets mean: contacts with a customer, and support requests."""

from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple

from health_monitor.model.crm import is_ours
from health_monitor.model.heard import Heard, HeardTicket, HeardTouchpoint, Ref
from health_monitor.model.intake import Reject
from health_monitor.model.out_of_office import says_so
from health_monitor.sources.hubspot_questions import PIPELINES, associated, read
from health_monitor.sources.hubspot_words import MODIFIED, NAME, HubspotSettings, Object, is_customer, moment_of
from health_monitor.sources.spec import Recall, Request

PROPERTIES: dict[str, list[str]] = {
    "emails": ["hs_timestamp", "hs_email_direction", "hs_email_subject", "hs_email_text", MODIFIED],
    "meetings": ["hs_createdate", "hs_meeting_start_time", "hs_meeting_outcome", MODIFIED],
    "calls": ["hs_timestamp", "hs_call_direction", "hs_call_disposition", "hs_call_status", MODIFIED],
    "notes": ["hs_timestamp", "hs_note_body", MODIFIED],
    "tickets": ["createdate", "closed_date", "hs_pipeline_stage", "hs_ticket_priority", MODIFIED],
}
"""What is asked of each kind, in the order in which they are read."""
NOT_HELD = frozenset({"CANCELED", "NO SHOW", "NO_SHOW", "RESCHEDULED"})
_REMEDY = "correct the property in HubSpot"
Words = Generator[Request, Any, list[Heard]]
Touch = Literal["email", "meeting", "call", "note"]


class _Saying(NamedTuple):
    """What one activity says, before it is known of which company."""

    touch: Touch
    at: datetime
    inbound: bool = False
    automatic: bool = False


def stages(settings: HubspotSettings) -> list[str]:
    """The kinds that the settings want read."""
    wanted = {"tickets": settings.tickets}
    return [kind for kind in PROPERTIES if wanted.get(kind, settings.touchpoints)]


def heard_touches(settings: HubspotSettings, kind: str, found: list[Any], recall: Recall) -> Words:
    """What these activities or tickets say of customers; what belongs to none is counted and left out."""
    pairs = yield from associated(kind, "companies", [one["id"] for one in found])
    companies = yield from read("companies", [there for _, there in pairs], [settings.customer_property])
    customers = {str(company["id"]) for company in companies if is_customer(settings, company)}
    whose: dict[str, list[str]] = defaultdict(list)
    for here, there in pairs:
        if there in customers:
            whose[here].append(there)
    ours = [one for one in found if str(one["id"]) in whose]
    recall.counts[f"{kind}_of_no_customer"] += len(found) - len(ours)
    people = yield from _people(kind, ours)
    closed = (yield from _closed_stages(recall)) if kind == "tickets" and ours else frozenset[str]()
    return [said for one in ours for said in _said(settings, kind, one, whose[str(one["id"])], people, closed, recall)]


def _people(kind: str, found: list[Any]) -> Generator[Request, Any, dict[str, list[str]]]:
    pairs = yield from associated(kind, "contacts", [one["id"] for one in found])
    people: dict[str, list[str]] = defaultdict(list)
    for here, there in pairs:
        people[here].append(there)
    return people


def _closed_stages(recall: Recall) -> Generator[Request, Any, frozenset[str]]:
    """The stages of every pipeline in which a ticket is over."""
    known: frozenset[str] | None = recall.notes.get("closed_stages")
    if known is None:
        answer = yield Request(f"{PIPELINES}/tickets")
        every = [stage for pipeline in answer["results"] for stage in pipeline["stages"]]
        over = (str(stage["id"]) for stage in every if stage["metadata"].get("ticketState") == "CLOSED")
        known = recall.notes["closed_stages"] = frozenset(over)
    return known


def _said(
    settings: HubspotSettings, kind: str, one: Object, companies: Iterable[str], people: Mapping[str, list[str]],
    closed: frozenset[str], recall: Recall,
) -> Iterator[Heard]:  # fmt: skip
    """One record for each company; the person is told where there is only one."""
    number = str(one["id"])
    contact_id = people[number][0] if len(people.get(number, ())) == 1 else None
    try:
        record = ticket(settings, one, closed) if kind == "tickets" else touch(settings, kind, one, number in people)
    except (ValueError, OverflowError, OSError):
        yield Reject(f"{NAME}/{kind}/{number}", 0, "moment", "is missing or no moment", _REMEDY)
        return
    if record is None:
        recall.counts[f"{kind}_left_out"] += 1
        return
    for company in companies:
        yield record.model_copy(update={"ref": Ref(NAME, company), "contact_id": contact_id})


def touch(settings: HubspotSettings, kind: str, one: Object, with_person: bool) -> HeardTouchpoint | None:
    """An activity as we say it; None for what shows no contact with a person, and for what we logged ourselves."""
    has = one["properties"]
    read_as = {"emails": _email, "meetings": _meeting, "calls": _call, "notes": _note}[kind]
    said = read_as(settings, has)
    if said is None or (kind == "notes" and not with_person):
        return None
    return HeardTouchpoint(ref=Ref(NAME, ""), touchpoint_id=f"{kind}-{one['id']}", **said._asdict())


def ticket(settings: HubspotSettings, one: Object, closed: frozenset[str]) -> HeardTicket:
    """A ticket as we say it. It is over where its stage says so: the day it closed stays when it is opened again."""
    has, changed_at = one["properties"], _at(one["properties"], MODIFIED)
    closed_at = None
    if has.get("hs_pipeline_stage") in closed:
        closed_at = _at(has, "closed_date") if has.get("closed_date") else changed_at
    return HeardTicket(
        ref=Ref(NAME, ""), ticket_id=str(one["id"]), opened_at=_at(has, "createdate"), closed_at=closed_at,
        changed_at=changed_at, priority=settings.ticket_priorities.get(has.get("hs_ticket_priority") or ""),
    )  # fmt: skip


def _email(_settings: HubspotSettings, has: Mapping[str, str | None]) -> _Saying | None:
    if is_ours(has.get("hs_email_text")):
        return None
    inbound = has.get("hs_email_direction") == "INCOMING_EMAIL"
    return _Saying("email", _at(has, "hs_timestamp"), inbound, says_so(has.get("hs_email_subject") or ""))


def _meeting(_settings: HubspotSettings, has: Mapping[str, str | None]) -> _Saying | None:
    """Its moment is when it was booked; one that was logged after it was held counts from when it was held."""
    if (has.get("hs_meeting_outcome") or "").upper() in NOT_HELD:
        return None
    booked = _at(has, "hs_createdate")
    begins = _at(has, "hs_meeting_start_time") if has.get("hs_meeting_start_time") else booked
    return _Saying("meeting", min(booked, begins))


def _call(settings: HubspotSettings, has: Mapping[str, str | None]) -> _Saying | None:
    """One that reached nobody is no contact."""
    over = has.get("hs_call_status") in (None, "", "COMPLETED")
    if not over or has.get("hs_call_disposition") in settings.calls_that_reached_nobody:
        return None
    return _Saying("call", _at(has, "hs_timestamp"), has.get("hs_call_direction") == "INBOUND")


def _note(_settings: HubspotSettings, has: Mapping[str, str | None]) -> _Saying | None:
    return None if is_ours(has.get("hs_note_body")) else _Saying("note", _at(has, "hs_timestamp"))


def _at(has: Mapping[str, str | None], name: str) -> datetime:
    return moment_of(has.get(name) or "")
