"""What HubSpot's emails, meetings, calls, notes, tickets and survey answers mean: records of a customer."""

from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from health_monitor.model.account import role_word
from health_monitor.model.crm import is_ours
from health_monitor.model.heard import Heard, HeardRecord, RecordKind, Ref
from health_monitor.model.intake import Reject
from health_monitor.model.out_of_office import says_so
from health_monitor.model.records import TouchKind
from health_monitor.sources.hubspot_questions import PIPELINES, associated, read
from health_monitor.sources.hubspot_values import moment_of, plain
from health_monitor.sources.hubspot_words import MODIFIED, NAME, HubspotSettings, Object, is_customer
from health_monitor.sources.spec import Recall, Request

SURVEYS = "feedback_submissions"
PROPERTIES: dict[str, list[str]] = {
    "emails": ["hs_timestamp", "hs_email_direction", "hs_email_subject", "hs_email_text", MODIFIED],
    "meetings": ["hs_createdate", "hs_meeting_start_time", "hs_meeting_outcome", "hs_activity_type", MODIFIED],
    "calls": ["hs_timestamp", "hs_call_direction", "hs_call_disposition", "hs_call_status", MODIFIED],
    "notes": ["hs_timestamp", "hs_note_body", MODIFIED],
    "tickets": [
        "createdate", "closed_date", "hs_pipeline_stage", "hs_ticket_priority", "hs_ticket_category", MODIFIED
    ],
    SURVEYS: ["hs_submission_timestamp", "hs_createdate", "hs_survey_type", "hs_value", MODIFIED],
}  # fmt: skip
"""What is asked of each kind, in the order in which they are read."""
NOT_HELD = frozenset({"CANCELED", "RESCHEDULED"})
MISSED = frozenset({"NO SHOW", "NO_SHOW"})
_REMEDY = "correct the property in HubSpot"
Words = Generator[Request, Any, list[Heard]]


class _Saying(NamedTuple):
    """What one object says, before it is known of which company."""

    kind: RecordKind
    facts: dict[str, Any]


def stages(settings: HubspotSettings) -> list[str]:
    """The kinds that the settings want read."""
    wanted = {"tickets": settings.tickets, SURVEYS: settings.surveys}
    return [kind for kind in PROPERTIES if wanted.get(kind, settings.touchpoints)]


def properties(settings: HubspotSettings, kind: str) -> list[str]:
    """What is asked of a kind, with what the portal calls its own."""
    chosen = (settings.ticket_reopened, settings.ticket_csat) if kind == "tickets" else ()
    return [*PROPERTIES[kind], *(name for name in chosen if name)]


def heard_records(settings: HubspotSettings, kind: str, found: list[Any], recall: Recall) -> Words:
    """What these activities, tickets or answers say of customers; what belongs to none is counted and left out."""
    people = yield from _pairs(kind, "contacts", [str(one["id"]) for one in found])
    companies = yield from _companies(kind, found, people)
    known = yield from read("companies", [each for some in companies.values() for each in some],
                            [settings.customer_property])  # fmt: skip
    customers = {str(company["id"]) for company in known if is_customer(settings, company)}
    whose = {here: [each for each in there if each in customers] for here, there in companies.items()}
    ours = [one for one in found if whose.get(str(one["id"]))]
    recall.counts[f"{kind}_of_no_customer"] += len(found) - len(ours)
    closed = (yield from _closed_stages(recall)) if kind == "tickets" and ours else frozenset[str]()
    return [said for one in ours for said in _said(settings, kind, one, whose[str(one["id"])], people, closed, recall)]


def _companies(
    kind: str, found: list[Any], people: Mapping[str, list[str]]
) -> Generator[Request, Any, dict[str, list[str]]]:
    """The companies of each; an answer to a survey is its person's, and so of that person's companies."""
    if kind != SURVEYS:
        return (yield from _pairs(kind, "companies", [str(one["id"]) for one in found]))
    employers = yield from _pairs("contacts", "companies", [each for some in people.values() for each in some])
    return {
        here: list(dict.fromkeys(company for person in there for company in employers.get(person, ())))
        for here, there in people.items()
    }


def _pairs(here: str, there: str, ids: Iterable[str]) -> Generator[Request, Any, dict[str, list[str]]]:
    found: dict[str, list[str]] = defaultdict(list)
    for one, other in (yield from associated(here, there, ids)):
        found[one].append(other)
    return found


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
    with_person = people.get(number, [])
    person = {"contact_id": with_person[0]} if len(with_person) == 1 else {}
    try:
        sayings = list(_sayings(settings, kind, one, bool(with_person), closed))
        changed_at = _at(one["properties"], MODIFIED)
    except (ValueError, OverflowError, OSError):
        yield Reject(f"{NAME}/{kind}/{number}", 0, "moment", "is missing or no moment", _REMEDY)
        return
    if not sayings:
        recall.counts[f"{kind}_left_out"] += 1
    key = number if kind in ("tickets", SURVEYS) else f"{kind}-{number}"
    for company in companies:
        for said in sayings:
            facts = said.facts | (person if said.kind != "note" else {})
            yield HeardRecord(ref=Ref(NAME, company), kind=said.kind, key=key, facts=facts, changed_at=changed_at)


