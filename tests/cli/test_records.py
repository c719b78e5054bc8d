"""`import`, `rebuild`, `backfill`, `show`, `runs` and `alerts`, one after the other as an operator would."""

import csv
from pathlib import Path
from typing import Any

import pytest

from health_monitor.adapters.memory import MemoryWorld
from health_monitor.model.records import Pulse
from health_monitor.model.score import History
from health_monitor.simulate.workflow import arrive
from tests.builders import A_DAY, A_MOMENT, a_standing, a_touch
from tests.cli.conftest import CONFIG, Command
from tests.cli.test_replay import ends_in
from tests.flows.files import accounts_csv, events_csv, written
from tests.flows.stage import EVE, HISTORIES, NIGHT, before, run_night

ACCOUNTS, EVENTS, CONTACTS = Path("accounts.csv"), Path("events.csv"), Path("contacts.csv")
RECORDS = Path(__file__).parents[2] / "examples" / "records"
KINDS = (
    "tickets", "surveys", "invoices", "subscriptions", "touchpoints", "goals", "roi", "pulses", "notes", "renewals"
)  # fmt: skip
PEOPLE = [("falls", "c1", "Ada", "ada@falls.example"), ("nobody", "c2", "Bob", "bob@example.com")]


@pytest.fixture
def imported(health_monitor: Command) -> Command:
    accounts_csv(ACCOUNTS)
    events_csv(EVENTS, last=EVE)
    assert health_monitor("import", "accounts", ACCOUNTS).code == 0
    assert health_monitor("import", "events", EVENTS).code == 0
    return health_monitor


@pytest.fixture
def judged(imported: Command, product: MemoryWorld) -> Command:
    """The past judged, and one night after it."""
    assert imported("backfill", "--through", EVE).code == 0
    arrive(product, HISTORIES, NIGHT)
    run_night(product)
    return imported


def test_an_import_says_what_it_brought(health_monitor: Command) -> None:
    accounts_csv(ACCOUNTS)
    events_csv(EVENTS, last=EVE)
    assert "Imported 11 accounts." in health_monitor("import", "accounts", ACCOUNTS).out
    said = health_monitor("import", "events", EVENTS)
    assert "Imported 11,170 events." in said.out
    assert "10 accounts have usage from 2026-07-01 to 2026-10-31." in said.out


def test_an_import_says_through_which_day_its_file_is_complete(imported: Command, product: MemoryWorld) -> None:
    assert [fresh.complete_through for fresh in product.journal.freshness()] == [EVE]
    assert imported("import", "events", EVENTS, "--through", NIGHT).code == 0
    assert [fresh.complete_through for fresh in product.journal.freshness()] == [NIGHT]
    ends_in(imported("import", "events", EVENTS, "--through", before(1, EVE)), "is before the last event of events.csv")
    ends_in(imported("import", "events", EVENTS, "--through", "2026-11-02"), "2026-11-02 is not over yet")


