"""Records in the signed webhook: each is told whole, or refused in words that name its place."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from health_monitor.model.heard import OURS, TOLD, Heard, HeardRecord, RecordKind, Ref, columns_of, key_column
from health_monitor.model.intake import Reject
from health_monitor.sources.signed import SIGNED, count, read

NOW = datetime(2026, 11, 2, 6, tzinfo=UTC)
TICKET = {"account_id": "acme", "ticket_id": 7, "opened_at": "2026-11-01T08:00:00Z"}


def heard(**lists: Any) -> list[Heard]:
    return list(read(SIGNED.settings(), "inbox/x", json.dumps(lists).encode(), NOW))


def test_a_record_says_its_fields_as_they_stand_there_and_nothing_else() -> None:
    [found] = heard(tickets=[TICKET | {"csat": 4, "solved_at": None, "shoe_size": 42}])
    facts = {"opened_at": "2026-11-01T08:00:00Z", "csat": 4, "solved_at": None}
    assert found == HeardRecord(ref=Ref(OURS, "acme"), kind="ticket", key="7", facts=facts, changed_at=NOW)


def test_a_record_may_say_when_it_changed() -> None:
    [found, day] = heard(tickets=[TICKET | {"changed_at": at} for at in ("2026-11-01T09:00:00+01:00", "2026-11-01")])
    assert isinstance(found, HeardRecord)
    assert isinstance(day, HeardRecord)
    assert (found.changed_at, day.changed_at) == (
        datetime(2026, 11, 1, 8, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
    )  # fmt: skip


@pytest.mark.parametrize("kind", TOLD)
def test_every_kind_has_a_list_of_its_own(kind: RecordKind) -> None:
    columns = columns_of(kind)
    [found] = heard(**{f"{kind}s": [dict.fromkeys((*columns.required, *columns.optional[:-1]), "x")]})
    assert isinstance(found, HeardRecord)
    assert (found.kind, found.ref.name, found.key) == (kind, "x", "x")
    own = {*columns.required[2:], *columns.optional[:-1]}
    assert found.facts.keys() == own
    assert columns.required[:2] == ("account_id", key_column(kind))


@pytest.mark.parametrize(("field", "said", "reason"), [
    ("account_id", None, "is missing or empty"), ("ticket_id", "x" * 257, "is longer than 256 characters"),
    ("ticket_id", ["a"], "is a list, not a text"), ("changed_at", "2027-11-01T09:00:00Z", "is after today"),
])  # fmt: skip
def test_what_cannot_be_is_refused_at_its_place(field: str, said: Any, reason: str) -> None:
    refused, fine = heard(tickets=[TICKET | {field: said}, TICKET])
    assert isinstance(refused, Reject)
    assert refused.field == f"tickets[0].{field}"
    assert refused.reason.startswith(reason)
    assert isinstance(fine, HeardRecord)


def test_they_are_counted_with_the_others() -> None:
    assert count(json.dumps({"surveys": [{}], "tickets": [TICKET, TICKET], "events": []}).encode()) == 3
