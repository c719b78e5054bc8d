"""What is left of tickets, notes and the like when somebody has to be forgotten."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from health_monitor.ingest.forgetting import alias
from health_monitor.ingest.scrub import Scrubber
from health_monitor.ingest.scrub_outreach import ERASED
from health_monitor.ingest.scrub_records import left_of, left_of_archive
from health_monitor.model.records import AnyRecord, Note, Pulse
from health_monitor.model.source import Erasure
from tests.builders import A_MOMENT, a_person, a_ticket, a_touch, an_override

JANE = Erasure(
    erasure_id="1", kind="contact", account_id="acme", contact_ids=("jane-1",), user_ids=("u-jane",),
    emails=("jane@acme.example",), names=("Jane Roe",), pseudonym="erased-1",
    requested_at=datetime(2026, 11, 2, 6, tzinfo=UTC),
)  # fmt: skip
SAID: dict[str, Any] = {"source": "hubspot", "key": "1", "changed_at": A_MOMENT, "at": A_MOMENT}


def left(record: AnyRecord) -> AnyRecord | None:
    return left_of(record, Scrubber(JANE))


@pytest.mark.parametrize(
    "record", [a_touch(contact_id="jane-1"), a_person("jane-1"), a_person("x", user_id="u-jane")], ids=str
)
def test_what_is_nothing_without_them_goes(record: AnyRecord) -> None:
    assert left(record) is None


def test_a_request_and_an_answer_stay_and_are_nobody_s() -> None:
    assert left(a_ticket(contact_id="jane-1", severity="p1")) == a_ticket(severity="p1")


def test_where_somebody_wrote_their_name_nothing_is_left_of_the_text() -> None:
    said = Note(text="Jane Roe has left", author="carla@example.com", **SAID)
    assert left(said) == replace(said, text=ERASED)
    felt = Pulse(rating=2, reasons=("budget", "Jane Roe"), **SAID)
    assert left(felt) == replace(felt, reasons=("budget", ERASED))
    judged = an_override(reason="jane@acme.example is gone")
    assert left(judged) == replace(judged, reason=ERASED)


def test_a_key_that_is_their_address_is_kept_as_a_digest() -> None:
    found = left(a_ticket("jane@acme.example-2026"))
    assert found
    assert found.key.startswith("erased-")


@pytest.mark.parametrize(
    "record",
    [a_touch(contact_id="joe"), a_touch(), a_person("joe", user_id="u-joe"), a_ticket(), an_override()],
    ids=str,
)
def test_everything_else_stays_as_it_was(record: AnyRecord) -> None:
    assert left(record) == record


HEAD = ["account_id", "source", "key", "contact_id", "text"]


def archived(
    kind: str, *rows: list[str], erasure: Erasure = JANE, head: list[str] = HEAD
) -> tuple[list[list[str]], int]:
    scrubber = Scrubber(erasure)
    return list(left_of_archive(kind, head, rows, scrubber)), scrubber.found


def test_archived_records_lose_them_in_the_same_way() -> None:
    hers, his = ["acme", "", "1", "jane-1", "x"], ["acme", "", "2", "joe", "x"]
    elsewhere = ["other", "hubspot", "3", "jane-1", "x"]
    assert archived("touchpoint", hers, his, elsewhere) == ([his, elsewhere], 1)
    assert archived("ticket", hers, his) == ([["acme", "", "1", "", "x"], his], 1)
    named = ["acme", "", "jane@acme.example", "", "Jane Roe called"]
    ((*_, key, _, text),), found = archived("note", named)
    assert (key[:7], text, found) == ("erased-", ERASED, 1)
    assert archived("invoice", ["acme", "1"], head=["account_id", "key"]) == ([["acme", "1"]], 0)


def test_archived_people_go_by_either_id() -> None:
    head = ["account_id", "source", "key", "user_id"]
    rows = (["acme", "", "jane-1", ""], ["acme", "", "x", "u-jane"], ["acme", "", "joe", "u-joe"])
    assert archived("person", *rows, head=head) == ([rows[2]], 2)


def test_of_a_whole_account_no_record_is_left() -> None:
    gone = JANE.model_copy(update={"kind": "account", "contact_ids": (), "user_ids": ()})
    assert archived("ticket", ["acme", "", "1", "", ""], ["b", "", "1", "", ""], erasure=gone) == (
        [["b", "", "1", "", ""]], 1,
    )  # fmt: skip


def test_what_a_score_was_made_of_names_an_alias_instead() -> None:
    scrubber = Scrubber(JANE)
    hers = alias(JANE, "jane-1")
    told = {
        "records": ["person:contacts/jane-1", "ticket:x/jane-1", "survey:y/9", "person:contacts/joe", "a/jane-1"],
        "users": ["u-jane", 7, None],
    }
    assert scrubber.unnamed(told) == {
        "records": [
            f"person:contacts/{hers}", f"ticket:x/{scrubber.key('jane-1')}", "survey:y/9", "person:contacts/joe",
            "a/jane-1",
        ],
        "users": [alias(JANE, "u-jane"), 7, None],
    }  # fmt: skip
    assert scrubber.found == 3
    assert scrubber.is_about({"account_id": "acme"})
    assert not scrubber.is_about({"account_id": "other"})
    assert not scrubber.is_about([])
