"""The committed examples: the product, the committed alerts and the naive reference say the same, to the byte."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from health_monitor.cli.app import app
from tests.data.reading import accounts_in, uses_in
from tests.data.reference import Portfolio

ROOT = Path(__file__).parents[2]
GOLDEN, INCIDENT = ROOT / "examples" / "golden", ROOT / "examples" / "incident"
CONFIGS = {GOLDEN: GOLDEN / "config", INCIDENT: ROOT / "config"}
FOLDERS = pytest.mark.parametrize("folder", CONFIGS, ids=lambda folder: folder.name)


def replay(folder: Path, out: Path, accounts: Path | None = None) -> str:
    """Run the command; return what it prints."""
    files = {"--accounts": accounts or folder / "accounts.csv", "--events": folder / "events.csv"}
    options = files | {"--config": CONFIGS[folder], "--out": out}
    result = CliRunner().invoke(app, ["replay", *(str(word) for pair in options.items() for word in pair)])
    assert result.exit_code == 0, result.output
    return result.output


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def explanations(folder: Path) -> Iterator[tuple[str, str]]:
    """Account and text of every table row in a folder's README that begins with an account's id."""
    for line in (folder / "README.md").read_text().splitlines():
        if found := re.match(r"\| ((?:`[a-z]+`(?:, )?)+) \|", line):
            for account_id in re.findall(r"[a-z]+", found[1]):
                yield account_id, line


@FOLDERS
def test_replay_writes_exactly_the_committed_alerts(folder: Path, tmp_path: Path):
    replay(folder, tmp_path)
    assert (tmp_path / "alerts.csv").read_bytes() == (folder / "alerts.csv").read_bytes()


@FOLDERS
def test_the_naive_reference_gives_the_committed_alerts_row_by_row(folder: Path):
    accounts = accounts_in(folder / "accounts.csv")
    config = yaml.safe_load((CONFIGS[folder] / "segments.yaml").read_text())
    expected = Portfolio(accounts, uses_in(folder / "events.csv", accounts), config).table()
    committed = list(csv.reader((folder / "alerts.csv").read_text().splitlines()))
    assert committed[1:] == expected


def test_the_three_bad_rows_are_set_aside_with_their_reasons(tmp_path: Path):
    printed = replay(GOLDEN, tmp_path)
    assert (tmp_path / "quarantine.csv").read_bytes() == (GOLDEN / "quarantine.csv").read_bytes()
    assert "accounts.csv: columns not used: region." in printed
    assert "8 repeated rows collapsed, 2 of them with another n." in printed
    assert "3 rows could not be used" in printed


def test_licensed_seats_never_move_a_ratio(tmp_path: Path):
    rows = rows_of((GOLDEN / "accounts.csv").read_text())
    with (tmp_path / "accounts.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(row | {"licensed_seats": str(7 * at)} for at, row in enumerate(rows))
    replay(GOLDEN, tmp_path / "out", tmp_path / "accounts.csv")
    assert (tmp_path / "out" / "alerts.csv").read_bytes() == (GOLDEN / "alerts.csv").read_bytes()


@FOLDERS
def test_every_account_is_explained_once(folder: Path):
    told = [account_id for account_id, _ in explanations(folder)]
    assert sorted(told) == sorted({row["account_id"] for row in rows_of((folder / "accounts.csv").read_text())})


@FOLDERS
def test_every_alert_is_explained_with_its_dates_and_its_ratio(folder: Path):
    told = dict(explanations(folder))
    alerts = rows_of((folder / "alerts.csv").read_text())
    assert alerts
    for alert in alerts:
        wanted = ("opened_on", "escalated_on", "resolved_on", "resolution", "usage_drop", "ratio")
        missing = [alert[column] for column in wanted if alert[column] not in told[alert["account_id"]]]
        assert not missing, f"{folder.name}/README.md, {alert['account_id']}: {missing}"


@FOLDERS
def test_an_account_without_an_alert_is_said_to_have_none(folder: Path):
    alerted = {row["account_id"] for row in rows_of((folder / "alerts.csv").read_text())}
    for account_id, told in explanations(folder):
        assert ("no alert" in told) == (account_id not in alerted), account_id
