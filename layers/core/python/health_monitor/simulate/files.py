"""A portfolio as the text of the files that a company would hand over; somebody else writes them to disk."""

import csv
from collections.abc import Iterable, Iterator

from health_monitor.model.account import Account, Contact
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


class _Line:
    """Gives back what is written to it, so that the csv module quotes and nobody keeps the whole text."""

    def write(self, text: str) -> str:
        return text


def _lines(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    writer = csv.writer(_Line(), lineterminator="\n")
    yield str(writer.writerow(columns))
    for row in rows:
        yield str(writer.writerow(row))
