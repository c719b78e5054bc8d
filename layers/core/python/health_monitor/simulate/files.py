"""A portfolio as the text of the files that a company would hand over; somebody else writes them to disk."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import fields
from datetime import datetime
from typing import Any

from health_monitor.model.account import Account, Contact
from health_monitor.model.heard import TOLD, RecordKind, key_column
from health_monitor.model.records import KIND_OF, KINDS, AnyRecord
from health_monitor.simulate.portfolio import Portfolio

EVENT_COLUMNS = ("account_id", "user_id", "event", "occurred_at", "n")


def accounts_csv(portfolio: Portfolio) -> Iterator[str]:
    """The lines of accounts.csv; what is not known stays empty."""
    columns = tuple(Account.model_fields)
    return _lines(columns, ([getattr(account, name) for name in columns] for account in portfolio.accounts))


def contacts_csv(portfolio: Portfolio) -> Iterator[str]:
    """The lines of contacts.csv."""
    columns = tuple(Contact.model_fields)
    return _lines(columns, ([getattr(contact, name) for name in columns] for contact in portfolio.contacts))


def events_csv(portfolio: Portfolio) -> Iterator[str]:
    """The lines of events.csv, made as they are read."""
    yield ",".join(EVENT_COLUMNS) + "\n"
    for (
        event
    ) in portfolio.events():  # millions of rows of which none ever needs a quote: the csv module would be slower
        yield f"{event.account_id},{event.user_id},{event.event},{event.occurred_at},{event.n}\n"


def records_csv(told: Iterable[tuple[str, Iterable[AnyRecord]]]) -> dict[RecordKind, Iterator[str]]:
    """The lines of one file for each kind of record that there is, by kind."""
    rows: dict[str, list[list[object]]] = {}
    for account_id, records in told:
        for record in records:
            cells = [_cell(getattr(record, name)) for name in _columns(type(record))]
            rows.setdefault(KIND_OF[type(record)], []).append([account_id, *cells])
    return {kind: _lines(_header(kind), rows[kind]) for kind in TOLD if kind in rows}


def _header(kind: RecordKind) -> list[str]:
    return ["account_id", *(key_column(kind) if one == "key" else one for one in _columns(KINDS[kind]))]


def _columns(noun: type[Any]) -> list[str]:
    """The key first; who told it is whoever imports the file."""
    return ["key", *(one.name for one in fields(noun) if one.name not in ("key", "source"))]


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ";".join(map(str, value))
    return value.isoformat() if isinstance(value, datetime) else value


class _Line:
    """Gives back what is written to it, so that the csv module quotes and nobody keeps the whole text."""

    def write(self, text: str) -> str:
        return text


def _lines(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    writer = csv.writer(_Line(), lineterminator="\n")
    yield str(writer.writerow(columns))
    for row in rows:
        yield str(writer.writerow(row))
