"""Records that people bring as files: the worked examples, read as their README tells it."""

import csv
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from health_monitor import wiring
from health_monitor.adapters.memory import MemoryWorld
from health_monitor.flows.forget import request
from health_monitor.flows.import_records import import_accounts, import_contacts, import_records
from health_monitor.flows.reception import Reception
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.heard import TOLD, RecordKind
from health_monitor.model.intake import Intake
from health_monitor.model.records import EMPTY, Dossier

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
    assert import_accounts(accounts, empty.accounts, empty.blobs, refused, NOW.date()).quarantined == 0
    people = import_contacts(contacts, empty.accounts, empty.dossiers, empty.blobs, refused, NOW)
    assert (people.contacts, people.quarantined) == (4, 0)
    refused.close()
    return empty


def dossiers(world: MemoryWorld) -> tuple[Dossier, Dossier]:
    found = world.dossiers.read(["a-101", "a-103"], consistent=True)
    return found.get("a-101", EMPTY), found.get("a-103", EMPTY)


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
    assert dossiers(known) == before


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
