"""Touchpoints and tickets in the signed webhook: each is used, or refused in words that name its place."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from health_monitor.model.heard import OURS, Heard, HeardTicket, HeardTouchpoint, Ref
from health_monitor.model.intake import Reject
from health_monitor.sources.signed import SIGNED, count, read

NOW = datetime(2026, 11, 2, 6, tzinfo=UTC)
TOUCH = {"account_id": "acme", "touchpoint_id": 7, "kind": "call", "occurred_at": "2026-11-01T09:00:00+01:00"}
TICKET = {"account_id": "acme", "ticket_id": "T-1", "opened_at": "2026-11-01T08:00:00Z"}


def heard(**lists: Any) -> list[Heard]:
    return list(read(SIGNED.settings(), "inbox/x", json.dumps(lists).encode(), NOW))


def test_a_touchpoint_says_what_it_must_and_may() -> None:
    bare, full = heard(touchpoints=[TOUCH, TOUCH | {"inbound": True, "automatic": True, "contact_id": "c1", "x": 1}])
    at = datetime(2026, 11, 1, 8, tzinfo=UTC)
    assert bare == HeardTouchpoint(ref=Ref(OURS, "acme"), touchpoint_id="7", touch="call", at=at)
    assert isinstance(full, HeardTouchpoint)
    assert (full.inbound, full.automatic, full.contact_id) == (True, True, "c1")


@pytest.mark.parametrize(("subject", "automatic"), [("Out of office: Hi", True), ("Re: Hi", False), (None, False)])
def test_an_out_of_office_note_is_one_by_its_subject(subject: str | None, automatic: bool) -> None:
    [found] = heard(touchpoints=[TOUCH | {"kind": "email", "inbound": True, "subject": subject}])
    assert isinstance(found, HeardTouchpoint)
    assert found.automatic is automatic


def test_a_ticket_is_open_until_it_says_that_it_is_closed() -> None:
    closing = {"priority": "p2", "closed_at": "2026-11-01T20:00:00Z", "changed_at": "2026-11-01T20:00:00Z"}
    opened, closed = heard(tickets=[TICKET, TICKET | closing])
    assert isinstance(opened, HeardTicket)
    assert (opened.priority, opened.closed_at, opened.changed_at) == (None, None, NOW)
    assert isinstance(closed, HeardTicket)
    assert closed.priority == "p2"
    assert closed.closed_at == closed.changed_at == datetime(2026, 11, 1, 20, tzinfo=UTC)


@pytest.mark.parametrize(("field", "said", "reason"), [
    ("account_id", None, "is missing or empty"), ("touchpoint_id", "x" * 257, "is longer than 256 characters"),
    ("kind", "chat", "is not one of email, meeting, call, note"), ("occurred_at", "soon", "is not a date"),
    ("occurred_at", None, "is missing"), ("occurred_at", "2026-11-01", "has no time of day"),
    ("inbound", "yes", "is a text, not true or false"), ("contact_id", "x" * 129, "is longer than 128 characters"),
    ("occurred_at", "2027-11-01T09:00:00Z", "is after today"), ("subject", ["a"], "is a list, not a text"),
])  # fmt: skip
def test_what_cannot_be_is_refused_at_its_place(field: str, said: Any, reason: str) -> None:
    refused, fine = heard(touchpoints=[TOUCH | {field: said}, TOUCH])
    assert isinstance(refused, Reject)
    assert refused.field == f"touchpoints[0].{field}"
    assert refused.reason.startswith(reason)
    assert isinstance(fine, HeardTouchpoint)


def test_a_priority_that_is_none_is_refused() -> None:
    [refused] = heard(tickets=[TICKET | {"priority": "urgent"}])
    assert isinstance(refused, Reject)
    assert (refused.field, refused.reason) == ("tickets[0].priority", "is not p1, p2, p3 or p4")


def test_they_are_counted_with_the_others() -> None:
    assert count(json.dumps({"touchpoints": [TOUCH], "tickets": [TICKET, TICKET], "events": []}).encode()) == 3