def _sayings(
    settings: HubspotSettings, kind: str, one: Object, with_person: bool, closed: frozenset[str]
) -> Iterator[_Saying]:
    """What an object says; nothing when it shows no contact with a person, or when we logged it ourselves."""
    has = one["properties"]
    if kind == "tickets":
        yield _ticket(settings, has, closed)
    elif kind == SURVEYS:
        yield from _survey(settings, has)
    elif kind == "notes":
        yield from _note(settings, has, with_person)
    else:
        yield from _TOUCHES[kind](settings, has)


def _ticket(settings: HubspotSettings, has: Mapping[str, str | None], closed: frozenset[str]) -> _Saying:
    """It is over where its stage says so: the day it closed stays when it is opened again."""
    facts: dict[str, Any] = {
        "opened_at": _at(has, "createdate"),
        "severity": settings.ticket_priorities.get(has.get("hs_ticket_priority") or ""),
        "type": _type(settings, has.get("hs_ticket_category")),
    }
    if has.get("hs_pipeline_stage") in closed:
        facts["solved_at"] = _at(has, "closed_date" if has.get("closed_date") else MODIFIED)
    for field, name in (("reopened", settings.ticket_reopened), ("csat", settings.ticket_csat)):
        if name and has.get(name):
            facts[field] = has[name]
    return _Saying("ticket", facts)


def _type(settings: HubspotSettings, said: str | None) -> str | None:
    """HubSpot's category may hold several words; the first that means something to us."""
    return next((settings.ticket_types[one] for one in (said or "").split(";") if one in settings.ticket_types), None)


def _survey(settings: HubspotSettings, has: Mapping[str, str | None]) -> Iterator[_Saying]:
    """An answer with a number to one of the three questions; HubSpot's scale for satisfaction is its own."""
    survey, score = (has.get("hs_survey_type") or "").lower(), (has.get("hs_value") or "").removesuffix(".0")
    if survey not in ("nps", "csat", "ces") or not score:
        return
    if survey == "csat":
        score = str(settings.survey_csat.get(score, score))
    at = _at(has, "hs_submission_timestamp" if has.get("hs_submission_timestamp") else "hs_createdate")
    yield _Saying("survey", {"survey": survey, "score": score, "at": at})


def _email(_settings: HubspotSettings, has: Mapping[str, str | None]) -> Iterator[_Saying]:
    if not is_ours(has.get("hs_email_text")):
        inbound = has.get("hs_email_direction") == "INCOMING_EMAIL"
        automatic = says_so(has.get("hs_email_subject") or "")
        yield _touch("email", _at(has, "hs_timestamp"), inbound=inbound, automatic=automatic)


def _meeting(settings: HubspotSettings, has: Mapping[str, str | None]) -> Iterator[_Saying]:
    """Its moment is when it was booked; one that was logged after it was held counts from when it was held.

    A review or a training counts from when it takes place, and tells whether they came.
    """
    outcome = (has.get("hs_meeting_outcome") or "").upper()
    kinds = {role_word(word): kind for word, kind in settings.meeting_kinds.items()}
    kind: TouchKind = kinds.get(role_word(has.get("hs_activity_type") or ""), "meeting")
    booked = _at(has, "hs_createdate")
    begins = _at(has, "hs_meeting_start_time") if has.get("hs_meeting_start_time") else booked
    if outcome in NOT_HELD or (kind == "meeting" and outcome in MISSED):
        return
    if kind == "meeting":
        yield _touch(kind, min(booked, begins))
    else:
        came = {"COMPLETED": True} | dict.fromkeys(MISSED, False)
        yield _touch(kind, begins, attended=came.get(outcome))


def _call(settings: HubspotSettings, has: Mapping[str, str | None]) -> Iterator[_Saying]:
    """One that reached nobody is no contact."""
    over = has.get("hs_call_status") in (None, "", "COMPLETED")
    if over and has.get("hs_call_disposition") not in settings.calls_that_reached_nobody:
        yield _touch("call", _at(has, "hs_timestamp"), inbound=has.get("hs_call_direction") == "INBOUND")


def _note(settings: HubspotSettings, has: Mapping[str, str | None], with_person: bool) -> Iterator[_Saying]:
    """A contact when it is about a person; its words are kept only where the settings say so."""
    if is_ours(has.get("hs_note_body")):
        return
    at = _at(has, "hs_timestamp")
    if with_person:
        yield _touch("note", at)
    if settings.note_texts and (text := plain(has.get("hs_note_body") or "")):
        yield _Saying("note", {"at": at, "text": text})


def _touch(kind: TouchKind, at: datetime, **more: bool | None) -> _Saying:
    return _Saying("touchpoint", {"kind": kind, "at": at, **more})


_TOUCHES: dict[str, Callable[[HubspotSettings, Mapping[str, str | None]], Iterator[_Saying]]] = {
    "emails": _email, "meetings": _meeting, "calls": _call,
}  # fmt: skip


def _at(has: Mapping[str, str | None], name: str) -> datetime:
    return moment_of(has.get(name) or "")
