"""`health-monitor replay` on files that people really have, good and bad."""

import csv
import gzip
import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.cli.conftest import CONFIG, Command, Said
from tests.flows.files import accounts_csv, events_csv
from tests.flows.stage import NIGHT

ACCOUNTS, EVENTS, OUT = Path("accounts.csv"), Path("events.csv"), Path("out")
HEADER = "account_id,user_id,event,occurred_at\n"


@pytest.fixture
def files(health_monitor: Command) -> None:
    accounts_csv(ACCOUNTS)
    events_csv(EVENTS, last=NIGHT)


@pytest.fixture
def replay(health_monitor: Command, files: None) -> Callable[..., Said]:
    def run(*more: object, accounts: Path = ACCOUNTS, events: Path = EVENTS, out: Path = OUT) -> Said:
        return health_monitor(
            "replay", "--accounts", accounts, "--events", events, "--out", out, "--config", CONFIG, *more
        )

    return run


Replay = Callable[..., Said]


def test_a_replay_leaves_four_files_and_says_what_they_are(replay: Replay) -> None:
    said = replay()
    assert (said.code, said.err) == (0, "")
    assert sorted(path.name for path in OUT.iterdir()) == [
        "alerts.csv", "quarantine.csv", "report.html", "report.json",
    ]  # fmt: skip
    assert "of 11 accounts, 2026-07-01 to 2026-11-01." in said.out
    assert "Open out/report.html" in said.out
    assert "Peak memory" in said.out


def test_the_alerts_are_those_of_the_nights(replay: Replay) -> None:
    replay()
    opened = {(row["account_id"], row["opened_on"], row["usage_drop"]) for row in rows(OUT / "alerts.csv")}
    assert opened >= {("falls", "2026-11-01", "moderate"), ("sinks", "2026-10-30", "moderate")}


def test_the_report_can_be_read_by_a_program_and_by_a_person(replay: Replay) -> None:
    replay()
    assert json.loads((OUT / "report.json").read_text())
    page = (OUT / "report.html").read_text()
    assert page.lstrip().lower().startswith("<!doctype html>")
    assert "http://" not in page.replace("http://www.w3.org", "")


def test_the_same_files_give_the_same_files(replay: Replay) -> None:
    replay()
    first = {path.name: path.read_bytes() for path in OUT.iterdir()}
    replay()
    assert {path.name: path.read_bytes() for path in OUT.iterdir()} == first


def test_gzipped_events_are_read_whatever_they_are_called(replay: Replay) -> None:
    replay()
    expected = (OUT / "alerts.csv").read_text()
    packed = Path("export.dat")
    packed.write_bytes(gzip.compress(EVENTS.read_bytes()))
    assert replay(events=packed).code == 0
    assert (OUT / "alerts.csv").read_text() == expected


def test_from_and_to_choose_which_alerts_are_reported_and_how_far_is_judged(replay: Replay) -> None:
    replay("--to", "2026-10-31")
    assert "falls" not in (OUT / "alerts.csv").read_text()
    replay("--from", "2026-11-01")
    assert {row["account_id"] for row in rows(OUT / "alerts.csv")} == {"falls"}


def test_a_day_that_is_not_over_is_not_judged(replay: Replay) -> None:
    today = NIGHT + timedelta(days=1)
    replay()
    expected = (OUT / "alerts.csv").read_text()
    with EVENTS.open("a") as file:
        file.write(f"falls,u1,report,{today},1\n")
    for asked in ((), ("--to", today)):
        assert f" to {NIGHT}.\n" in replay(*asked).out
        assert (OUT / "alerts.csv").read_text() == expected


def test_data_of_today_alone_end_in_a_sentence(replay: Replay) -> None:
    EVENTS.write_text(f"{HEADER}falls,u1,report,{NIGHT + timedelta(days=1)}\n")
    ends_in(replay(), r"the data begin on 2026-11-02, and that day is not over yet")


def test_a_budget_marks_what_it_keeps(replay: Replay) -> None:
    assert replay("--budget", "10").code == 0
    assert "kept" in (OUT / "alerts.csv").read_text().splitlines()[0]


def test_rows_that_cannot_be_used_go_to_quarantine_and_the_run_goes_on(replay: Replay) -> None:
    bad = (
        "nobody,u,report,2026-10-01,1\n"  # unknown account
        "falls,u,report,2031-10-01,1\n"  # future
        'falls,u,"re"port,2026-10-01,1\n'  # malformed
        "falls,u,report\n"  # too short
    )
    EVENTS.write_text(EVENTS.read_text() + bad)
    said = replay()
    assert said.code == 0
    assert "4 rows could not be used; out/quarantine.csv says why and what to do." in said.out
    set_aside = rows(OUT / "quarantine.csv")
    assert [row["field"] for row in set_aside] == ["account_id", "occurred_at", "row", "row"]
    assert all(row["remedy"] and row["file"] == "events.csv" and int(row["line"]) > 100 for row in set_aside)


def test_an_account_that_is_there_twice_is_used_once(replay: Replay) -> None:
    lines = ACCOUNTS.read_text().splitlines()
    ACCOUNTS.write_text("\n".join([*lines, lines[1]]))
    assert "1 row could not be used" in replay().out
    assert "appears twice" in (OUT / "quarantine.csv").read_text()


