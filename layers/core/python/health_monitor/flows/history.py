"""Usage histories, read from CSV files or from what the product has stored, through one port."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from itertools import islice
from typing import Any, NamedTuple

from health_monitor.flows.runs import NIGHTS, REBUILT, read_json, unpack_lines
from health_monitor.ingest.accounts import read_accounts
from health_monitor.ingest.events import Name, read_events
from health_monitor.ingest.histories import build_history, build_series
from health_monitor.model.account import Account
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.intake import Intake, Reject
from health_monitor.model.usage import History, Series
from health_monitor.ports.accounts import Accounts
from health_monitor.ports.blobs import Blobs
from health_monitor.ports.files import Quarantine, Spool, TextFile
from health_monitor.usage.windows import start_of

Progress = Callable[[int], None]
AT_ONCE = 10_000
"""Rows between two signs of progress."""


class FileHistory:
    """Accounts and events from two CSV files; memory does not grow with the number of events."""

    def __init__(
        self,
        accounts: TextFile,
        events: TextFile,
        spool: Spool,
        quarantine: Quarantine,
        today: date,
        until: date | None = None,
        progress: Progress = lambda _rows: None,
    ) -> None:
        self.intake = Intake()
        self._quarantine = quarantine
        with accounts.lines() as lines:
            self._accounts = read_accounts(accounts.name, lines, self.intake, self._reject)
        if not self._accounts:
            raise NeedsHuman(f"{accounts.name} has no usable account; see the quarantine for what each row lacks")
        names: dict[Name, str] = {key: key for key in self._accounts}
        span = spool_events(events, names, spool, today, self.intake, self._reject, progress)
        self.data_from, self.last_day = span.first, min(span.last, until) if until else span.last
        self._spool = spool

    def accounts(self) -> list[Account]:
        return list(self._accounts.values())

    def series(self) -> Iterator[tuple[str, Series]]:
        for account_id, pieces in self._spool.pieces():
            account = self._accounts[account_id]
            until = account.last_day(self.last_day).toordinal()
            if series := build_series(pieces, start_of(account, None), until, self.intake):
                yield account.account_id, series

    def _reject(self, reject: Reject) -> None:
        self.intake.count(reject)
        self._quarantine.add(reject)


class Span(NamedTuple):
    """The first and the last day of some data."""

    first: date
    last: date


def spool_events(
    events: TextFile,
    known: Mapping[Name, str],
    spool: Spool,
    today: date,
    intake: Intake,
    reject: Callable[[Reject], None],
    progress: Progress = lambda _rows: None,
) -> Span:
    """Set every usable row aside; return the first and the last day with events."""
    days = spool_rows(events, known, spool, today, intake, reject, progress)
    if not days:
        raise NeedsHuman(f"{events.name} has no usable event; see the quarantine for what each row lacks")
    return Span(date.fromordinal(min(days)), date.fromordinal(max(days)))


def spool_rows(
    events: TextFile,
    known: Mapping[Name, str],
    spool: Spool,
    today: date,
    intake: Intake,
    reject: Callable[[Reject], None],
    progress: Progress = lambda _rows: None,
    *,
    archived: bool = False,
) -> set[int]:
    """Set every usable row aside; return the days with events, none when no row can be used."""
    days: set[int] = set()
    with events.lines() as lines:
        found = read_events(events.name, lines, known, today, intake, reject, archived=archived)
        while some := list(islice(found, AT_ONCE)):
            spool.add(some)
            days.update(event.day for event in some)
            progress(intake.events)
    return days


def histories(accounts: dict[str, Account], spool: Spool, last_day: date, intake: Intake) -> Iterator[History]:
    """Every account's history within its tenure."""
    for account_id, pieces in spool.pieces():
        account = accounts[account_id]
        until = account.last_day(last_day).toordinal()
        if history := build_history(account_id, pieces, start_of(account, None), until, intake):
            yield history


class StoredHistory:
    """What the product has stored: the last rebuild, and the nights since."""

    def __init__(self, blobs: Blobs, accounts: Accounts, until: date | None = None) -> None:
        self._blobs = blobs
        self._accounts = list(accounts.read(list(accounts.ids())).values())
        self.intake = Intake(accounts=len(self._accounts))
        index = read_json(blobs, REBUILT)
        if not index:
            raise NeedsHuman("no usage is stored yet; import some: health-monitor import events events.csv")
        self._parts: list[str] = index["parts"]
        self.data_from = date.fromisoformat(index["from"])
        self._through = date.fromisoformat(index["through"])
        self._nights = self._read_nights()
        latest = max([self._through, *(day for days in self._nights.values() for day in days)])
        self.last_day = min(latest, until) if until else latest

    def accounts(self) -> list[Account]:
        return self._accounts

    def series(self) -> Iterator[tuple[str, Series]]:
        seen = set()
        for part in self._parts:
            for row in unpack_lines(self._blobs.get(part) or b""):
                seen.add(row["account_id"])
                yield row["account_id"], self._extended(row["account_id"], _stored_series(row))
        for account_id in sorted(self._nights.keys() - seen):
            yield account_id, self._extended(account_id, Series(self._through.toordinal() + 1, [], [], []))

    def _read_nights(self) -> dict[str, dict[date, list[int]]]:
        nights: dict[str, dict[date, list[int]]] = {}
        for key in self._blobs.keys(NIGHTS):
            day = date.fromisoformat(key.removeprefix(NIGHTS).partition("/")[0])
            if day > self._through:
                for row in unpack_lines(self._blobs.get(key) or b""):
                    if any(row.get("counts", ())):
                        nights.setdefault(row["account_id"], {})[day] = row["counts"]
        return nights

    def _extended(self, account_id: str, series: Series) -> Series:
        nights = self._nights.get(account_id)
        if not nights:
            return series
        last = max(nights).toordinal()
        at = series.first_day + len(series.events)
        later = [nights.get(date.fromordinal(day), [0, 0, 0]) for day in range(at, last + 1)]
        extra = [list(counts) for counts in zip(*later, strict=True)]
        return Series(
            series.first_day, series.events + extra[0], series.active_users + extra[1], series.new_users + extra[2]
        )


def stored_row(history: History) -> dict[str, object]:
    """One account's whole history as a line of a rebuilt file."""
    return {"account_id": history.account_id, **history.series._asdict()}


def _stored_series(row: dict[str, Any]) -> Series:
    return Series(row["first_day"], row["events"], row["active_users"], row["new_users"])
