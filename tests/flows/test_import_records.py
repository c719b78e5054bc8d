"""Records that people bring as files: the worked examples, read as their README tells it."""

import csv
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from health_monitor import wiring
from health_monitor.adapters.memory import MemoryWorld, memory_world
from health_monitor.flows.forget import request
from health_monitor.flows.import_records import import_accounts, import_contacts, import_records
from health_monitor.flows.people import tell_unreachable
from health_monitor.flows.reception import Reception
from health_monitor.model.account import Account, Contact
from health_monitor.model.alert import Rescoring
from health_monitor.model.dossier import EMPTY, Dossier
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.heard import TOLD, RecordKind
from health_monitor.model.intake import Intake
from health_monitor.model.records import AnyRecord
from tests.builders import a_standing

FOLDER = Path(__file__).parents[2] / "examples" / "records"
NOW = datetime(2026, 11, 2, 6, tzinfo=UTC)
ROI = "roi"


def file_of(kind: RecordKind) -> Path:
    return FOLDER / f"{kind if kind == ROI else f'{kind}s'}.csv"


def brought(world: MemoryWorld, kind: RecordKind, path: Path, tmp_path: Path, now: datetime = NOW) -> Intake:
    quarantine = wiring.quarantine_csv(tmp_path / "refused.csv")
    try:
        return import_records(kind, wiring.text_file(path), Reception.of(world), quarantine, now)
    finally:
        quarantine.close()


@pytest.fixture
def known(empty: MemoryWorld, tmp_path: Path) -> MemoryWorld:
    refused = wiring.quarantine_csv(tmp_path / "refused.csv")
    accounts, contacts = (wiring.text_file(FOLDER / f"{name}.csv") for name in ("accounts", "contacts"))
    assert import_accounts(accounts, empty.accounts, empty.blobs, refused, NOW).quarantined == 0
    people = import_contacts(contacts, Reception.of(empty), refused, NOW)
    assert (people.contacts, people.quarantined) == (4, 0)
    refused.close()
    return empty


def dossiers(world: MemoryWorld) -> tuple[Dossier, Dossier]:
    found = world.dossiers.read(["a-101", "a-103"], consistent=True)
    return found.get("a-101", EMPTY), found.get("a-103", EMPTY)


def facts(dossier: Dossier) -> list[AnyRecord]:
    """What it says, whenever that was told."""
    return [replace(one, changed_at=NOW) for one in dossier.records()]


def people(world: MemoryWorld, tmp_path: Path, text: str, now: datetime = NOW) -> dict[str, Contact]:
    (tmp_path / "contacts.csv").write_text(text)
    refused = wiring.quarantine_csv(tmp_path / "refused.csv")
    import_contacts(wiring.text_file(tmp_path / "contacts.csv"), Reception.of(world), refused, now)
    refused.close()
    return {one.contact_id: one for one in world.accounts.contacts("a-103")}


def test_a_file_of_accounts_leaves_what_it_does_not_speak_of(known: MemoryWorld, tmp_path: Path) -> None:
    before = known.accounts.read(["a-103"])["a-103"]
    (tmp_path / "accounts.csv").write_text("account_id,use_cases_live,plan\na-103,3,\na-200,1,pro\n")
    refused = wiring.quarantine_csv(tmp_path / "refused.csv")
    import_accounts(wiring.text_file(tmp_path / "accounts.csv"), known.accounts, known.blobs, refused, NOW)
    refused.close()
    after = known.accounts.read(["a-103", "a-200"])
    assert after["a-103"] == before.model_copy(update={"use_cases_live": 3, "plan": None})
    assert after["a-200"] == Account(account_id="a-200", use_cases_live=1, plan="pro")
    assert "a-200" in known.accounts.ids()


def test_a_file_of_contacts_leaves_what_it_does_not_speak_of(known: MemoryWorld, tmp_path: Path) -> None:
    before = {one.contact_id: one for one in known.accounts.contacts("a-103")}["c-2"]
    after = people(known, tmp_path, "account_id,contact_id,title,timezone\na-103,c-2,CFO,\na-103,c-9,,\n")
    assert after["c-2"] == before.model_copy(update={"title": "CFO", "timezone": None})
    assert after["c-9"].title is None


def test_a_file_of_contacts_does_not_take_a_bounce_back_but_another_address_does(
    known: MemoryWorld, tmp_path: Path
) -> None:
    address = people(known, tmp_path, "account_id,contact_id\na-103,c-2\n")["c-2"].email or ""
    tell_unreachable("a-103", address, NOW, known.accounts, known.dossiers)
    columns = "account_id,contact_id,email,departed_on,departure\n"
    again = people(known, tmp_path, f"{columns}a-103,c-2,{address.upper()},,\n", NOW + timedelta(hours=1))["c-2"]
    assert (again.departed_on, again.departure) == (NOW.date(), "bounced")
    left = people(known, tmp_path, f"{columns}a-103,c-2,{address},2026-10-30,left\n", NOW + timedelta(hours=2))["c-2"]
    assert (left.departed_on, left.departure) == (date(2026, 10, 30), "left")
    tell_unreachable("a-103", address, NOW, known.accounts, known.dossiers)
    new = people(known, tmp_path, f"{columns}a-103,c-2,new@cedar.example.com,,\n", NOW + timedelta(hours=3))["c-2"]
    assert (new.email, new.departed_on, new.departure) == ("new@cedar.example.com", None, None)


