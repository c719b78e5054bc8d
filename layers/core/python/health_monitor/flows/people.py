"""What is known of an account's people goes into its dossier, so that a night reads one item for all of it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from health_monitor.ingest.people import person_of
from health_monitor.model.account import Contact
from health_monitor.model.heard import ContactChange
from health_monitor.model.records import EMPTY, AnyRecord
from health_monitor.ports.accounts import Accounts
from health_monitor.ports.dossiers import Dossiers

News = dict[str, list[AnyRecord]]
"""What was not known before, by account."""
MAIL = "mail"
"""The source of what mails say of a person."""


def tell_people(account_ids: Iterable[str], accounts: Accounts, dossiers: Dossiers, now: datetime) -> News:
    """Set the persons of each account's dossier to what its contacts say now; what was news of each account."""
    wanted = list(dict.fromkeys(account_ids))
    before = dossiers.read(wanted, consistent=True)
    news: News = {}
    for account_id in wanted:
        known = {one.key: one for one in before.get(account_id, EMPTY).persons}
        people = [person_of(one, known.get(one.contact_id), now) for one in accounts.contacts(account_id)]
        if found := dossiers.save(account_id, people):
            news[account_id] = found
    return news


def tell_unreachable(account_id: str, address: str, at: datetime, accounts: Accounts, dossiers: Dossiers) -> News:
    """Whoever had this address there is not there any more: it does not exist. What was news of the account."""
    gone = [one for one in accounts.contacts(account_id) if (one.email or "").lower() == address.lower()]
    facts = {"departed_on": at.date(), "departure": "bounced"}
    accounts.merge_contacts(_departure(one, at, facts) for one in gone if one.departed_on is None)
    return tell_people([account_id] if gone else [], accounts, dossiers, at)


def reachable_again(changes: Iterable[ContactChange], accounts: Accounts) -> list[ContactChange]:
    """Who was gone only because an address did not exist is there again with another one."""
    told = {(one.account_id, one.contact_id): one for one in changes if one.facts.get("email")}
    known = (one for account_id in dict.fromkeys(here for here, _ in told) for one in accounts.contacts(account_id))
    return [
        _departure(one, change.changed_at, {"departed_on": None, "departure": None})
        for one in known
        if one.departure == "bounced"
        and (change := told.get((one.account_id, one.contact_id)))
        and str(change.facts["email"]).lower() != (one.email or "").lower()
    ]


def _departure(contact: Contact, at: datetime, facts: Mapping[str, Any]) -> ContactChange:
    return ContactChange(contact.account_id, contact.contact_id, MAIL, at, facts)
