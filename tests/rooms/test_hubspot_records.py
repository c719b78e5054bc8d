"""What HubSpot's mails, meetings, calls, notes, tickets and survey answers mean."""

from datetime import UTC, datetime
from typing import Any

import pytest

from health_monitor.model.crm import REF
from health_monitor.model.heard import Heard, HeardRecord
from health_monitor.model.intake import Reject
from health_monitor.sources import hubspot_records
from health_monitor.sources.hubspot_questions import PIPELINES
from health_monitor.sources.hubspot_words import BUSY_OR_SILENT, HubspotSettings
from health_monitor.sources.spec import Recall

THEN, EARLIER = "2026-11-01T10:00:00Z", "2026-10-20T10:00:00Z"
MOMENT, BEFORE = datetime(2026, 11, 1, 10, tzinfo=UTC), datetime(2026, 10, 20, 10, tzinfo=UTC)
SETTINGS = HubspotSettings(surveys=True)
LINKS = {"companies": [("1", "7")], "contacts": [("1", "77")]}
Facts = dict[str, Any]


def an_object(number: str = "1", **properties: Any) -> dict[str, Any]:
    return {"id": number, "properties": {"hs_timestamp": THEN, "hs_lastmodifieddate": THEN} | properties}


def read(
    kind: str, *found: dict[str, Any], recall: Recall | None = None, settings: HubspotSettings = SETTINGS,
    **links: list[tuple[str, str]],
) -> list[Heard]:  # fmt: skip
    """Companies 7 and 8 are customers, 9 is none; person 77 works at 7 and 8; stage 4 of tickets is closed."""
    pages = hubspot_records.heard_records(settings, kind, list(found), recall or Recall())
    customers = [
        {"id": number, "properties": {"lifecyclestage": stage}}
        for number, stage in (("7", "customer"), ("8", "customer"), ("9", "lead"))
    ]
    try:
        request = next(pages)
        while True:
            answer: dict[str, Any] = {"results": customers}
            if "associations" in request.path:
                here, there = request.path.split("/")[4:6]
                pairs = links.get(there, []) if here == kind else [("77", "7"), ("77", "8"), ("78", "9")]
                answer = {"results": [{"from": {"id": one}, "to": [{"toObjectId": other}]} for one, other in pairs]}
            if request.path == f"{PIPELINES}/tickets":
                stages = [{"id": "1", "metadata": {}}, {"id": "4", "metadata": {"ticketState": "CLOSED"}}]
                answer = {"results": [{"stages": stages}]}
            request = pages.send(answer)
    except StopIteration as done:
        result: list[Heard] = done.value
        return result


def said(kind: str, settings: HubspotSettings = SETTINGS, with_person: bool = True, **properties: Any) -> list[Facts]:
    """What one object says of company 7."""
    links = LINKS if with_person else {"companies": LINKS["companies"]}
    found = read(kind, an_object(**properties), settings=settings, **links)
    assert all(isinstance(one, HeardRecord) and one.ref.name == "7" for one in found)
    return [{"record": one.kind, "id": one.key} | one.facts for one in found if isinstance(one, HeardRecord)]


def one_said(kind: str, settings: HubspotSettings = SETTINGS, **properties: Any) -> Facts:
    [found] = said(kind, settings, **properties)
    return found


def test_a_mail_that_came_in_is_inbound_and_one_of_ours_is_not() -> None:
    came = one_said("emails", hs_email_direction="INCOMING_EMAIL", hs_email_subject="Re: Hello")
    assert came == {
        "record": "touchpoint", "id": "emails-1", "kind": "email", "at": MOMENT, "inbound": True, "automatic": False,
        "contact_id": "77",
    }  # fmt: skip
    assert not one_said("emails", hs_email_direction="EMAIL")["inbound"]


def test_an_out_of_office_note_is_one_by_its_subject() -> None:
    subject = "Automatic reply: Hello"
    assert one_said("emails", hs_email_direction="INCOMING_EMAIL", hs_email_subject=subject)["automatic"]


@pytest.mark.parametrize(("kind", "field"), [("emails", "hs_email_text"), ("notes", "hs_note_body")])
def test_what_we_logged_ourselves_is_left_out(kind: str, field: str) -> None:
    assert said(kind, **{field: f"<p>Sent a check-in.</p>{REF}0123456789abcdef0123"}) == []
    assert said(kind, **{field: "They like it."})


