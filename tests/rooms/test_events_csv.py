"""Every bad event row costs that row only, and says which field and what would mend it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from health_monitor.ingest.events import names_in, read_events
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.intake import Intake, Reject
from health_monitor.model.usage import UsageEvent
from tests.rooms.files import KNOWN, TODAY, Folder

HEAD = "account_id,user_id,event,occurred_at,n\n"
GOOD = "acme,u1,report,2026-10-01,1\n"
LAST = "umbrella,u2,export,2026-10-02,2\n"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_a_row_is_who_did_what_when_and_how_often(folder: Folder) -> None:
    read = folder.events(HEAD + "acme,u1,report,2026-10-01,3\n")
    assert read.found == [UsageEvent("acme", "u1", "report", "2026-10-01", TODAY.toordinal() - 31, 3)]
    assert (read.rejects, read.intake.events) == ([], 1)


BAD = [
    ("nobody,u1,report,2026-10-01,1", "account_id", "is unknown: 'nobody'", "add it to accounts.csv or mend"),
    (",u1,report,2026-10-01,1", "account_id", "is empty", "every event needs one"),
    ("acme,,report,2026-10-01,1", "user_id", "is empty", "every event needs one"),
    ("acme,u1,,2026-10-01,1", "event", "is empty", "every event needs one"),
    ("acme,u1,report,,1", "occurred_at", "is not a date or timestamp: ''", "write 2026-01-31 or 2026-01-31T09:30:00Z"),
    ("acme,u1,report,01.10.2026,1", "occurred_at", "is not a date", "write 2026-01-31"),
    ("acme,u1,report,10/01/2026,1", "occurred_at", "is not a date", "write 2026-01-31"),
    ("acme,u1,report,2026-02-30,1", "occurred_at", "is not a date", "write 2026-01-31"),
    ("acme,u1,report,1790812800,1", "occurred_at", "is not a date", "write 2026-01-31"),
    ("acme,u1,report,0001-01-01T00:00:00+14:00,1", "occurred_at", "is not a date", "write 2026-01-31"),
    ("acme,u1,report,9999-12-31T23:00:00-10:00,1", "occurred_at", "is not a date", "write 2026-01-31"),
    ("acme,u1,report,2026-11-02,1", "occurred_at", "is after today: 2026-11-02", "correct the date"),
    ("acme,u1,report,2026-11-01T23:30:00-05:00,1", "occurred_at", "is after today", "correct the date"),
    ("acme,u1,report,1999-12-31,1", "occurred_at", "is before 2000-01-01: 1999-12-31", "correct the date"),
    ("acme,u1,report,2026-10-01T09:30:00,1", "occurred_at", "has no time zone", "end it with Z or +02:00"),
    ("acme,u1,report,2026-10-01 09:30,1", "occurred_at", "has no time zone", "end it with Z or +02:00"),
    ("acme,u1,report,2026-10-01,0", "n", "is not a whole number from 1 to 1000000000: '0'", "leave it empty for one"),
    ("acme,u1,report,2026-10-01,-1", "n", "is not a whole number", "leave it empty"),
    ("acme,u1,report,2026-10-01,1.5", "n", "is not a whole number", "leave it empty"),
    ("acme,u1,report,2026-10-01,many", "n", "is not a whole number", "leave it empty"),
    ("acme,u1,report,2026-10-01,1000000001", "n", "to 1000000000: '1000000001'", "leave it empty"),
    ("acme,u1,report,2026-10-01," + "9" * 5_000, "n", "is not a whole number", "leave it empty"),
    ("acme,u1,report,2026-10-01", "row", "has 4 fields, the header has 5", "add what is missing"),
    ("acme,u1,save, then close,2026-10-01,1", "row", "has 6 fields, the header has 5", "quote fields with commas"),
    ('acme,"u1,report,2026-10-01,1', "row", "is not CSV", "close its quotes"),
    ('acme,"u"1,report,2026-10-01,1', "row", "is not CSV", "close its quotes"),
    (f"acme,{'x' * 200_000},report,2026-10-01,1", "row", "has a cell of more than 131,072 characters", "shorten it"),
    ("acme,u\0,report,2026-10-01,1", "user_id", "is not UTF-8 text", "save the file as “CSV UTF-8”"),
    ("acme," + "u" * 257 + ",report,2026-10-01,1", "user_id", "is longer than 256 characters: 'uuu", "shorten it"),
    ("acme,u1," + "é" * 257 + ",2026-10-01,1", "event", "is longer than 256 characters: 'ééé", "shorten it to 256"),
    ("acme,u1,\0,2026-10-01,1", "event", "is not UTF-8 text", "save the file as “CSV UTF-8”"),
]  # fmt: skip


@pytest.mark.parametrize(("row", "field", "reason", "remedy"), BAD)
def test_a_bad_row_names_its_field_and_remedy_and_the_rows_around_it_survive(
    folder: Folder, row: str, field: str, reason: str, remedy: str
) -> None:
    read = folder.events(HEAD + GOOD + row + "\n" + LAST)
    assert [event.user_id for event in read.found] == ["u1", "u2"]
    (reject,) = read.rejects
    assert (reject.file, reject.line, reject.field) == ("events.csv", 3, field)
    assert reason in reject.reason
    assert remedy in reject.remedy


def test_latin_1_bytes_cost_their_rows_and_no_other(folder: Folder) -> None:
    rows = HEAD + GOOD + "acme,Jörg,report,2026-10-01,1\nacme,u1,Übersicht,2026-10-01,1\n" + LAST
    read = folder.events(rows.encode("latin-1"))
    assert [event.user_id for event in read.found] == ["u1", "u2"]
    assert [(r.line, r.field, r.reason, r.remedy) for r in read.rejects] == [
        (3, "user_id", "is not UTF-8 text", "save the file as “CSV UTF-8”"),
        (4, "event", "is not UTF-8 text", "save the file as “CSV UTF-8”"),
    ]
    unknown = folder.events((HEAD + "Müller & Söhne,u1,report,2026-10-01,1\n").encode("latin-1"))
    assert unknown.rejects[0].reason == r"is unknown: 'M\udcfcller & S\udcf6hne'"


def test_a_user_and_an_event_may_have_256_characters(folder: Folder) -> None:
    (event,) = folder.events(HEAD + f"acme,{'é' * 256},{'x' * 256},2026-10-01,1\n").found
    assert (len(event.user_id), len(event.event)) == (256, 256)


def test_names_in_any_script_are_welcome(folder: Folder) -> None:
    rows = HEAD + "Müller & Söhne,Jörg,отчёт,2026-10-01,1\nacme,u\u00a01,tab\there,2026-10-01,1\n"
    assert [event.event for event in folder.events(rows).found] == ["отчёт", "tab\there"]


def test_a_quote_left_open_does_not_swallow_the_rows_after_it(folder: Folder) -> None:
    rows = [f"acme,u{n},report,2026-10-01,1\n" for n in range(50)]
    rows[10], rows[30] = 'acme,"u10,report,2026-10-01,1\n', 'acme,"u30,report,2026-10-01,1\n'
    read = folder.events(HEAD + "".join(rows))
    assert [reject.line for reject in read.rejects] == [12, 32]
    assert {event.user_id for event in read.found} == {f"u{n}" for n in range(50)} - {"u10", "u30"}


def test_a_quote_that_closes_rows_later_costs_only_the_row_it_opened_in(folder: Folder) -> None:
    read = folder.events(HEAD + 'acme,"u1,report,2026-10-01,1\n' + LAST + 'acme,"u3",report,2026-10-03,1\n' + LAST)
    assert [reject.line for reject in read.rejects] == [2]
    assert [event.user_id for event in read.found] == ["u2", "u3", "u2"]
    closed = folder.events(HEAD + 'acme,"u1,report,2026-10-01,1\n' + LAST + 'acme,u3",report\n' + LAST)
    assert [(reject.line, reject.field) for reject in closed.rejects] == [(2, "row"), (4, "row")]
    assert [event.user_id for event in closed.found] == ["u2", "u2"]


@pytest.mark.parametrize("row", ['acme,"u9,report,2026-10-01,1', 'acme,"u9",report', 'acme,"u\n9",report'])
def test_the_last_row_may_be_the_bad_one(folder: Folder, row: str) -> None:
    for ending in ("", "\n"):
        read = folder.events(HEAD + 'acme,"u\n1",report,2026-10-01,1\n' + row + ending)
        assert [event.user_id for event in read.found] == ["u\n1"]
        assert read.rejects[0].line == 4


def test_rows_that_go_on_over_a_thousand_lines_of_others_are_whole(folder: Folder) -> None:
    """Lines are read a thousand at a time; the row in question begins in one thousand and ends in the next."""
    rows = [f"acme,u{n},report,2026-10-01,1\n" for n in range(2_500)]
    rows[999] = 'acme,"two\nlines",report,2026-10-01,1\n'
    rows[2_400] = "acme,u2400,report,never,1\n"
    read = folder.events(HEAD + "".join(rows))
    assert len(read.found) == 2_499
    assert [reject.line for reject in read.rejects] == [2_403]


def test_rows_after_one_that_spans_lines_keep_their_line_numbers(folder: Folder) -> None:
    read = folder.events(HEAD + 'acme,u1,"save\nthen close",2026-10-01,1\n' + "acme,u1,report,never,1\n")
    assert [event.event for event in read.found] == ["save\nthen close"]
    assert read.rejects[0].line == 4


def test_an_endless_field_costs_one_row(folder: Folder) -> None:
    read = folder.events(HEAD + GOOD + 'acme,"' + "x" * 140_000 + ",report,2026-10-01,1\n" + LAST)
    assert ([event.user_id for event in read.found], read.rejects[0].line) == (["u1", "u2"], 3)


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_byte_order_mark_any_line_ending_and_blank_lines_are_fine(folder: Folder, ending: str, mark: str) -> None:
    read = folder.events(mark + (HEAD + GOOD + "\n\n" + LAST + "\n" + "acme,u1,report,never,1").replace("\n", ending))
    assert [event.user_id for event in read.found] == ["u1", "u2"]
    assert [reject.line for reject in read.rejects] == [7]


def test_moments_are_days_in_utc_and_written_one_way(folder: Folder) -> None:
    same = ["2026-10-01T23:30:00Z", "2026-10-02T01:30:00+02:00", "2026-10-01 18:30:00-05:00", "20261001T233000Z"]
    read = folder.events(HEAD + "".join(f"acme,u1,report,{moment},1\n" for moment in same))
    assert {(e.day, e.occurred_at) for e in read.found} == {(TODAY.toordinal() - 31, "2026-10-01T23:30:00+00:00")}
    dates = folder.events(HEAD + "acme,u1,report, 2026-10-01 ,1\nacme,u1,report,2026-W40-4,1\n" + GOOD)
    assert {(e.day, e.occurred_at) for e in dates.found} == {(TODAY.toordinal() - 31, "2026-10-01")}


def test_a_date_and_a_time_of_day_seen_before_make_the_same_moment_when_they_meet(folder: Folder) -> None:
    moments = ["2026-10-01T09:30:00Z", "2026-10-02T18:00:00+00:00", "2026-10-02T09:30:00Z", "2026-10-01T18:00:00+00:00"]
    read = folder.events(HEAD + "".join(f"acme,u1,report,{moment},1\n" for moment in moments))
    first = TODAY.toordinal() - 31
    assert [(e.day, e.occurred_at) for e in read.found] == [
        (first, "2026-10-01T09:30:00+00:00"),
        (first + 1, "2026-10-02T18:00:00+00:00"),
        (first + 1, "2026-10-02T09:30:00+00:00"),
        (first, "2026-10-01T18:00:00+00:00"),
    ]


def test_the_first_and_the_last_possible_day_are_good(folder: Folder) -> None:
    read = folder.events(HEAD + "acme,u1,report,2000-01-01,1\nacme,u1,report,2026-11-01T23:59:59Z,1000000000\n")
    assert (len(read.found), read.rejects) == (2, [])


def test_n_is_one_where_it_is_left_out(folder: Folder) -> None:
    assert folder.events(HEAD + "acme,u1,report,2026-10-01,\n").found[0].n == 1
    assert folder.events("account_id,user_id,event,occurred_at\nacme,u1,report,2026-10-01\n").found[0].n == 1
    assert folder.events(HEAD + "acme,u1,report,2026-10-01,1000\n").found[0].n == 1_000


def test_columns_come_in_any_order_and_unknown_ones_are_ignored_and_named(folder: Folder) -> None:
    read = folder.events("n, event ,plan,occurred_at,user_id,account_id,x\n2,report,pro,2026-10-01,u1,acme,y\n")
    assert read.found[0][:3] == ("acme", "u1", "report")
    assert read.intake.ignored_columns == {"events.csv": ("plan", "x")}


def test_a_file_with_a_header_only_has_no_events(folder: Folder) -> None:
    assert folder.events(HEAD) == ([], [], Intake(ignored_columns={"events.csv": ()}))


UNUSABLE = [
    (b"", "events.csv is empty; its first line must name the columns"),
    ("account_id,user_id,occurred_at\n", "line 1: column event is missing; add it (found: account_id, user_id, occ"),
    ("Account,User,Event,When\n", "line 1: column account_id, user_id, event, occurred_at is missing; add it"),
    ("\n" + HEAD, "column account_id, user_id, event, occurred_at is missing"),
    (HEAD.replace(",", ";"), "line 1: columns are separated by something else; use commas"),
    (HEAD.replace(",", "\t"), "line 1: columns are separated by something else; use commas"),
    (HEAD.replace(",", "|"), "line 1: columns are separated by something else; use commas"),
    (HEAD.replace("\n", ",n\n"), "line 1: column n stands there twice; keep one"),
    ((HEAD + GOOD).encode("utf-16"), "events.csv is not UTF-8 text; save it as “CSV UTF-8”"),
    ((HEAD + GOOD).encode("utf-16-be"), "events.csv is not UTF-8 text; save it as “CSV UTF-8”"),
    ((HEAD + GOOD).encode("utf-32"), "events.csv is not UTF-8 text; save it as “CSV UTF-8”"),
    (("größe," + HEAD).encode("latin-1"), "events.csv is not UTF-8 text; save it as “CSV UTF-8”"),
    ("gr\ufffd\ufffde," + HEAD, "events.csv is not UTF-8 text; save it as “CSV UTF-8”"),
    ('"account_id,user_id\n', "line 1: the header is not CSV (unexpected end of data); save the file as CSV"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "said"), UNUSABLE)
def test_a_file_that_cannot_be_used_says_what_to_do(folder: Folder, content: str | bytes, said: str) -> None:
    with pytest.raises(NeedsHuman) as error:
        folder.events(content)
    assert said in str(error.value)
    assert str(error.value).startswith("events.csv")


def test_lines_that_never_come_are_an_empty_file() -> None:
    with pytest.raises(NeedsHuman, match=r"events\.csv is empty"):
        list(read_events("events.csv", iter(()), KNOWN, TODAY, Intake(), print))


@given(st.lists(st.text(alphabet='ab,"\n\r\0é ;2026-10', max_size=25), max_size=12))
def test_whatever_the_rows_hold_the_good_ones_around_them_survive(rows: list[str]) -> None:
    rejects: list[Reject] = []
    text = HEAD + "".join(f"{row}\n{LAST}" for row in rows)
    intake = Intake()
    found = list(read_events("events.csv", iter(text.splitlines(keepends=True)), KNOWN, TODAY, intake, rejects.append))
    assert [event.user_id for event in found].count("u2") >= len(rows) - sum(row.count('"') for row in rows)
    assert intake.events == len(found)
    assert all(reject.field and reject.reason and reject.remedy for reject in rejects)


MORE = "account_id,user_id,event,occurred_at,event_id,session_seconds\n"


def test_an_event_may_have_an_id_of_its_own_and_the_length_of_its_session(folder: Folder) -> None:
    read = folder.events(MORE + "acme,u1,report,2026-10-01,e-1,90\nacme,u1,report,2026-10-01,e-2,\n")
    assert [(one.event_id, one.session_seconds, one.n) for one in read.found] == [("e-1", 90, 1), ("e-2", None, 1)]


def test_either_may_be_left_out(folder: Folder) -> None:
    only_id = folder.events("account_id,user_id,event,occurred_at,event_id\nacme,u1,report,2026-10-01,e-1\n")
    only_length = folder.events("account_id,user_id,event,occurred_at,session_seconds\nacme,u1,x,2026-10-01,0\n")
    assert [(one.event_id, one.session_seconds) for one in only_id.found] == [("e-1", None)]
    assert [(one.event_id, one.session_seconds) for one in only_length.found] == [("", 0)]


@pytest.mark.parametrize(
    ("cells", "field", "reason"),
    [
        ("e" * 257 + ",", "event_id", "is longer than 256 characters"),
        (",-1", "session_seconds", "is not a whole number from 0"),
        (",12.5", "session_seconds", "is not a whole number from 0"),
    ],
)
def test_a_bad_one_costs_its_row(folder: Folder, cells: str, field: str, reason: str) -> None:
    read = folder.events(MORE + f"acme,u1,report,2026-10-01,{cells}\nacme,u2,report,2026-10-01,,\n")
    assert [(reject.field, reject.reason.startswith(reason)) for reject in read.rejects] == [(field, True)]
    assert [one.user_id for one in read.found] == ["u2"]


ARCHIVED = "account_id,user_id,event,occurred_at,n,event_id,session_seconds,source\n"
ROWS = (
    ARCHIVED + "acme,u1,report,2026-10-01,1,,,\nAcme Inc,u1,report,2026-10-01,1,,,feed\nelse,u1,x,2026-10-01,1,,,feed\n"
)


def test_a_file_of_the_archive_says_which_source_uses_a_name() -> None:
    lines = ROWS.splitlines(keepends=True)
    known: dict[str | tuple[str, str], str] = {"acme": "acme", ("feed", "Acme Inc"): "acme"}
    rejects: list[Reject] = []
    found = list(read_events("a", iter(lines), known, TODAY, Intake(), rejects.append, archived=True))
    assert [one.account_id for one in found] == ["acme", "acme"]
    assert [reject.reason for reject in rejects] == ["is unknown: 'else'"]
    assert names_in("a", iter(lines)) == {"acme", ("feed", "Acme Inc"), ("feed", "else")}


def test_one_without_a_source_uses_our_own_ids() -> None:
    assert names_in("a", iter((HEAD + GOOD).splitlines(keepends=True))) == {"acme"}
