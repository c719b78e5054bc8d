"""Whatever a file holds, each of its rows is used or refused, and nothing breaks."""

import csv
from collections.abc import Iterator
from datetime import date
from itertools import chain

from hypothesis import example, given
from hypothesis import strategies as st

from health_monitor.ingest.accounts import read_accounts, read_contacts
from health_monitor.ingest.events import read_events
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.intake import Intake, Reject

TODAY = date(2026, 11, 1)
KNOWN = {"acme": "acme", "bravo": "bravo"}
ODD = st.text(alphabet='",;\n\r\0 aé\udcfc0123456789-:TZ', max_size=12)
CELLS = ODD | st.sampled_from(
    ["acme", "u1", "2026-10-01", "2026-10-01T09:30:00Z", "1", "12000.50", "", "a@example.com"]
)
TEXTS = st.text(alphabet=st.characters(codec="utf-8") | st.just("\udcfc"), max_size=120)


def lines(text: str) -> Iterator[str]:
    """As a file gives them: every line with its end."""
    return iter(text.splitlines(keepends=True))


def table(header: str, rows: list[list[str]]) -> str:
    """Rows as a program writes them, which quotes what has to be quoted."""
    out: list[str] = []
    writer = csv.writer(_Lines(out), lineterminator="\n")
    writer.writerow(header.split(","))
    writer.writerows(rows)
    return "".join(out)


class _Lines:
    def __init__(self, out: list[str]) -> None:
        self.write = out.append


def rows_of(header: str) -> st.SearchStrategy[list[list[str]]]:
    width = len(header.split(","))
    return st.lists(st.lists(CELLS, min_size=width, max_size=width), max_size=5)


EVENTS = "account_id,user_id,event,occurred_at,n,event_id,session_seconds"
ACCOUNTS = "account_id,name,arr,usage_start,licensed_seats,domain"
CONTACTS = "account_id,contact_id,email,title"


@given(rows_of(EVENTS))
def test_every_row_of_events_is_used_or_refused(rows: list[list[str]]) -> None:
    rejects: list[Reject] = []
    intake = Intake()
    found = list(read_events("events.csv", lines(table(EVENTS, rows)), KNOWN, TODAY, intake, rejects.append))
    assert len(found) == intake.events
    assert len(found) + len(rejects) >= len(rows)
    assert len(found) <= len(rows)
    assert all(reject.remedy for reject in rejects)


@given(rows_of(ACCOUNTS))
def test_every_row_of_accounts_is_used_or_refused(rows: list[list[str]]) -> None:
    rejects: list[Reject] = []
    found = read_accounts("accounts.csv", lines(table(ACCOUNTS, rows)), Intake(), rejects.append)
    assert len(found) + len(rejects) >= len(rows)
    assert len(found) <= len(rows)
    assert all(reject.remedy for reject in rejects)


@given(rows_of(CONTACTS))
def test_every_row_of_contacts_is_used_or_refused(rows: list[list[str]]) -> None:
    rejects: list[Reject] = []
    found = read_contacts("contacts.csv", lines(table(CONTACTS, rows)), KNOWN, Intake(), rejects.append)
    assert len(found) + len(rejects) >= len(rows)
    assert len(found) <= len(rows)


@given(TEXTS, st.booleans())
@example('"', True)
@example("\n\n", True)
@example("\0", False)
def test_no_text_breaks_a_reader(text: str, headed: bool) -> None:
    """It is read to its end, or its header is refused in words."""
    for header, read in (
        (EVENTS, lambda given: list(read_events("f.csv", given, KNOWN, TODAY, Intake(), [].append))),
        (ACCOUNTS, lambda given: list(read_accounts("f.csv", given, Intake(), [].append))),
        (CONTACTS, lambda given: list(read_contacts("f.csv", given, KNOWN, Intake(), [].append))),
    ):
        try:
            read(chain([header + "\n"] if headed else [], lines(text)))
        except NeedsHuman:
            assert not headed
