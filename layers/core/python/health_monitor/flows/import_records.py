"""Records that people bring as files: archived as they are, then used. Importing a file again changes nothing."""

import csv
import gzip
import hashlib
import io
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta

from health_monitor.flows.history import Span, spool_events
from health_monitor.flows.runs import ARCHIVE
from health_monitor.ingest.accounts import read_accounts, read_contacts
from health_monitor.ingest.events import OPTIONAL, REQUIRED
from health_monitor.model.account import Account, Contact
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.intake import Intake, Reject
from health_monitor.model.run import SourceFreshness
from health_monitor.model.strict import Strict
from health_monitor.model.usage import UsageEvent
from health_monitor.ports.accounts import Accounts
from health_monitor.ports.blobs import Blobs
from health_monitor.ports.files import Quarantine, Spool, TextFile
from health_monitor.ports.journal import Journal

Refuse = Callable[[Reject], None]
SOURCE = "import"


def import_accounts(file: TextFile, accounts: Accounts, blobs: Blobs, quarantine: Quarantine, today: date) -> Intake:
    """Store every usable account whole."""
    intake = Intake()
    with file.lines() as lines:
        found = read_accounts(file.name, lines, intake, _counting(intake, quarantine))
    if not found:
        raise NeedsHuman(f"{file.name} has no usable account; see the quarantine for what each row lacks")
    _archive(blobs, "accounts", today, Account, found.values())
    accounts.save(found.values())
    return intake


def import_contacts(file: TextFile, accounts: Accounts, blobs: Blobs, quarantine: Quarantine, today: date) -> Intake:
    """Store every usable contact of a known account."""
    intake, known = Intake(), _known(accounts)
    with file.lines() as lines:
        found = read_contacts(file.name, lines, known, intake, _counting(intake, quarantine))
    if found:
        _archive(blobs, "contacts", today, Contact, found)
        accounts.save_contacts(found)
    return intake


def import_events(
    file: TextFile, accounts: Accounts, blobs: Blobs, journal: Journal, spool: Spool, quarantine: Quarantine,
    now: datetime, progress: Callable[[int], None], through: date | None = None,
) -> Intake:  # fmt: skip
    """Archive every usable event under its day (`spool` splits by day). Rings change when they are rebuilt.

    The file is complete through that day, which may have been a quiet one; its last event's, when nobody says.
    """
    _refuse_unfinished(through, now)
    intake = Intake()
    span = spool_events(
        file, _known(accounts), spool, now.date(), intake, _counting(intake, quarantine), progress
    )  # fmt: skip
    complete = _complete(file.name, span, through)
    for rows in spool.groups():
        _put(blobs, "events", date.fromordinal(rows[0].day), (*REQUIRED, *OPTIONAL), map(_event_row, rows))
    journal.save_freshness(
        SourceFreshness(source=SOURCE, complete_from=span.first, complete_through=complete, received_at=now)
    )
    return intake


def _refuse_unfinished(through: date | None, now: datetime) -> None:
    yesterday = now.date() - timedelta(days=1)
    if through and through > yesterday:
        raise NeedsHuman(f"--through {through} is not over yet (UTC); the last day that is over is {yesterday}")


def _complete(name: str, span: Span, through: date | None) -> date:
    if through and through < span.last:
        raise NeedsHuman(
            f"--through {through} is before the last event of {name}, on {span.last}; give that day or a later one, "
            "or leave it out"
        )
    return through or span.last


def _event_row(event: UsageEvent) -> tuple[object, ...]:
    return event.account_id, event.user_id, event.event, event.occurred_at, event.n


def _known(accounts: Accounts) -> dict[str, None]:
    known = dict.fromkeys(accounts.ids())
    if not known:
        raise NeedsHuman("there are no accounts yet; import them first: health-monitor import accounts accounts.csv")
    return known


def _counting(intake: Intake, quarantine: Quarantine) -> Refuse:
    def refuse(reject: Reject) -> None:
        intake.count(reject)
        quarantine.add(reject)

    return refuse


def _archive(blobs: Blobs, kind: str, day: date, noun: type[Strict], found: Iterable[Strict]) -> None:
    names = tuple(noun.model_fields)
    rows = (tuple("" if value is None else value for value in one.model_dump(mode="json").values()) for one in found)
    _put(blobs, kind, day, names, rows)


def _put(blobs: Blobs, kind: str, day: date, names: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> None:
    """Named by its content: the same records are the same file, in whatever order they came."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(sorted(rows, key=str))
    data = text.getvalue().encode()
    name = hashlib.sha256(data).hexdigest()[:16]
    blobs.put_absent(f"{ARCHIVE}{kind}/{day}/{SOURCE}-{name}.csv.gz", gzip.compress(data, 6, mtime=0))
