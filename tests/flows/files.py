"""The accounts of the stage as the CSV files that somebody would bring."""

import csv
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from health_monitor import wiring
from health_monitor.adapters.memory import MemoryWorld
from health_monitor.flows.history import FileHistory
from health_monitor.flows.import_records import import_accounts, import_events
from health_monitor.flows.rebuild import Rebuilt, rebuild
from health_monitor.model.account import Account
from health_monitor.model.intake import Intake, Reject
from health_monitor.model.usage import History
from tests.flows.stage import ACCOUNTS, FIRST, HISTORIES, LATER

COLUMNS = ("account_id", "user_id", "event", "occurred_at", "n")
Row = Sequence[object]


class Kept:
    """Rows set aside, in a list."""

    def __init__(self) -> None:
        self.rejects: list[Reject] = []

    def add(self, reject: Reject) -> None:
        self.rejects.append(reject)


def accounts_csv(path: Path, accounts: Iterable[Account] = ACCOUNTS) -> Path:
    names = tuple(Account.model_fields)
    rows = ([value if value is not None else "" for value in account.model_dump().values()] for account in accounts)
    return written(path, names, rows)


def events_csv(path: Path, first: date = FIRST, last: date = LATER, extra: Iterable[Row] = ()) -> Path:
    """One row for everybody who was active on one of the days."""
    days = range(first.toordinal(), last.toordinal() + 1)
    rows = [row for history in HISTORIES for row in _rows(history) if date.fromisoformat(row[3]).toordinal() in days]
    return written(path, COLUMNS, [*rows, *extra])


def _rows(history: History) -> Iterable[tuple[str, str, str, str, int]]:
    account_id, series, *_ = history
    for at, active in enumerate(series.active_users):
        day = date.fromordinal(series.first_day + at).isoformat()
        yield from ((account_id, f"user-{n}", "report", day, 1) for n in range(active))


def written(path: Path, names: Row, rows: Iterable[Row]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([names, *rows])
    return path


def bring_accounts(world: MemoryWorld, path: Path, quarantine: Any = None) -> Intake:
    now = world.clock.now()
    return import_accounts(wiring.text_file(path), world.accounts, world.blobs, quarantine or Kept(), now)


def bring_events(world: MemoryWorld, path: Path, quarantine: Any = None, through: date | None = None) -> Intake:
    return import_events(
        wiring.text_file(path), world.accounts, world.blobs, world.arrivals, world.journal,
        wiring.disk_spool(daily=True), quarantine or Kept(), world.clock.now(), lambda _rows: None, through,
    )  # fmt: skip


def rebuilt(world: MemoryWorld, rings_through: date | None = None) -> Rebuilt:
    now = world.clock.now()
    return rebuild(world.blobs, world.accounts, world.names, world.rings, wiring.disk_spool(), now, rings_through)


def stored(world: MemoryWorld, folder: Path, last: date, first: date = FIRST) -> MemoryWorld:
    """Accounts and the events of some days: imported, rebuilt."""
    bring_accounts(world, accounts_csv(folder / "accounts.csv"))
    bring_events(world, events_csv(folder / "events.csv", first, last))
    rebuilt(world)
    return world


def from_files(folder: Path, last: date, today: date = LATER) -> FileHistory:
    accounts, events = accounts_csv(folder / "a.csv"), events_csv(folder / "e.csv", last=last)
    return FileHistory(wiring.text_file(accounts), wiring.text_file(events), wiring.disk_spool(), Kept(), today)
