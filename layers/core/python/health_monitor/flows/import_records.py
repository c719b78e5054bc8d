"""Records that people bring as files: archived as they are, then used. Importing a file again changes nothing."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from health_monitor.flows.archive import IMPORTED, archive_events, archive_records, archive_rows
from health_monitor.flows.history import Span, spool_events
from health_monitor.flows.people import keep_people
from health_monitor.flows.reception import Reception
from health_monitor.flows.take_records import keep_records
from health_monitor.ingest.accounts import read_accounts, read_contacts
from health_monitor.ingest.compaction import too_late
from health_monitor.ingest.forgetting import Forgotten
from health_monitor.ingest.records import read_records
from health_monitor.model.account import Account, Contact
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.heard import OURS, AccountChange, ContactChange, RecordKind, Ref
from health_monitor.model.intake import Intake, Reject
from health_monitor.model.records import AnyRecord
from health_monitor.model.run import SourceFreshness
from health_monitor.model.strict import Strict
from health_monitor.model.usage import UsageEvent
from health_monitor.ports.accounts import Accounts
from health_monitor.ports.blobs import Blobs
from health_monitor.ports.files import Quarantine, Spool, TextFile
from health_monitor.ports.intake import Arrivals
from health_monitor.ports.journal import Journal

Refuse = Callable[[Reject], None]
TELLING = {"events": {"event", "occurred_at"}, "contacts": {"contact_id"}}
"""Columns that no file of accounts has."""
REPEATED = "account_id appears twice"
RECORDS_AT_ONCE = 20_000
"""Records held in memory; a file may have any number. An account's of one lot are one write."""
ADDED_AT_ONCE = 50_000
"""Events: an account's recent ones usually come together, and go into one item."""


def import_accounts(file: TextFile, accounts: Accounts, blobs: Blobs, quarantine: Quarantine, now: datetime) -> Intake:
    """Store every usable account; a file of something else is refused before anything is stored.

    What is known already keeps what the file has no column for; a cell that is empty is emptied.
    """
    intake = Intake()
    with file.lines() as lines:
        found = read_accounts(file.name, lines, intake, _counting(intake, quarantine))
    _refuse_another_file(file.name, intake)
    if not found:
        raise NeedsHuman(f"{file.name} has no usable account; see the quarantine for what each row lacks")
    _archive(blobs, "accounts", now.date(), Account, found.values())
    known = accounts.read(list(found))
    accounts.save(one for key, one in found.items() if key not in known)
    accounts.merge(AccountChange(key, IMPORTED, now, _said(found[key])) for key in known)
    return intake


def _refuse_another_file(name: str, intake: Intake) -> None:
    """Events and contacts have account ids too: taken for accounts, they would become some that know nothing else."""
    columns = set(intake.ignored_columns[name])
    for kind, telling in TELLING.items():
        if telling <= columns:
            raise NeedsHuman(
                f"{name} has the columns {', '.join(sorted(telling))}: it holds {kind}, and nothing was imported; "
                f"give the file of accounts here, and this one to health-monitor import {kind}"
            )
    repeats = intake.rejected[REPEATED]
    if repeats > intake.accounts:
        raise NeedsHuman(
            f"{name}: {repeats:,} rows repeat an account_id and only {intake.accounts:,} "
            f"{'does' if intake.accounts == 1 else 'do'} not; "
            "this is no file of accounts, and nothing was imported; give one row for each account"
        )


def import_contacts(file: TextFile, ports: Reception, quarantine: Quarantine, now: datetime) -> Intake:
    """Merge every usable contact of a known account; of a file nobody knows how old it is, so no forgotten one.

    A column that the file has not is left as other sources say; a cell that is empty is emptied.
    """
    intake, known, forgotten = Intake(), _known(ports.accounts), Forgotten(ports.erasures.forgotten())
    with file.lines() as lines:
        read = read_contacts(file.name, lines, known, intake, _counting(intake, quarantine))
    found = [one for one in read if not forgotten.person(one)]
    intake.erased = len(read) - len(found)
    if found:
        _archive(ports.blobs, "contacts", now.date(), Contact, found)
        changes = [ContactChange(one.account_id, one.contact_id, IMPORTED, now, _said(one)) for one in found]
        scored = ports.standings.read(list({one.account_id for one in found}))
        keep_people(changes, ports.accounts, ports.dossiers, ports.outbox, now, scored)
    return intake


def _said(row: Account | Contact) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.model_fields_set - {"account_id", "contact_id"}}


def import_records(kind: RecordKind, file: TextFile, ports: Reception, quarantine: Quarantine, now: datetime) -> Intake:
    """Archive and keep every usable record of a known account; what forgotten people did before stays away."""
    intake, known, forgotten = Intake(), _known(ports.accounts), Forgotten(ports.erasures.forgotten())
    with file.lines() as lines:
        read = read_records(file.name, lines, kind, known, now, intake, _counting(intake, quarantine), IMPORTED)
        while some := list(islice(read, RECORDS_AT_ONCE)):
            told: dict[str, list[AnyRecord]] = defaultdict(list)
            for ref, line in some:
                # How old the file is, nobody knows; when what it tells happened, the record says.
                if record := forgotten.record(line, ref, ref.name, line.when):
                    told[ref.name].append(record)
            kept = [(Ref(OURS, account_id), one) for account_id, records in told.items() for one in records]
            intake.erased += len(some) - len(kept)
            intake.records[kind] += len(kept)
            archive_records(ports.blobs, IMPORTED, kept)
            keep_records(told, ports, now, ports.standings.read(list(told)))
    return intake


def import_events(
    file: TextFile, accounts: Accounts, blobs: Blobs, arrivals: Arrivals, journal: Journal, spool: Spool,
    quarantine: Quarantine, now: datetime, progress: Callable[[int], None], through: date | None = None,
    marks: Mapping[str, datetime] | None = None,
) -> Intake:  # fmt: skip
    """Archive every usable event under its day (`spool` splits by day). Rings change when they are rebuilt.

    Recent ones also count as arrived: late events of these days will be counted together with them.
    What forgotten people did before stays away; `marks` are those of the erasures. The file is complete through that
    day, which may have been a quiet one; its last event's, when nobody says.
    """
    _refuse_unfinished(through, now)
    intake, forgotten = Intake(), Forgotten(marks or {})
    span = spool_events(
        file, {key: key for key in _known(accounts)}, spool, now.date(), intake, _counting(intake, quarantine), progress
    )  # fmt: skip
    complete = _complete(file.name, span, through)
    recent: list[UsageEvent] = []
    for read in spool.groups():
        rows = [row for row in read if not forgotten.use(row)] if forgotten else read
        intake.erased += len(read) - len(rows)
        if rows:
            archive_events(blobs, IMPORTED, rows[0].day, rows)
        recent += () if too_late(read[0].day, now) else rows
        if len(recent) > ADDED_AT_ONCE:
            arrivals.add(now, recent)
            recent.clear()
    arrivals.add(now, recent)
    journal.save_freshness(
        SourceFreshness(source=IMPORTED, complete_from=span.first, complete_through=complete, received_at=now)
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
    said = (one.model_dump(mode="json").values() for one in found)
    rows = (tuple("" if value is None else str(value) for value in values) for values in said)
    archive_rows(blobs, f"{kind}/{day}/{IMPORTED}", names, rows)
