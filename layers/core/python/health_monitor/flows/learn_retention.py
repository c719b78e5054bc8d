"""What scores were worth, night by night: those of four months ago are old enough to be judged."""

from collections.abc import Iterator
from datetime import date, timedelta

from health_monitor.flows.runs import HEALTH, RETENTION, night_prefix, read_json, read_rows, to_json
from health_monitor.learn.retention import Case, counts_on, judged_through, left_on, outcome, with_cases
from health_monitor.model.dossier import EMPTY
from health_monitor.model.retention import Retention
from health_monitor.model.run import Plan
from health_monitor.ports.accounts import Accounts
from health_monitor.ports.blobs import Blobs
from health_monitor.ports.dossiers import Dossiers


def learn_retention(plan: Plan, blobs: Blobs, accounts: Accounts, dossiers: Dossiers) -> int:
    """How many scores were judged tonight. The table says through which day it counts, so repeating counts none twice.

    Nights that were missed are made up for; a night that left no file has nothing to judge.
    """
    known, through = Retention.model_validate(read_json(blobs, RETENTION)), judged_through(plan.as_of)
    if known.through is not None and known.through >= through:
        return 0
    first = known.through + timedelta(days=1) if known.through else through
    days = [first + timedelta(days=n) for n in range((through - first).days + 1)]
    cases = [case for day in days for case in _cases(day, blobs, accounts, dossiers)]
    blobs.put(RETENTION, to_json(with_cases(known, cases, through).model_dump(mode="json")))
    return len(cases)


def _cases(day: date, blobs: Blobs, accounts: Accounts, dossiers: Dossiers) -> Iterator[Case]:
    scores = dict(_scores(day, blobs))
    known, records = accounts.read(list(scores)), dossiers.read(list(scores))
    for account_id, account in known.items():
        churned = outcome(account, left_on(account, records.get(account_id, EMPTY)), day)
        if churned is not None:
            yield scores[account_id], churned


def _scores(day: date, blobs: Blobs) -> Iterator[tuple[str, int]]:
    """The scores, as they were reported, of the accounts whose turn it was."""
    for row in read_rows(blobs, night_prefix(day)):
        value = row.get(HEALTH, {}).get("value")
        if value is not None and counts_on(row["account_id"], day.toordinal()):
            yield row["account_id"], value
