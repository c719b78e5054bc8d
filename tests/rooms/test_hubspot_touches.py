"""What HubSpot's mails, meetings, calls, notes and tickets mean."""

from datetime import UTC, datetime
from typing import Any

import pytest

from health_monitor.model.crm import REF
from health_monitor.model.heard import Heard, HeardTicket, HeardTouchpoint
from health_monitor.model.intake import Reject
from health_monitor.sources import hubspot_touches
from health_monitor.sources.hubspot_questions import PIPELINES
from health_monitor.sources.hubspot_words import BUSY_OR_SILENT, HubspotSettings
from health_monitor.sources.spec import Recall

THEN, EARLIER = "2026-11-01T10:00:00Z", "2026-10-20T10:00:00Z"
MOMENT, BEFORE = datetime(2026, 11, 1, 10, tzinfo=UTC), datetime(2026, 10, 20, 10, tzinfo=UTC)
SETTINGS = HubspotSettings()


def an_object(number: str = "1", **properties: Any) -> dict[str, Any]:
    return {"id": number, "properties": {"hs_timestamp": THEN, "hs_lastmodifieddate": THEN} | properties}


def touch(kind: str, *, with_person: bool = True, **properties: Any) -> HeardTouchpoint | None:
    return hubspot_touches.touch(SETTINGS, kind, an_object(**properties), with_person)


def a_touch(kind: str, **properties: Any) -> HeardTouchpoint:
    found = touch(kind, **properties)
    assert found
    return found


def test_a_mail_that_came_in_is_inbound_and_one_of_ours_is_not() -> None:
    came = a_touch("emails", hs_email_direction="INCOMING_EMAIL", hs_email_subject="Re: Hello")
    assert (came.touch, came.inbound, came.automatic, came.at) == ("email", True, False, MOMENT)
    assert came.touchpoint_id == "emails-1"
    assert not a_touch("emails", hs_email_direction="EMAIL").inbound


def test_an_out_of_office_note_is_one_by_its_subject() -> None:
    subject = "Automatic reply: Hello"
    assert a_touch("emails", hs_email_direction="INCOMING_EMAIL", hs_email_subject=subject).automatic


@pytest.mark.parametrize(("kind", "field"), [("emails", "hs_email_text"), ("notes", "hs_note_body")])
def test_what_we_logged_ourselves_is_left_out(kind: str, field: str) -> None:
    assert touch(kind, **{field: f"<p>Sent a check-in.</p>{REF}0123456789abcdef0123"}) is None
    assert touch(kind, **{field: "They like it."})


def test_a_meeting_counts_from_when_it_was_booked_and_one_logged_afterwards_from_when_it_was_held() -> None:
    booked = a_touch("meetings", hs_createdate=THEN, hs_meeting_start_time="2026-11-09T10:00:00Z")
    assert (booked.touch, booked.at) == ("meeting", MOMENT)
    assert a_touch("meetings", hs_createdate=THEN, hs_meeting_start_time=EARLIER).at == BEFORE
    assert a_touch("meetings", hs_createdate=THEN).at == MOMENT


@pytest.mark.parametrize("outcome", ["CANCELED", "No Show", "RESCHEDULED"])
def test_a_meeting_that_was_not_held_is_no_contact(outcome: str) -> None:
    assert touch("meetings", hs_createdate=THEN, hs_meeting_outcome=outcome) is None


def test_a_call_counts_when_it_reached_somebody() -> None:
    assert a_touch("calls", hs_call_status="COMPLETED", hs_call_direction="INBOUND").inbound
    assert not a_touch("calls", hs_call_disposition="f240bbac-87c9-4f6e-bf70-924b57d47db7").inbound
    assert touch("calls", hs_call_status="SCHEDULED") is None
    assert [touch("calls", hs_call_disposition=outcome) for outcome in BUSY_OR_SILENT] == [None] * 4


def test_a_note_counts_when_it_is_about_a_person() -> None:
    assert a_touch("notes", hs_note_body="They like it.").touch == "note"
    assert touch("notes", with_person=False, hs_note_body="They like it.") is None


