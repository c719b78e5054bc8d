"""Usage histories, read from CSV files or from what the product has stored, through one port."""

from collections.abc import Callable, Iterator
from datetime import date
from itertools import groupby

from health_monitor.ingest.accounts import read_accounts
from health_monitor.ingest.events import read_events
from health_monitor.ingest.histories import build_history
from health_monitor.model.account import Account
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.intake import Intake, Reject
from health_monitor.model.usage import History, Series
from health_monitor.ports.files import Quarantine, Spool, TextFile
from health_monitor.usage.windows import start_of

Progress = Callable[[int], None]


class FileHistory:
    """Accounts and events from two CSV files; memory does not grow with the number of events."""

    def __init__(
        self,
        accounts: TextFile,
        events: TextFile,
        spool: Spool,
        quarantine: Quarantine,
        today: date,
        progress: Progress = lambda _rows: None,
    ) -> None:
        self.intake = Intake()
        self._quarantine = quarantine
        with accounts.lines() as lines:
            self._accounts = read_accounts(accounts.name, lines, self.intake, self._reject)
        if not self._accounts:
            raise NeedsHuman(f"{accounts.name} has no usable account; see the quarantine for what each row lacks")
        self.last_day = spool_events(events, self._accounts, spool, today, self.intake, self._reject, progress)
        self._spool = spool

    def accounts(self) -> list[Account]:
        return list(self._accounts.values())

    def series(self) -> Iterator[tuple[str, Series]]:
        for history in histories(self._accounts, self._spool, self.last_day, self.intake):
            yield history.account_id, history.series

    def _reject(self, reject: Reject) -> None:
        self.intake.count(reject)
        self._quarantine.add(reject)


def spool_events(
    events: TextFile,
    accounts: dict[str, Account],
    spool: Spool,
    today: date,
    intake: Intake,
    reject: Callable[[Reject], None],
    progress: Progress = lambda _rows: None,
) -> date:
    """Set every usable row aside by account; return the last day with events."""
    last, rows = 0, 0
    with events.lines() as lines:
        for event in read_events(events.name, lines, accounts, today, intake, reject):
            spool.add(event)
            last = event.day if event.day > last else last
            rows += 1
            if rows % 50_000 == 0:
                progress(rows)
    if not last:
        raise NeedsHuman(f"{events.name} has no usable event; see the quarantine for what each row lacks")
    progress(rows)
    return date.fromordinal(last)


def histories(accounts: dict[str, Account], spool: Spool, last_day: date, intake: Intake) -> Iterator[History]:
    """Every account's history within its tenure, a share of the spool at a time."""
    for rows in spool.partitions():
        rows.sort(key=lambda row: row.account_id)
        for account_id, own in groupby(rows, key=lambda row: row.account_id):
            account = accounts[account_id]
            until = account.last_day(last_day).toordinal()
            if history := build_history(account_id, own, start_of(account, None), until, intake):
                yield history