def test_repeated_events_collapse_and_are_counted(replay: Replay) -> None:
    replay()
    expected = (OUT / "alerts.csv").read_text()
    body = EVENTS.read_text()
    EVENTS.write_text(body + body.partition("\n")[2])
    assert "repeated rows collapsed, 0 of them with another n." in replay().out
    assert (OUT / "alerts.csv").read_text() == expected


def test_columns_that_nobody_asked_for_are_named(replay: Replay) -> None:
    lines = EVENTS.read_text().splitlines()
    EVENTS.write_text("\n".join([lines[0] + ",colour", *(line + ",blue" for line in lines[1:])]))
    assert "events.csv: columns not used: colour." in replay().out


def test_text_that_is_not_utf_8_costs_its_row_and_not_the_run(replay: Replay) -> None:
    EVENTS.write_bytes(EVENTS.read_bytes() + "falls,Jürgen,report,2026-10-01,1\n".encode("latin-1"))
    assert replay().code == 0
    assert "is not UTF-8" in (OUT / "quarantine.csv").read_text()


MISTAKES: dict[str, tuple[bytes | None, str]] = {
    "empty": (b"", r"events.csv is empty; its first line must name the columns"),
    "blank": (b"\n\n", r"events.csv.*column account_id, user_id, event, occurred_at is missing"),
    "header only": (HEADER.encode(), r"events.csv has no usable event"),
    "missing columns": (b"account_id,event,occurred_at\n", r"events.csv, line 1: column user_id is missing; add it"),
    "semicolons": (b"account_id;user_id;event;occurred_at\n", r"separated by something else; use commas"),
    "twice": (b"account_id,user_id,user_id,event,occurred_at\n", r"column user_id stands there twice; keep one"),
    "utf-16": (HEADER.encode("utf-16"), r"events.csv is not UTF-8 text; save it as “CSV UTF-8”"),
    "a spreadsheet": (b"PK\x03\x04\x14\x00\x06\x00\x08\x00", r"events.csv is not UTF-8 text"),
    "open quote": (b'"account_id,user_id\n', r"events.csv, line 1: the header is not CSV"),
    "cut off": (gzip.compress(HEADER.encode() * 999)[:60], r"events.csv is damaged or cut off"),
    "nobody known": ((HEADER + "who,u,e,2026-10-01\n").encode(), r"events.csv has no usable event; see the quarantine"),
    "future only": ((HEADER + "falls,u,e,2027-10-01\n").encode(), r"events.csv has no usable event; see the quarant"),
    "not there": (None, r"events.csv does not exist; check the path"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_events_that_cannot_be_read_end_in_a_sentence(replay: Replay, name: str) -> None:
    content, sentence = MISTAKES[name]
    EVENTS.unlink()
    if content is not None:
        EVENTS.write_bytes(content)
    ends_in(replay(), sentence)


def test_accounts_that_cannot_be_read_end_in_a_sentence(replay: Replay) -> None:
    ACCOUNTS.write_text("name,segment\nAcme,smb\n")
    ends_in(replay(), r"accounts.csv, line 1: column account_id is missing; add it \(found: name, segment\)")
    ACCOUNTS.write_text("account_id,usage_start\n,2026-01-01\n")
    ends_in(replay(), r"accounts.csv has no usable account; see the quarantine for what each row lacks")
    assert [row["field"] for row in rows(OUT / "quarantine.csv")] == ["account_id"]


def test_a_directory_is_no_file_and_a_file_is_no_folder(replay: Replay) -> None:
    ends_in(replay(events=Path()), r"\. is a directory; name the file in it")
    ends_in(replay(out=ACCOUNTS), r"accounts.csv is a file; --out needs a folder")
    ends_in(replay(out=ACCOUNTS / "below"), r"accounts.csv is a file; --out needs a folder")


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [
        ("--to", "2026-06-01", r"--to 2026-06-01 is before the first day with data, 2026-07-01"),
        ("--from", "2026-11-02", r"--from 2026-11-02 is after the last day with data, 2026-11-01"),
        ("--from", "yesterday", r"Invalid value for '--from'"),
        ("--to", "31.10.2026", r"Invalid value for '--to'"),
        ("--budget", "0", r"Invalid value for '--budget'"),
    ],
)
def test_an_option_that_cannot_be_meant_is_named(replay: Replay, option: str, value: str, sentence: str) -> None:
    ends_in(replay(option, value), sentence)


def test_from_after_to_is_named(replay: Replay) -> None:
    ends_in(replay("--from", "2026-10-20", "--to", "2026-10-10"), r"--from 2026-10-20 is after --to 2026-10-10")


def test_one_file_alone_is_not_enough(health_monitor: Command, files: None) -> None:
    said = health_monitor("replay", "--accounts", ACCOUNTS, "--out", OUT, "--config", CONFIG)
    ends_in(said, r"give both --accounts and --events")


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def ends_in(said: Said, sentence: str) -> None:
    """Exit 2, one sentence, no traceback."""
    assert said.code == 2, said.text
    assert "Traceback" not in said.text
    assert re.search(sentence, " ".join(said.err.split())), said.err
