"""Records from CSV or a source: what need not be there and cannot be read is left empty; what must be, refused."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from health_monitor.ingest.records import heard_of, read_records, usable_record
from health_monitor.model.errors import BadRecord
from health_monitor.model.heard import OURS, TOLD, HeardRecord, RecordKind, Ref, columns_of, key_column
from health_monitor.model.intake import Intake, Reject
from health_monitor.model.records import (
    KINDS,
    AnyRecord,
    Goal,
    Invoice,
    Note,
    Pulse,
    Renewal,
    Roi,
    Subscription,
    Survey,
    Ticket,
    Touchpoint,
)

NOW = datetime(2026, 11, 2, 6, tzinfo=UTC)
THEN = datetime(2026, 11, 1, 8, tzinfo=UTC)
SAID: dict[str, Any] = {"source": "signed", "key": "1", "changed_at": NOW}
LEAST: dict[RecordKind, dict[str, Any]] = {
    "ticket": {"opened_at": "2026-11-01T08:00:00Z"},
    "survey": {"survey": "nps", "score": "9", "at": "2026-11-01T08:00:00Z"},
    "invoice": {"due_on": "2026-10-01"},
    "subscription": {"subscription": "s1", "effective_on": "2026-10-01", "arr": "1200"},
    "touchpoint": {"kind": "call", "at": "2026-11-01T08:00:00Z"},
    "goal": {"title": "Faster", "set_on": "2026-10-01"},
    "roi": {"shown_on": "2026-10-01"},
    "pulse": {"at": "2026-11-01T08:00:00Z", "rating": "4"},
    "note": {"at": "2026-11-01T08:00:00Z", "text": "They like it."},
    "renewal": {"due_on": "2026-10-01"},
}
"""The least that each kind must say."""


def told(kind: RecordKind, /, **facts: Any) -> HeardRecord:
    return HeardRecord(ref=Ref(OURS, "acme"), kind=kind, key="1", facts=LEAST[kind] | facts, changed_at=NOW)


def usable(kind: RecordKind, /, **facts: Any) -> AnyRecord:
    record, refused = usable_record("signed", told(kind, **facts), NOW.date())
    assert refused == []
    return record


def emptied(kind: RecordKind, /, **facts: Any) -> tuple[AnyRecord, dict[str, str]]:
    record, refused = usable_record("signed", told(kind, **facts), NOW.date())
    return record, {one.field: one.reason for one in refused}


def refused(kind: RecordKind, /, **facts: Any) -> BadRecord:
    with pytest.raises(BadRecord) as error:
        usable_record("signed", told(kind, **facts), NOW.date())
    return error.value


@pytest.mark.parametrize(("kind", "facts", "record"), [
    ("ticket", {"type": "How-to", "severity": "P2", "solved_at": "2026-11-01T10:00:00+01:00", "csat": "4"},
     Ticket(opened_at=THEN, type="how_to", severity="p2", solved_at=datetime(2026, 11, 1, 9, tzinfo=UTC), csat=4,
            **SAID)),
    ("survey", {"contact_id": "c1"}, Survey(survey="nps", score=9, at=THEN, contact_id="c1", **SAID)),
    ("invoice", {"amount": 12.5, "voided": False, "paid_on": date(2026, 10, 5)},
     Invoice(due_on=date(2026, 10, 1), amount=Decimal("12.5"), paid_on=date(2026, 10, 5), **SAID)),
    ("subscription", {"seats": 5, "cancelled": "true"},
     Subscription(subscription="s1", effective_on=date(2026, 10, 1), arr=Decimal(1200), seats=5, cancelled=True,
                  **SAID)),
    ("touchpoint", {"inbound": True, "attended": "no"},
     Touchpoint(kind="call", at=THEN, inbound=True, attended=False, **SAID)),
    ("goal", {"start": 0, "target": "7.5"},
     Goal(title="Faster", set_on=date(2026, 10, 1), start=0.0, target=7.5, **SAID)),
    ("roi", {"what": "Saved"}, Roi(shown_on=date(2026, 10, 1), what="Saved", **SAID)),
    ("pulse", {"reasons": "slow; dear;"}, Pulse(at=THEN, rating=4, reasons=("slow", "dear"), **SAID)),
    ("pulse", {"reasons": ["slow"]}, Pulse(at=THEN, rating=4, reasons=("slow",), **SAID)),
    ("note", {"author": ""}, Note(at=THEN, text="They like it.", **SAID)),
    ("renewal", {"outcome": "Churned", "arr_after": 0, "voluntary": True},
     Renewal(due_on=date(2026, 10, 1), outcome="churned", arr_after=Decimal(0), voluntary=True, **SAID)),
])  # fmt: skip
def test_every_kind_is_read_as_text_or_as_what_it_is(kind: RecordKind, facts: dict[str, Any], record: Any) -> None:
    assert usable(kind, **facts, shoe_size="42") == record


@pytest.mark.parametrize(("kind", "facts"), [
    *((kind, {}) for kind in TOLD), ("pulse", {"reasons": ["slow", "dear"]}), ("invoice", {"amount": "12.50"}),
    ("ticket", {"solved_at": "2026-11-01T09:00:00.250Z"}), ("goal", {"target": 0.1}),
])  # fmt: skip
def test_what_was_read_once_reads_as_the_same_again_also_after_it_has_waited(
    kind: RecordKind, facts: dict[str, Any]
) -> None:
    record = usable(kind, **facts)
    heard = HeardRecord.of(Ref(OURS, "acme"), record)
    waited = HeardRecord.model_validate_json(heard.model_dump_json())
    for told_again in (heard, waited):
        assert usable_record("signed", told_again, NOW.date()) == (record, [])


@pytest.mark.parametrize(("kind", "facts", "reason"), [
    ("ticket", {"severity": "urgent"}, "left empty as it is not 'p1', 'p2', 'p3' or 'p4': 'urgent'"),
    ("ticket", {"csat": "6"}, "left empty as it is above 5: '6'"),
    ("ticket", {"csat": "0"}, "left empty as it is below 1: '0'"),
    ("ticket", {"reopened": "twice"}, "left empty as it is not a whole number: 'twice'"),
    ("ticket", {"solved_at": "2026-10-31T08:00:00Z"},
     "left empty as it is before opened_at: 2026-10-31T08:00:00+00:00"),
    ("ticket", {"solved_at": "2026-11-01"}, "left empty as it has no time of day: 2026-11-01"),
    ("ticket", {"contact_id": "x" * 129}, f"left empty as it is longer than 128 characters: {'x' * 40!r}"),
    ("invoice", {"paid_on": "45000"}, "left empty as it is a number, not a date: '45000'"),
    ("invoice", {"paid_on": "0001-01-01"}, "left empty as it is before 1900-01-01: 0001-01-01"),
    ("invoice", {"paid_on": "2026-11-04"}, "left empty as it is after today: 2026-11-04"),
    ("goal", {"met_on": "2026-12-01"}, "left empty as it is after today: 2026-12-01"),
    ("goal", {"abandoned_on": "2026-12-01"}, "left empty as it is after today: 2026-12-01"),
    ("renewal", {"decided_on": "2026-12-16"}, "left empty as it is after today: 2026-12-16"),
    ("invoice", {"amount": "much"}, "left empty as it is not a number: 'much'"),
    ("invoice", {"voided": "perhaps"}, "left empty as it is not true or false: 'perhaps'"),
    ("invoice", {"amount": ["1"]}, "left empty as it is a list, not a text"),
    ("goal", {"target": "nan"}, "left empty as it is not a number: 'nan'"),
    ("goal", {"start": "-1e308"}, "left empty as it is below -1000000000000000: '-1e308'"),
    ("goal", {"title": "a\0b", "target": "1"}, ""),
    ("pulse", {"reasons": "a;b;c;d"}, "left empty as it has more than 3 values"),
])  # fmt: skip
def test_a_field_that_need_not_be_there_is_left_empty_and_told(
    kind: RecordKind, facts: dict[str, Any], reason: str
) -> None:
    if not reason:
        assert refused(kind, **facts).reason == "is not UTF-8 text"
        return
    record, reasons = emptied(kind, **facts)
    [field] = facts
    assert reasons[field].startswith(reason)
    assert getattr(record, field) in (None, 0, False, ())


@pytest.mark.parametrize(("kind", "facts", "field", "reason"), [
    ("ticket", {"opened_at": "soon"}, "opened_at", "is not a timestamp"),
    ("ticket", {"opened_at": None}, "opened_at", "is empty"),
    ("ticket", {"opened_at": "2026-11-01"}, "opened_at", "has no time of day"),
    ("ticket", {"opened_at": "2026-11-01T08:00:00"}, "opened_at", "has no time zone"),
    ("ticket", {"opened_at": "2026-11-03T08:00:00Z"}, "opened_at", "is after today"),
    ("touchpoint", {"at": "2029-11-03T08:00:00Z"}, "at", "is after today"),
    ("touchpoint", {"kind": "chat"}, "kind", "is not 'call', 'email', 'meeting', 'qbr'"),
    ("survey", {"survey": "csi"}, "survey", "is not 'nps', 'csat' or 'ces'"),
    ("survey", {"survey": "csat", "score": 6}, "score", "is not 1 to 5, as csat is: 6"),
    ("survey", {"survey": "ces", "score": 0}, "score", "is not 1 to 7, as ces is: 0"),
    ("survey", {"score": "11"}, "score", "is above 10"),
    ("subscription", {"arr": "much"}, "arr", "is not a number"),
    ("renewal", {"due_on": "0001-01-01"}, "due_on", "is before 1900-01-01"),
    ("note", {"text": True}, "text", "is true or false, not a text"),
])  # fmt: skip
def test_a_record_that_lacks_what_it_must_say_is_refused(
    kind: RecordKind, facts: dict[str, Any], field: str, reason: str
) -> None:
    error = refused(kind, **facts)
    assert error.field == field
    assert error.reason.startswith(reason)
    assert error.remedy
    assert "leave it" not in error.remedy, "it must be there"


def test_where_a_day_alone_is_not_enough_no_remedy_offers_one() -> None:
    assert refused("ticket", opened_at="yesterday").remedy == "write 2026-01-31T09:30:00Z"
    assert refused("survey", at="yesterday").remedy == "write 2026-01-31 or 2026-01-31T09:30:00Z"


def test_what_has_happened_has_a_day_that_has_begun_somewhere_on_earth_and_what_is_due_may_lie_ahead() -> None:
    paid = usable("invoice", due_on="2026-12-01", paid_on="2026-11-03")
    assert isinstance(paid, Invoice)
    assert paid.paid_on == date(2026, 11, 3), "in Sydney it is tomorrow already"
    _, refused = usable_record("signed", told("renewal", due_on="2026-12-16", decided_on="2026-12-16"), NOW.date())
    assert [one.remedy for one in refused] == ["leave it empty until it has happened"]


def test_a_day_begins_an_answer_and_a_meeting_may_be_planned() -> None:
    answer, meeting = usable("survey", at="2026-11-01"), usable("touchpoint", kind="qbr", at="2027-01-31T09:00:00Z")
    assert isinstance(answer, Survey)
    assert answer.at == datetime(2026, 11, 1, tzinfo=UTC)
    assert isinstance(meeting, Touchpoint)
    assert meeting.at.year == 2027


@pytest.mark.parametrize(("facts", "automatic"), [
    ({"subject": "Out of office: Hi"}, True), ({"subject": "Re: Hi"}, False), ({"automatic": True}, True), ({}, False),
])  # fmt: skip
def test_an_out_of_office_note_is_one_by_its_subject(facts: dict[str, Any], automatic: bool) -> None:
    record = usable("touchpoint", kind="email", inbound=True, **facts)
    assert isinstance(record, Touchpoint)
    assert record.automatic is automatic


def read(kind: RecordKind, *lines: str) -> tuple[list[tuple[Ref, AnyRecord]], list[Reject], Intake]:
    rejects: list[Reject] = []
    intake = Intake()
    text = (f"{line}\n" for line in lines)
    found = list(read_records(f"{kind}s.csv", text, kind, {"acme": None}, NOW, intake, rejects.append, "import"))
    return found, rejects, intake


def test_a_file_is_read_row_by_row_and_what_lacks_is_told_with_its_line() -> None:
    found, rejects, intake = read(
        "invoice", "invoice_id,account_id,due_on,amount,shoe_size,changed_at",
        "i1,acme,2026-10-01,12.50,42,", "i2,acme,2026-10-01,much,42,2026-10-02", "i3,nobody,2026-10-01,1,42,",
        ",acme,2026-10-01,1,42,", "i5,,2026-10-01,1,42,", "i6,acme,,1,42,", "i7,acme,2026-10-01,1,42,soon",
        f"{'i' * 257},acme,2026-10-01,1,42,",
    )  # fmt: skip
    said = {"source": "import", "due_on": date(2026, 10, 1)}
    assert [one for _, one in found] == [
        Invoice(key="i1", changed_at=NOW, amount=Decimal("12.50"), **said),
        Invoice(key="i2", changed_at=datetime(2026, 10, 2, tzinfo=UTC), **said),
    ]
    assert {ref for ref, _ in found} == {Ref(OURS, "acme")}
    assert [(one.line, one.field, one.reason.partition(":")[0]) for one in rejects] == [
        (3, "amount", "left empty as it is not a number"), (4, "account_id", "is unknown"),
        (5, "invoice_id", "is empty"), (6, "account_id", "is empty"), (7, "due_on", "is empty"),
        (8, "changed_at", "is not a date or timestamp"), (9, "invoice_id", "is longer than 256 characters"),
    ]  # fmt: skip
    assert intake.emptied == 1
    assert intake.ignored_columns == {"invoices.csv": ("shoe_size",)}


@pytest.mark.parametrize("kind", TOLD)
def test_a_kinds_columns_are_its_nouns_fields(kind: RecordKind) -> None:
    must, may = columns_of(kind)
    assert {*LEAST[kind], "account_id", key_column(kind)} == set(must)
    assert {*must, *may} - {"account_id", key_column(kind), "subject"} == {
        name for name in KINDS[kind].__dataclass_fields__ if name not in ("key", "source")
    }


def test_a_row_as_a_source_would_tell_it() -> None:
    heard = heard_of("note", {"account_id": "acme", "note_id": "n1", "text": "Hi"}, NOW)
    assert heard == HeardRecord(ref=Ref(OURS, "acme"), kind="note", key="n1", facts={"text": "Hi"}, changed_at=NOW)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates().map(str) | st.datetimes().map(str)
    | st.sampled_from(["p1", "NPS", "2026-10-01T09:00:00Z", "1e999", "-1", "\ud800", "٣", "9" * 400]),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=3), inner, max_size=2), max_leaves=4,
)  # fmt: skip


@given(st.sampled_from(TOLD), st.data())
def test_whatever_a_sender_writes_is_read_or_refused_in_words(kind: RecordKind, data: st.DataObject) -> None:
    must, may = columns_of(kind)
    fields = data.draw(st.dictionaries(st.sampled_from([*must[2:], *may]), ANYTHING))
    heard = HeardRecord(ref=Ref(OURS, "acme"), kind=kind, key="1", facts=LEAST[kind] | fields, changed_at=NOW)
    wrong: BadRecord | None = None
    try:
        record, left_empty = usable_record("signed", heard, NOW.date())
    except BadRecord as error:
        wrong = error
    if wrong:
        assert (wrong.field in must, bool(wrong.remedy)) == (True, True)
        return
    assert {one.field for one in left_empty} <= set(may)
    assert usable_record("signed", HeardRecord.of(Ref(OURS, "acme"), record), NOW.date()) == (record, [])