def test_a_ticket_is_over_when_its_stage_says_so() -> None:
    known = {"createdate": EARLIER, "closed_date": THEN, "hs_ticket_priority": "HIGH"}

    def ticket(**facts: Any) -> HeardTicket:
        return hubspot_touches.ticket(SETTINGS, an_object(**known | facts), frozenset({"4"}))

    opened = ticket(hs_pipeline_stage="1")
    assert (opened.priority, opened.opened_at, opened.closed_at, opened.changed_at) == ("p1", BEFORE, None, MOMENT)
    assert ticket(hs_pipeline_stage="4").closed_at == MOMENT
    assert ticket(hs_pipeline_stage="4", closed_date=None).closed_at == MOMENT
    assert ticket(hs_ticket_priority="whatever").priority is None


def test_what_is_read_is_chosen_by_the_settings() -> None:
    assert hubspot_touches.stages(HubspotSettings(tickets=False)) == ["emails", "meetings", "calls", "notes"]
    assert hubspot_touches.stages(HubspotSettings(touchpoints=False)) == ["tickets"]


def read(kind: str, *found: dict[str, Any], recall: Recall, **links: list[tuple[str, str]]) -> list[Heard]:
    """Companies 7 and 8 are customers, 9 is none; stage 4 of tickets is closed."""
    pages = hubspot_touches.heard_touches(SETTINGS, kind, list(found), recall)
    customers = [
        {"id": number, "properties": {"lifecyclestage": stage}}
        for number, stage in (("7", "customer"), ("8", "customer"), ("9", "lead"))
    ]
    try:
        request = next(pages)
        while True:
            answer: dict[str, Any] = {"results": customers}
            if "associations" in request.path:
                pairs = links.get(request.path.split("/")[5], [])
                answer = {"results": [{"from": {"id": here}, "to": [{"toObjectId": there}]} for here, there in pairs]}
            if request.path == f"{PIPELINES}/tickets":
                stages = [{"id": "1", "metadata": {}}, {"id": "4", "metadata": {"ticketState": "CLOSED"}}]
                answer = {"results": [{"stages": stages}]}
            request = pages.send(answer)
    except StopIteration as done:
        result: list[Heard] = done.value
        return result


def test_each_customer_hears_of_it_and_what_belongs_to_none_is_counted() -> None:
    recall, both = Recall(), [("1", "7"), ("1", "8"), ("2", "9")]
    mails = [an_object(number, hs_email_direction="INCOMING_EMAIL") for number in ("1", "2", "3")]
    found = read("emails", *mails, recall=recall, companies=both, contacts=[("1", "77")])
    told = [(one.ref.name, one.contact_id) for one in found if isinstance(one, HeardTouchpoint)]
    assert told == [("7", "77"), ("8", "77")]
    assert recall.counts["emails_of_no_customer"] == 2


def test_where_there_are_several_people_none_is_named_and_what_is_no_contact_is_counted() -> None:
    recall = Recall()
    calls = (an_object("1"), an_object("2", hs_call_status="MISSED"))
    two = [("1", "77"), ("1", "78")]
    found = read("calls", *calls, recall=recall, companies=[("1", "7"), ("2", "7")], contacts=two)
    assert [one.contact_id for one in found if isinstance(one, HeardTouchpoint)] == [None]
    assert recall.counts["calls_left_out"] == 1


def test_the_stages_of_tickets_are_asked_for_once_a_run() -> None:
    recall = Recall()
    for _ in range(2):
        ticket = an_object("5", createdate=EARLIER, hs_pipeline_stage="4")
        [found] = read("tickets", ticket, recall=recall, companies=[("5", "7")])
        assert isinstance(found, HeardTicket)
        assert found.closed_at == MOMENT
    assert recall.notes["closed_stages"] == {"4"}
    assert read("tickets", an_object("6"), recall=Recall()) == []


def test_what_has_no_moment_is_refused_alone() -> None:
    found = read("calls", an_object("1", hs_timestamp="soon"), an_object("2"), recall=Recall(),
                 companies=[("1", "7"), ("2", "7")])  # fmt: skip
    [refused, fine] = found
    assert isinstance(refused, Reject)
    assert refused.file == "hubspot/calls/1"
    assert isinstance(fine, HeardTouchpoint)