def test_a_meeting_counts_from_when_it_was_booked_and_one_logged_afterwards_from_when_it_was_held() -> None:
    booked = one_said("meetings", hs_createdate=THEN, hs_meeting_start_time="2026-11-09T10:00:00Z")
    assert (booked["kind"], booked["at"]) == ("meeting", MOMENT)
    assert one_said("meetings", hs_createdate=THEN, hs_meeting_start_time=EARLIER)["at"] == BEFORE
    assert one_said("meetings", hs_createdate=THEN)["at"] == MOMENT


@pytest.mark.parametrize("outcome", ["CANCELED", "No Show", "RESCHEDULED"])
def test_a_meeting_that_was_not_held_is_no_contact(outcome: str) -> None:
    assert said("meetings", hs_createdate=THEN, hs_meeting_outcome=outcome) == []


@pytest.mark.parametrize(("outcome", "attended"), [("COMPLETED", True), ("NO_SHOW", False), ("SCHEDULED", None)])
def test_a_review_or_a_training_counts_from_when_it_takes_place_and_says_whether_they_came(
    outcome: str, attended: bool | None
) -> None:
    when = {"hs_createdate": EARLIER, "hs_meeting_start_time": THEN, "hs_meeting_outcome": outcome}
    review = one_said("meetings", hs_activity_type="Quarterly Business Review", **when)
    assert (review["kind"], review["at"], review["attended"]) == ("qbr", MOMENT, attended)
    ours = HubspotSettings(meeting_kinds={"Bootcamp": "training"})
    assert one_said("meetings", ours, hs_activity_type="bootcamp", **when)["kind"] == "training"
    assert said("meetings", hs_activity_type="QBR", **when | {"hs_meeting_outcome": "CANCELED"}) == []


def test_a_call_counts_when_it_reached_somebody() -> None:
    assert one_said("calls", hs_call_status="COMPLETED", hs_call_direction="INBOUND")["inbound"]
    assert not one_said("calls", hs_call_disposition="f240bbac-87c9-4f6e-bf70-924b57d47db7")["inbound"]
    assert said("calls", hs_call_status="SCHEDULED") == []
    assert [said("calls", hs_call_disposition=outcome) for outcome in BUSY_OR_SILENT] == [[]] * 4


def test_a_note_counts_when_it_is_about_a_person() -> None:
    assert one_said("notes", hs_note_body="They like it.")["kind"] == "note"
    assert said("notes", with_person=False, hs_note_body="They like it.") == []


def test_the_words_of_a_note_are_kept_only_where_the_settings_say_so() -> None:
    keeping = HubspotSettings(note_texts=True)
    touch, note = said("notes", keeping, hs_note_body="<p>They&nbsp;like <b>it</b>.</p>")
    assert (touch["record"], note["record"], note["text"], note["at"]) == (
        "touchpoint",
        "note",
        "They like it .",
        MOMENT,
    )
    assert "contact_id" not in note
    [note] = said("notes", keeping, with_person=False, hs_note_body="x" * 3_000)
    assert len(note["text"]) == 2_000
    assert said("notes", keeping, with_person=False, hs_note_body="<br>") == []


def test_a_ticket_is_over_when_its_stage_says_so() -> None:
    known = {"createdate": EARLIER, "closed_date": THEN, "hs_ticket_priority": "HIGH"}
    opened = one_said("tickets", hs_pipeline_stage="1", **known)
    assert opened == {
        "record": "ticket",
        "id": "1",
        "severity": "p1",
        "type": None,
        "opened_at": BEFORE,
        "contact_id": "77",
    }
    assert one_said("tickets", hs_pipeline_stage="4", **known)["solved_at"] == MOMENT
    assert one_said("tickets", hs_pipeline_stage="4", **known | {"closed_date": None})["solved_at"] == MOMENT
    assert one_said("tickets", **known | {"hs_ticket_priority": "whatever"})["severity"] is None


@pytest.mark.parametrize(("category", "kind"), [
    ("PRODUCT_ISSUE", "bug"), ("OTHER;FEATURE_REQUEST", "feature_request"), ("GENERAL_INQUIRY", "how_to"),
    ("BILLING_ISSUE", "billing"), ("whatever", None), (None, None),
])  # fmt: skip
def test_a_ticket_says_of_which_type_it_is(category: str | None, kind: str | None) -> None:
    assert one_said("tickets", createdate=THEN, hs_ticket_category=category)["type"] == kind


