"""What is known of an account's people goes into its dossier, so that a night reads one item for all of it."""

from collections.abc import Iterable
from datetime import datetime

from health_monitor.ingest.people import person_of
from health_monitor.model.records import EMPTY, AnyRecord
from health_monitor.ports.accounts import Accounts
from health_monitor.ports.dossiers import Dossiers


def tell_people(
    account_ids: Iterable[str], accounts: Accounts, dossiers: Dossiers, now: datetime
) -> dict[str, list[AnyRecord]]:  # fmt: skip
    """Set the persons of each account's dossier to what its contacts say now; what was news of each account."""
    wanted = list(dict.fromkeys(account_ids))
    before = dossiers.read(wanted, consistent=True)
    news: dict[str, list[AnyRecord]] = {}
    for account_id in wanted:
        known = {one.key: one for one in before.get(account_id, EMPTY).persons}
        people = [person_of(one, known.get(one.contact_id), now) for one in accounts.contacts(account_id)]
        if found := dossiers.save(account_id, people):
            news[account_id] = found
    return news