def test_a_sponsor_who_departs_by_a_file_is_asked_for_at_once_whoever_died_before(tmp_path: Path) -> None:
    world = memory_world(NOW)
    world.accounts.save([Account(account_id="a-103")])
    columns = "account_id,contact_id,role,departed_on,departure\n"
    people(world, tmp_path, f"{columns}a-103,c-2,executive sponsor,,\n")
    assert world.outbox.rescorings == [], "no night has scored it"
    world.standings.write([a_standing("a-103")])
    for _ in range(2):
        world.outbox.rescorings.clear()
        people(world, tmp_path, f"{columns}a-103,c-2,executive sponsor,2026-11-01,left\n")
        wish = Rescoring(account_id="a-103", critical=True, why="the executive sponsor has gone")
        assert world.outbox.rescorings == [wish]


def test_every_example_is_read_whole_and_bringing_it_again_changes_nothing(known: MemoryWorld, tmp_path: Path) -> None:
    for kind in TOLD:
        with file_of(kind).open(newline="") as file:
            rows = len(list(csv.DictReader(file)))
        intake = brought(known, kind, file_of(kind), tmp_path)
        assert (intake.records, intake.quarantined, rows > 0) == ({kind: rows}, 0, True)
        assert list(intake.ignored_columns.values()) == [()]
    before = dossiers(known)
    for kind in TOLD:
        brought(known, kind, file_of(kind), tmp_path, NOW + timedelta(hours=1))
    assert [facts(one) for one in dossiers(known)] == [facts(one) for one in before]


def test_the_examples_say_what_their_readme_says(known: MemoryWorld, tmp_path: Path) -> None:
    for kind in TOLD:
        brought(known, kind, file_of(kind), tmp_path)
    alder, cedar = dossiers(known)
    assert [(one.severity, one.solved_at is None) for one in cedar.tickets] == [("p2", False), ("p1", True)]
    assert cedar.tickets[0].opened_at == datetime(2026, 10, 6, 11, tzinfo=UTC)
    assert [one.score for one in cedar.surveys if one.survey == "nps"] == [6]
    assert {one.key for one in cedar.invoices if one.paid_on is None and not one.voided} == {"R-2026-77"}
    assert [one.arr for one in alder.subscriptions] == [6000, 9000]
    assert {one.kind: one.attended for one in cedar.touchpoints if one.kind != "ticket"} == {
        "qbr": False, "call": None, "training": None
    }  # fmt: skip
    assert [(one.met_on, one.target) for one in alder.goals] == [(date(2026, 8, 12), 7.0)]
    assert [one.amount for one in alder.rois] == [Decimal(21000)]
    assert cedar.pulses[0].reasons == ("champion left", "open incident", "invoice disputed")
    assert cedar.notes[0].text.startswith("Finance disputes")
    assert sorted(one.outcome for one in cedar.renewals) == ["contracted", "pending"]
    roles = {one.key: (one.role, one.departed_on, one.departure) for one in cedar.persons}
    assert roles["c-2"] == ("executive_sponsor", None, None)
    assert roles["c-3"] == ("champion", date(2026, 9, 30), "left")
    facts = known.accounts.read(["a-103"])["a-103"]
    assert (facts.employees, facts.use_cases_bought, facts.use_cases_live) == (900, 3, 2)


def test_a_file_that_is_brought_is_archived(known: MemoryWorld, tmp_path: Path) -> None:
    brought(known, "ticket", file_of("ticket"), tmp_path)
    [key] = known.blobs.keys("archive/tickets/")
    assert key.startswith("archive/tickets/2026-11-02/import-")


def test_what_forgotten_people_did_before_stays_away(known: MemoryWorld, tmp_path: Path) -> None:
    request("contact", "c-4", "a-103", NOW, Reception.of(known))
    calls = brought(known, "touchpoint", file_of("touchpoint"), tmp_path)
    brought(known, "survey", file_of("survey"), tmp_path)
    _, cedar = dossiers(known)
    assert (calls.erased, calls.records) == (1, {"touchpoint": 3})
    assert {one.key for one in cedar.touchpoints} == {"qbr-2026-3", "train-4"}
    assert [one.contact_id for one in cedar.surveys] == [None, None]


def test_without_accounts_nothing_is_imported(empty: MemoryWorld, tmp_path: Path) -> None:
    with pytest.raises(NeedsHuman, match="there are no accounts yet"):
        brought(empty, "ticket", file_of("ticket"), tmp_path)
