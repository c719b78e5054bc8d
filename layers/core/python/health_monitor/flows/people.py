"""What is known of an account's people goes into its dossier, so that a night reads one item for all of it."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from health_monitor.flows.want_rescoring import want_rescoring
from health_monitor.ingest.people import person_of
from health_monitor.model.account import Contact
from health_monitor.model.dossier import EMPTY, is_news
from health_monitor.model.heard import ContactChange
from health_monitor.model.records import AnyRecord, Person
from health_monitor.ports.accounts import Accounts
from health_monitor.ports.alerts import Outbox
from health_monitor.ports.dossiers import Dossiers

News = dict[str, list[AnyRecord]]
"""What was not known before, by account."""
MAIL = "mail"
"""The source of what mails say of a person."""
DEPARTURE = ("departed_on", "departure")


def keep_people(
    changes: Sequence[ContactChange], accounts: Accounts, dossiers: Dossiers, outbox: Outbox, now: datetime,
    scored: Container[str] | None = None,
) -> None:  # fmt: skip
    """Merge each into its person, tell the dossiers, and ask for what cannot wait for the night.

    Every way in ends here. Who dies in between is told all of it again, so what is critical of it is asked for again.
    scored: the only accounts that are worth a wish to be scored again, where that is known.
    """
    known = {(one.account_id, one.contact_id): one for one in _people_of(changes, accounts)}
    merged = (_beside_bounce(one, known.get((one.account_id, one.contact_id))) for one in changes)
    accounts.merge_contacts(change for some in merged for change in some)
    named = {(one.account_id, one.contact_id) for one in changes}
    news: News = {}
    told: News = {}
    for account_id, people, found in _told_people((one.account_id for one in changes), accounts, dossiers, now):
        told[account_id] = [one for one in people if (account_id, one.key) in named]
        news |= {account_id: found} if found else {}
    want_rescoring(news, now.date(), outbox, told, scored)


def tell_people(account_ids: Iterable[str], accounts: Accounts, dossiers: Dossiers, now: datetime) -> News:
    """Set the persons of each account's dossier to what its contacts say now; what was news of each account."""
    told = _told_people(account_ids, accounts, dossiers, now)
    return {account_id: news for account_id, _, news in told if news}


def tell_unreachable(account_id: str, address: str, at: datetime, accounts: Accounts, dossiers: Dossiers) -> News:
    """Whoever had this address there is not there any more: it does not exist. What was news of the account."""
    gone = [one for one in accounts.contacts(account_id) if (one.email or "").lower() == address.lower()]
    facts = {"departed_on": at.date(), "departure": "bounced"}
    accounts.merge_contacts(_departure(one, at, facts) for one in gone if one.departed_on is None)
    return tell_people([account_id] if gone else [], accounts, dossiers, at)


def _told_people(
    account_ids: Iterable[str], accounts: Accounts, dossiers: Dossiers, now: datetime
) -> Iterator[tuple[str, list[Person], list[AnyRecord]]]:  # fmt: skip
    """The same account by account, with who they are."""
    wanted = list(dict.fromkeys(account_ids))
    before = dossiers.read(wanted, consistent=True)
    for account_id in wanted:
        known = {one.key: one for one in before.get(account_id, EMPTY).persons}
        people = [person_of(one, known.get(one.contact_id), now) for one in accounts.contacts(account_id)]
        # A person is as of now whenever somebody asks, so who has not changed is not written again.
        yield account_id, people, dossiers.save(account_id, [one for one in people if is_news(one, known.get(one.key))])


def _people_of(changes: Iterable[ContactChange], accounts: Accounts) -> Iterator[Contact]:
    for account_id in dict.fromkeys(one.account_id for one in changes):
        yield from accounts.contacts(account_id)


def _beside_bounce(change: ContactChange, before: Contact | None) -> Iterator[ContactChange]:
    """Whoever is gone only because an address does not exist is so until another one is told, or another departure."""
    if before is None or before.departure != "bounced":
        yield change
        return
    email = change.facts.get("email")
    if email and str(email).lower() != (before.email or "").lower():
        yield _departure(before, change.changed_at, dict.fromkeys(DEPARTURE))
    elif change.facts.get("departed_on") is None:
        change = change._replace(facts={name: said for name, said in change.facts.items() if name not in DEPARTURE})
    yield change


def _departure(contact: Contact, at: datetime, facts: Mapping[str, Any]) -> ContactChange:
    return ContactChange(contact.account_id, contact.contact_id, MAIL, at, facts)