def test_an_import_counts_what_it_set_aside_and_says_where(imported: Command) -> None:
    written(CONTACTS, ("account_id", "contact_id", "name", "email", "shoe_size"), [(*row, 42) for row in PEOPLE])
    said = imported("import", "contacts", CONTACTS, "--quarantine", "refused.csv")
    assert (said.code, said.err) == (0, "")
    assert "Imported 1 contact." in said.out
    assert "contacts.csv: columns not used: shoe_size." in said.out
    assert f"{Path('refused.csv').resolve()} says why and what to do" in said.out
    with Path("refused.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["line"], row["field"]) == ("3", "account_id")
    assert row["remedy"] == "add it to accounts.csv or mend its row there"


def test_an_import_that_fails_leaves_what_the_one_before_set_aside(imported: Command) -> None:
    written(CONTACTS, ("account_id", "contact_id", "name", "email"), PEOPLE)
    imported("import", "contacts", CONTACTS)
    before = Path("quarantine.csv").read_text()
    assert "add it to accounts.csv" in before
    assert imported("import", "tickets", CONTACTS).code == 2
    assert Path("quarantine.csv").read_text() == before
    written(CONTACTS, ("account_id", "contact_id", "name", "email"), PEOPLE[:1])
    assert imported("import", "contacts", CONTACTS).code == 0
    assert Path("quarantine.csv").read_text() == "file,line,field,reason,remedy\n"


def test_every_kind_of_record_is_imported_by_a_command_of_its_own(
    health_monitor: Command, product: MemoryWorld
) -> None:
    for name in ("accounts", "contacts"):
        assert health_monitor("import", name, RECORDS / f"{name}.csv").code == 0
    said = {kind: health_monitor("import", kind, RECORDS / f"{kind}.csv") for kind in KINDS}
    assert {kind: (one.code, one.out.strip()) for kind, one in said.items()} == {
        "tickets": (0, "Imported 3 tickets."), "surveys": (0, "Imported 3 survey answers."),
        "invoices": (0, "Imported 4 invoices."), "subscriptions": (0, "Imported 3 subscriptions."),
        "touchpoints": (0, "Imported 4 touchpoints."), "goals": (0, "Imported 2 goals."),
        "roi": (0, "Imported 1 ROI record."), "pulses": (0, "Imported 2 pulses."),
        "notes": (0, "Imported 1 note."), "renewals": (0, "Imported 3 renewals."),
    }  # fmt: skip
    dossier = product.dossiers.read(["a-103"])["a-103"]
    assert len(list(dossier.records())) == 20


def test_a_file_of_records_tells_what_it_set_aside(health_monitor: Command) -> None:
    assert health_monitor("import", "accounts", RECORDS / "accounts.csv").code == 0
    written(Path("t.csv"), ("account_id", "ticket_id", "opened_at", "csat", "mood"), [
        ("a-101", "T-1", "2026-10-01T09:00:00Z", "9", "low"), ("nobody", "T-2", "2026-10-01T09:00:00Z", "", ""),
    ])  # fmt: skip
    said = health_monitor("import", "tickets", "t.csv", "--quarantine", "refused.csv")
    assert said.code == 0
    for sentence in ("Imported 1 ticket.", "t.csv: columns not used: mood.", "1 cell could not be read", "1 row could"):
        assert sentence in said.out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("import", "events", EVENTS), r"there are no accounts yet; import them first: health-monitor import accounts"),
        (("import", "accounts", "missing.csv"), r"missing.csv does not exist; check the path"),
        (("import", "accounts", "."), r"is a directory; name the file in it"),
        (("import", "contacts", ACCOUNTS), r"there are no accounts yet"),
        (("import", "accounts", EVENTS, "--quarantine", "no/such/folder.csv"), r"no/such/folder.csv: No such file"),
        (("rebuild",), r"no events are archived yet; import some: health-monitor import events"),
        (("backfill", "--through", "2026-10-31"), r"no usage is stored yet; import some"),
        (("backfill", "--through", "October"), r"Invalid value for '--through'"),
        (("backfill",), r"Missing option '--through'"),
        (("show", "falls"), r"nothing is stored about 'falls'; check its spelling"),
        (("runs",), r"no night has been run yet"),
        (("shwo", "falls"), r"No such command 'shwo'"),
        (("--env", "missing.env", "runs"), r"missing.env does not exist"),
        (("replay", "--out", "out", "--config", "nowhere"), r"nowhere is no folder; name the one that holds segments"),
    ],
)
def test_what_cannot_be_done_yet_ends_in_a_sentence(
    health_monitor: Command, words: tuple[Any, ...], sentence: str
) -> None:
    events_csv(EVENTS, last=EVE)
    accounts_csv(ACCOUNTS)
    ends_in(health_monitor(*words), sentence)