def test_a_ticket_says_how_often_it_was_reopened_and_how_satisfied_they_were_where_the_portal_knows() -> None:
    knowing = HubspotSettings(ticket_reopened="reopened", ticket_csat="stars")
    ticket = one_said("tickets", knowing, createdate=THEN, reopened="2", stars="")
    assert (ticket["reopened"], ticket.get("csat")) == ("2", None)
    asked = hubspot_records.properties(knowing, "tickets")
    assert asked[-2:] == ["reopened", "stars"]
    assert hubspot_records.properties(SETTINGS, "tickets") == hubspot_records.PROPERTIES["tickets"]


def answered(settings: HubspotSettings = SETTINGS, **properties: Any) -> list[tuple[str, Facts]]:
    found = read("feedback_submissions", an_object(**properties), settings=settings, contacts=[("1", "77")])
    return [(one.ref.name, one.facts) for one in found if isinstance(one, HeardRecord)]


def test_an_answer_to_a_survey_is_of_its_persons_companies() -> None:
    facts = {"survey": "nps", "score": "9", "at": MOMENT, "contact_id": "77"}
    told = {"hs_survey_type": "NPS", "hs_value": "9.0", "hs_submission_timestamp": THEN}
    assert answered(**told) == [("7", facts), ("8", facts)]
    assert answered(**told | {"hs_submission_timestamp": None, "hs_createdate": EARLIER})[0][1]["at"] == BEFORE


@pytest.mark.parametrize(("value", "score"), [("0", "1"), ("1", "3"), ("2", "5"), ("4", "4")])
def test_satisfaction_is_asked_with_three_faces(value: str, score: str) -> None:
    [(_, facts), _] = answered(hs_survey_type="CSAT", hs_value=value, hs_submission_timestamp=THEN)
    assert facts["score"] == score


def test_an_answer_without_a_number_or_to_a_question_of_ones_own_says_nothing() -> None:
    assert answered(hs_survey_type="CUSTOM", hs_value="3", hs_submission_timestamp=THEN) == []
    assert answered(hs_survey_type="NPS", hs_submission_timestamp=THEN) == []


def test_what_is_read_is_chosen_by_the_settings() -> None:
    assert hubspot_records.stages(HubspotSettings(tickets=False)) == ["emails", "meetings", "calls", "notes"]
    assert hubspot_records.stages(HubspotSettings(touchpoints=False)) == ["tickets"]
    assert hubspot_records.stages(HubspotSettings(surveys=True))[-1] == "feedback_submissions"


def test_each_customer_hears_of_it_and_what_belongs_to_none_is_counted() -> None:
    recall, both = Recall(), [("1", "7"), ("1", "8"), ("2", "9")]
    mails = [an_object(number, hs_email_direction="INCOMING_EMAIL") for number in ("1", "2", "3")]
    found = read("emails", *mails, recall=recall, companies=both, contacts=[("1", "77")])
    told = [(one.ref.name, one.facts["contact_id"]) for one in found if isinstance(one, HeardRecord)]
    assert told == [("7", "77"), ("8", "77")]
    assert recall.counts["emails_of_no_customer"] == 2


def test_where_there_are_several_people_none_is_named_and_what_is_no_contact_is_counted() -> None:
    recall = Recall()
    calls = (an_object("1"), an_object("2", hs_call_status="MISSED"))
    two = [("1", "77"), ("1", "78")]
    found = read("calls", *calls, recall=recall, companies=[("1", "7"), ("2", "7")], contacts=two)
    assert [one.facts.get("contact_id") for one in found if isinstance(one, HeardRecord)] == [None]
    assert recall.counts["calls_left_out"] == 1


def test_the_stages_of_tickets_are_asked_for_once_a_run() -> None:
    recall = Recall()
    for _ in range(2):
        ticket = an_object("5", createdate=EARLIER, hs_pipeline_stage="4")
        [found] = read("tickets", ticket, recall=recall, companies=[("5", "7")])
        assert isinstance(found, HeardRecord)
        assert found.facts["solved_at"] == MOMENT
    assert recall.notes["closed_stages"] == {"4"}
    assert read("tickets", an_object("6"), recall=Recall()) == []


def test_what_has_no_moment_is_refused_alone() -> None:
    found = read("calls", an_object("1", hs_timestamp="soon"), an_object("2"), recall=Recall(),
                 companies=[("1", "7"), ("2", "7")])  # fmt: skip
    [refused, fine] = found
    assert isinstance(refused, Reject)
    assert refused.file == "hubspot/calls/1"
    assert isinstance(fine, HeardRecord)
