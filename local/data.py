"""What the demo loads: a made-up portfolio, or the files in a folder of one's own."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

from health_monitor.model.config import HighValue
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.heard import TOLD, RecordKind
from health_monitor.model.records import AnyRecord, Survey, Touchpoint
from health_monitor.simulate.files import accounts_csv, contacts_csv, events_csv, records_csv
from health_monitor.simulate.griefs import accounts_of, contacts_of
from health_monitor.simulate.portfolio import Portfolio, a_portfolio
from health_monitor.simulate.records import records_of

SEED, ACCOUNTS, DAYS, LAST_DAY = 42, 300, 400, date(2026, 6, 14)
"""Fixed, so that the demo and the README tell the same story every time."""
QUIET_DAYS = 8
"""So long nobody has spoken with a standard account; to whom somebody speaks no check-in goes by itself."""
FIRST_PERSON = 50_000
ONLY_IN_THE_CRM = ("tier", "arr", "renewal_date", "csm_email", "use_case")
"""What accounts.csv of the live demo leaves empty: HubSpot tells it."""


@dataclass(frozen=True)
class Files:
    """One portfolio's files; contacts and records, by kind, are welcome but not needed."""

    accounts: Path
    events: Path
    contacts: Path | None
    records: Mapping[RecordKind, Path] = field(default_factory=dict)


def own_files(folder: Path) -> Files:
    """The files in a person's folder. Raises NeedsHuman naming what is missing."""
    events = next((path for name in ("events.csv", "events.csv.gz") if (path := folder / name).exists()), None)
    if not (folder / "accounts.csv").exists() or events is None:
        raise NeedsHuman(f"DATA={folder}: put accounts.csv and events.csv (or events.csv.gz) there; see examples/")
    contacts = folder / "contacts.csv"
    records: dict[RecordKind, Path] = {kind: path for kind in TOLD if (path := records_file(folder, kind)).exists()}
    return Files(folder / "accounts.csv", events, contacts if contacts.exists() else None, records)


def records_file(folder: Path, kind: RecordKind) -> Path:
    """Where a folder has its records of a kind, named as `health-monitor import` names them."""
    return folder / f"{kind if kind == 'roi' else f'{kind}s'}.csv"


def simulated_files(folder: Path) -> tuple[Files, Portfolio]:
    """The demo's portfolio as files, and who in it is in trouble, and why."""
    portfolio = _complete(a_portfolio(seed=SEED, accounts=ACCOUNTS, last_day=LAST_DAY, days=DAYS))
    return _written(folder, portfolio, portfolio, {}), portfolio


def live_files(folder: Path, today: date) -> tuple[Files, Portfolio]:
    """The same story, moved by whole weeks so that its last day is the latest Sunday before today.

    The files end a day earlier and leave out what the CRM knows: the rest is to arrive by itself.
    """
    portfolio = a_portfolio(seed=SEED, accounts=ACCOUNTS, last_day=LAST_DAY, days=DAYS)
    portfolio = _complete(portfolio.moved((today - timedelta(days=1) - LAST_DAY).days // 7))
    unknown = dict.fromkeys(ONLY_IN_THE_CRM)
    accounts = tuple(account.model_copy(update=unknown) for account in portfolio.accounts)
    eve = portfolio.last_day - timedelta(days=1)
    files = _written(folder, replace(portfolio, accounts=accounts, last_day=eve), portfolio, crm_numbers(portfolio))
    return replace(files, contacts=None), portfolio


def crm_numbers(portfolio: Portfolio) -> dict[str, str]:
    """The numbers under which the CRM has the portfolio's contacts, who come from there in the live demo."""
    return {one.contact_id: str(number) for number, one in enumerate(portfolio.contacts, FIRST_PERSON)}


def _complete(portfolio: Portfolio) -> Portfolio:
    """With what records tell of its accounts and people."""
    return replace(portfolio, accounts=accounts_of(portfolio), contacts=contacts_of(portfolio))


def _written(folder: Path, portfolio: Portfolio, truth: Portfolio, numbers: Mapping[str, str]) -> Files:
    folder.mkdir(parents=True, exist_ok=True)
    records = _records(folder, truth, numbers)
    files = Files(folder / "accounts.csv", folder / "events.csv", folder / "contacts.csv", records)
    _write(files.accounts, accounts_csv(portfolio))
    _write(files.events, events_csv(portfolio))
    _write(folder / "contacts.csv", contacts_csv(portfolio))
    return files


def _records(folder: Path, portfolio: Portfolio, numbers: Mapping[str, str]) -> dict[RecordKind, Path]:
    """The files of records; whom they name goes by these numbers, where there are any."""
    known = (
        (account_id, [_numbered(one, numbers) for one in some])
        for account_id, some in _quiet_of_late(portfolio, records_of(portfolio))
    )
    told = records_csv(known)
    files = {kind: (records_file(folder, kind), lines) for kind, lines in told.items()}
    for path, lines in files.values():
        _write(path, lines)
    return {kind: path for kind, (path, _) in files.items()}


def _numbered(record: AnyRecord, numbers: Mapping[str, str]) -> AnyRecord:
    if not isinstance(record, Touchpoint | Survey):
        return record
    return replace(record, contact_id=numbers.get(record.contact_id or "", record.contact_id))


def _quiet_of_late(
    portfolio: Portfolio, records: Iterable[tuple[str, list[AnyRecord]]]
) -> Iterator[tuple[str, list[AnyRecord]]]:
    """The records without the last days' touchpoints of accounts that are not of high value."""
    covered = {account.account_id for account in portfolio.accounts if HighValue().covers(account)}
    since = portfolio.last_day - timedelta(days=QUIET_DAYS)
    for account_id, some in records:
        late = () if account_id in covered else (one for one in some if isinstance(one, Touchpoint))
        dropped = {one.name for one in late if one.at.date() >= since}
        yield account_id, [one for one in some if one.name not in dropped]


def _write(path: Path, lines: Iterable[str]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(lines)
