"""examples/README.md: its tables are the models' columns, its files are readable, its output is real."""

import re
import shlex
from datetime import date
from itertools import takewhile
from pathlib import Path
from typing import Literal, get_args, get_origin, get_type_hints

import pytest
from typer.testing import CliRunner

from health_monitor.cli.app import app
from health_monitor.ingest.accounts import read_accounts, read_contacts
from health_monitor.ingest.events import OPTIONAL, REQUIRED, read_events
from health_monitor.model.account import Account, Contact
from health_monitor.model.heard import TOLD, columns_of
from health_monitor.model.intake import Intake, Reject
from health_monitor.model.records import KINDS
from tests.docs.documents import ROOT, blocks

DOCUMENT = ROOT / "examples" / "README.md"
FOLDER = ROOT / "examples" / "records"
COLUMNS = {
    "accounts.csv": ["account_id", *(name for name in Account.model_fields if name != "account_id")],
    "events.csv": [*REQUIRED, *OPTIONAL],
    "contacts.csv": list(Contact.model_fields),
    **{
        "roi.csv" if kind == "roi" else f"{kind}s.csv": [*columns_of(kind).required, *columns_of(kind).optional]
        for kind in TOLD
    },
}


def shown(first_columns: str) -> list[str]:
    """The lines of the example whose header begins so, as a file has them."""
    found = [block.lines for block in blocks(DOCUMENT) if block.lines[0].startswith(first_columns)]
    assert len(found) == 1
    return [f"{line}\n" for line in found[0]]


@pytest.mark.parametrize("file", COLUMNS)
def test_the_table_names_exactly_the_columns_that_are_read(file: str):
    row = next(line for line in DOCUMENT.read_text().splitlines() if line.startswith(f"| `{file}`"))
    must_and_may = row.split("|")[3:5]
    if (FOLDER / file).exists():
        header = (FOLDER / file).read_text().partition("\n")[0].split(",")
        assert set(header) <= set(COLUMNS[file])
    assert re.findall(r"`(\w+)`", "".join(must_and_may)) == COLUMNS[file]


def test_the_example_files_are_read_without_a_complaint():
    intake, rejects = Intake(), list[Reject]()
    accounts = read_accounts("accounts.csv", iter(shown("account_id,name")), intake, rejects.append)
    read_contacts("contacts.csv", iter(shown("account_id,contact_id")), accounts, intake, rejects.append)
    lines = iter(shown("account_id,user_id"))
    events = list(read_events("events.csv", lines, accounts, date(2026, 1, 1), intake, rejects.append))
    assert not rejects
    assert (intake.accounts, intake.contacts, intake.events) == (3, 2, 5)
    assert not any(intake.ignored_columns.values())
    assert [date.fromordinal(event.day) for event in events if event.event == "export"] == [date(2025, 1, 8)]


def test_the_table_of_words_names_all_of_them():
    hints = [get_type_hints(KINDS[kind]) for kind in TOLD]
    words = {
        word
        for kind in hints
        for hint in kind.values()
        for one in (hint, *get_args(hint))
        if get_origin(one) is Literal
        for word in get_args(one)
    }
    assert {word for word in words if f"`{word}`" not in DOCUMENT.read_text()} == {"p2", "p3"}


@pytest.mark.parametrize("document", ["README.md", "golden/README.md", "incident/README.md"])
def test_the_replay_that_is_shown_prints_what_is_shown(document: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    parts = blocks(ROOT / "examples" / document)
    at = next(at for at, block in enumerate(parts) if "health-monitor replay" in block.lines[0])
    (command,) = parts[at].lines
    for name in ("examples", "config"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, shlex.split(command)[1:])
    assert result.exit_code == 0
    printed = [*result.output.splitlines(), *(tmp_path / "out" / "alerts.csv").read_text().splitlines()]
    after = takewhile(lambda block: "make" not in block.lines[0], parts[at + 1 :])
    told = [line for block in after for line in block.lines if not line.startswith("Peak memory")]
    assert [line for line in told if line not in printed] == []
    assert told or document.startswith("incident")