def test_every_command_that_a_message_names_exists(health_monitor: Command) -> None:
    said = health_monitor("runs")
    named = said.err.partition("health-monitor ")[2].split()
    assert not named or health_monitor(named[0], "--help").code == 0


def test_an_account_file_without_a_usable_row_is_no_success(health_monitor: Command) -> None:
    written(ACCOUNTS, ("account_id", "usage_start"), [("", "2026-01-01")])
    ends_in(health_monitor("import", "accounts", ACCOUNTS), r"accounts.csv has no usable account; see the quarantine")


def test_a_cell_that_cannot_be_read_stays_empty_and_its_account_is_imported(
    health_monitor: Command, product: MemoryWorld
) -> None:
    written(ACCOUNTS, ("account_id", "arr", "plan"), [("acme", "12k", "pro")])
    said = health_monitor("import", "accounts", ACCOUNTS)
    assert f"1 cell could not be read and stayed empty; {Path('quarantine.csv').resolve()} says why." in said.out
    assert "arr left empty as it is not a number" in said.out
    account = product.accounts.read(["acme"])["acme"]
    assert (account.arr, account.plan) == (None, "pro")


def test_backfill_tells_what_it_did_and_that_nobody_was_told(imported: Command, product: MemoryWorld) -> None:
    said = imported("backfill", "--through", EVE)
    assert "The past through 2026-10-31 is judged; 11 accounts are current. Nobody was told." in said.out
    assert product.outbox.messages == []


def test_backfill_after_a_night_is_refused(judged: Command) -> None:
    ends_in(judged("backfill", "--through", EVE), r"nights are judged through 2026-11-01 already")


def test_backfill_beyond_the_data_is_refused(imported: Command) -> None:
    ends_in(imported("backfill", "--through", "2027-01-01"), r"--through 2027-01-01 is after the last day with data")


def test_show_prints_everything_that_is_stored_about_an_account(judged: Command) -> None:
    said = judged("show", "falls")
    assert (said.code, said.err) == (0, "")
    for word in ("PROFILE", "Falls Ltd", "RING", "STATE#2026-11-01", "ALERT#usage_drop#2026-11-01"):
        assert word in said.out
    for word in ("shard", "compacted", "ttl"):
        assert f"  {word}:" not in said.out


def test_show_prints_the_people_who_use_an_account(imported: Command) -> None:
    said = imported("show", "falls")
    assert "RING" in said.out
    assert "user-3" in said.out


def test_show_hides_old_days_until_asked(judged: Command) -> None:
    assert len(judged("show", "falls", "--all").out) > 2 * len(judged("show", "falls").out)


def test_show_prints_names_with_brackets_as_they_are(health_monitor: Command) -> None:
    written(ACCOUNTS, ("account_id", "name"), [("odd", "[red]Odd[/] & Co [/nothing]")])
    health_monitor("import", "accounts", ACCOUNTS)
    assert "[red]Odd[/] & Co [/nothing]" in health_monitor("show", "odd").out


def test_show_says_in_words_where_the_account_stands(health_monitor: Command, product: MemoryWorld) -> None:
    held = {"limited_by": "usage_down", "override": "o1"}
    product.standings.write([a_standing(**held, last_touch=A_DAY, expansion_ready=True, expansion_score=60)])
    shown = health_monitor("show", "acme").out
    assert "as of 2026-11-01, scorecard default, version 0123456789ab" in shown
    assert "score 74.9 of 100 (83 % known), status moderate, by override o1 (the score's own: healthy)" in shown
    assert "held by the limit usage_down, tier T2" in shown
    assert "last touchpoint 2026-11-01, ready to grow (60 of 100)" in shown
    assert "dimensions: usage 76.0, value –" in shown
    assert "-8.2  usage_trend (usage): usage fell by 31 % in 90 days" in shown
    assert "critical: a P1 ticket is open [ticket:hubspot/1]" in shown
    assert "scores, 14 days of 190 from 2026-10-19:" in shown
    assert "None" not in shown
    assert "scores, 190 days from 2026-04-26:" in health_monitor("show", "acme", "--all").out


def test_show_says_of_an_account_without_a_score_that_it_has_none(
    health_monitor: Command, product: MemoryWorld
) -> None:
    nothing: dict[str, Any] = {"score": None, "status": None, "model_status": None, "tier": None, "priority": None}
    bare: dict[str, Any] = {"drivers": (), "signals": (), "flags": (), "history": History("v", A_DAY.toordinal(), ())}
    product.standings.write([a_standing(at=A_MOMENT, provisional=True, override="o1", **nothing, **bare)])
    shown = health_monitor("show", "acme").out
    assert "score – of 100 (83 % known, provisional), status unknown, by override o1" in shown
    assert "as of 2026-11-01, scored again at 2026-11-02 06:00 UTC" in shown
    assert "scores" not in shown


def test_show_says_each_record_in_one_line(health_monitor: Command, product: MemoryWorld) -> None:
    pulse = Pulse(
        source="csm", key="9", changed_at=A_MOMENT, at=A_MOMENT, rating=2, author="carla", reasons=("budget", "time")
    )
    product.dossiers.save("acme", [a_touch(attended=True), pulse])
    shown = health_monitor("show", "acme").out
    assert "csm/9: at 2026-11-02T06:00:00Z, rating 2, author carla, reasons budget; time (changed 2026-11-02" in shown
    assert "kind email, at 2026-11-02T06:00:00Z, attended yes (changed" in shown
    assert not {"False", "digest", "('budget'"} & set(shown.split())


def test_runs_lists_the_nights_newest_first(judged: Command) -> None:
    lines = [line for line in judged("runs").out.splitlines() if "complete" in line]
    assert [line.split()[0].strip("│ ") or line.split()[1] for line in lines] == ["2026-11-01", "2026-10-31"]


def test_runs_shows_whole_nights_in_a_narrow_terminal(judged: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shown = judged("runs").out
    assert all(word in shown for word in ("2026-11-01", "complete", "escalated", "resolved"))


def test_alerts_lists_a_csms_open_alerts_worst_first(judged: Command) -> None:
    said = judged("alerts", "carla@example.com")
    order = [name for line in said.out.splitlines() for name in ("sinks", "falls") if line.split()[:1] == [name]]
    assert order == ["sinks", "falls"]
    assert "big" in judged("alerts", "--unassigned").out
    assert "big" in judged("alerts").out
    assert "carla@example.com" in judged("alerts").out
    ends_in(judged("alerts", "nobody@example.com"), r"no account has the CSM nobody@example.com; check the spelling")


def test_alerts_cuts_no_date_address_or_reason_off(
    judged: Command, product: MemoryWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    reason = "portfolio_drop: median 9% of a week ago over 30 accounts"
    for one in list(product.alerts.open_of("carla@example.com")):
        product.alerts.save_past([one.model_copy(update={"suppressed": reason})])
    monkeypatch.setenv("COLUMNS", "80")
    piped = judged("alerts").out
    (line,) = [line for line in piped.splitlines() if line.strip().startswith("falls")]
    assert all(word in line for word in ("2026-11-01", "carla@example.com", reason))
    monkeypatch.setenv("FORCE_COLOR", "1")
    shown = judged("alerts").out
    assert ("…" in shown, "2026-11-01" in shown) == (False, True)
    assert all(word in shown for word in reason.split()[:2])


def test_a_csm_without_open_alerts_is_told_so(imported: Command) -> None:
    assert "No open alerts for carla@example.com." in imported("alerts", "carla@example.com").out


def test_a_replay_of_what_is_stored_needs_no_files(judged: Command) -> None:
    said = judged("replay", "--out", "out", "--config", CONFIG)
    assert said.code == 0
    assert "falls,usage_drop,2026-11-01,moderate" in Path("out/alerts.csv").read_text()
