"""Accounts and people that sources tell of: matched by their names, merged field by field, or kept waiting."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from health_monitor.flows.people import keep_people
from health_monitor.flows.reception import (
    Reception,
    Record,
    ambiguous,
    put_waiting,
    resolve_names,
    unmatched_of,
)
from health_monitor.ingest.accounts import Noun, usable
from health_monitor.ingest.forgetting import Forgotten
from health_monitor.ingest.identity import Resolution, account_of, claims_of, names_of, told_before
from health_monitor.model.account import Account, Contact
from health_monitor.model.errors import BadRecord
from health_monitor.model.heard import OURS, AccountChange, ContactChange, HeardAccount, HeardContact, NameClaim, Ref
from health_monitor.model.intake import Intake, Reject
from health_monitor.sources import SOURCES

Claims = dict[Ref, list[NameClaim]]


class _Told(NamedTuple):
    """What a company's record says of its account: its own name and its members, and the other names it tells.

    is_first: nothing was known of the company. is_changed: it tells a name that its account did not have.
    """

    record: HeardAccount
    change: AccountChange
    claims: list[NameClaim]
    names: list[NameClaim]
    is_first: bool
    is_changed: bool
    outdated: list[NameClaim]


class Taken:
    """What a call has taken in so far: its counts, and what it had to refuse."""

    def __init__(self, source: str, received: datetime, intake: Intake) -> None:
        self.source, self.received, self.intake = source, received, intake
        self.rejects: list[Reject] = []
        self.waited: set[Ref] = set()
        self.named: set[Ref] = set()
        """Names that may mean an account since this call."""

    def refuse(self, error: BadRecord) -> None:
        """Set one record, or one of its fields, aside."""
        reject = Reject(self.source, 0, error.field, error.reason, error.remedy)
        self.rejects.append(reject)
        self.intake.count(reject)

    def facts(self, noun: type[Noun], ids: Mapping[str, str], facts: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The facts that can be used, empty ones as None; None when the record cannot be used at all."""
        try:
            found, emptied = usable(noun, ids, {name: value for name, value in facts.items() if value != ""})
        except BadRecord as error:
            self.refuse(error)
            return None
        for one in emptied:
            self.refuse(one)
        self.intake.emptied += len(emptied)
        return {name: getattr(found, name) for name in facts if name in noun.model_fields and name not in ids}


def take_accounts(heard: Sequence[HeardAccount], ports: Reception, forgotten: Forgotten, taken: Taken) -> None:
    """Merge each into its account, or begin one. The profile first, then its names: a crash in between is repeated."""
    known: Claims = dict(ports.names.claims([ref for record in heard for ref in names_of(record)]))
    told: list[_Told] = []
    for record in heard:
        if _is_forgotten(record, forgotten):
            taken.intake.erased += 1
            continue
        found = _checked(record, account_of(record, known), ports, (one for before in told for one in before.claims))
        if found.account_id is None:
            wait(record, found, ports, taken)
            continue
        facts = taken.facts(Account, {"account_id": found.account_id}, record.facts)
        if facts is not None:
            taken.intake.accounts += 1
            change = AccountChange(found.account_id, taken.source, record.changed_at, facts)
            told.append(_told(_without(forgotten, record, found.account_id), change, known))
    _store(told, ports, taken)


def take_contacts(heard: Sequence[HeardContact], ports: Reception, forgotten: Forgotten, taken: Taken) -> None:
    """Merge each into a person of its account."""
    found = resolve_names(ports.names, (record.ref for record in heard))
    changes: list[ContactChange] = []
    for record in heard:
        whose = found[record.ref]
        if forgotten and forgotten.contact(record, whose.account_id):
            taken.intake.erased += 1
        elif whose.account_id is None:
            wait(record, whose, ports, taken)
        else:
            ids = {"account_id": whose.account_id, "contact_id": record.contact_id}
            facts = taken.facts(Contact, ids, record.facts)
            if facts is not None:
                taken.intake.contacts += 1
                changes.append(
                    ContactChange(whose.account_id, record.contact_id, taken.source, record.changed_at, facts)
                )
    keep_people(changes, ports.accounts, ports.dossiers, ports.outbox, taken.received)


def _is_forgotten(record: HeardAccount, forgotten: Forgotten) -> bool:
    if not forgotten:
        return False
    when = max(forgotten.account(ref, None) for ref in names_of(record))
    return record.changed_at.astimezone(UTC).isoformat() <= when


def _without(forgotten: Forgotten, record: HeardAccount, account_id: str) -> HeardAccount:
    """The record without members who were forgotten since."""
    at = record.changed_at.astimezone(UTC).isoformat()
    members = tuple(ref for ref in record.members if at > forgotten.member(ref, account_id))
    return record.model_copy(update={"members": members})


def _checked(record: HeardAccount, found: Resolution, ports: Reception, claims: Iterable[NameClaim]) -> Resolution:
    """Two companies of one source that would be one account are a duplicate, and nobody guesses which is right.

    But one that its source has merged into this one is this one.
    """
    if found.account_id is None or found.sure:
        return found
    mine = [*ports.names.of_account(found.account_id), *claims]
    own = names_of(record)
    others = {
        claim.ref
        for claim in mine
        if claim.account_id == found.account_id and claim.ref.source == record.ref.source and claim.ref not in own
    }
    if not others:
        return found
    return Resolution(None, f"{found.account_id} is another company of {record.ref.source}", (found.account_id,))


def wait(record: Record, found: Resolution, ports: Reception, taken: Taken) -> None:
    """Keep it until its name means one account."""
    put_waiting(ports.blobs, taken.source, record)
    ports.unmatched.save([unmatched_of(record.ref, found, taken.received)])
    taken.intake.waiting += 1
    taken.waited.add(record.ref)


def _told(record: HeardAccount, change: AccountChange, known: Claims) -> "_Told":
    """What the record claims; known from here on, because the next record may be of the same company."""
    account_id, (own, *others) = change.account_id, names_of(record)
    is_first = all(claim.account_id != account_id or claim.by == "person" for claim in known.get(own, []))
    # A company that its source now says is another account goes by its name there no more.
    outdated = [one for one in known.get(own, []) if one.by == "crm" and one.account_id != account_id]
    names = claims_of(account_id, others, since=record.changed_at, told=own)
    new = [one for one in names if all(one.account_id != claim.account_id for claim in known.get(one.ref, []))]
    claims = claims_of(account_id, (own, *record.members), since=record.changed_at)
    for claim in (*claims, *names):
        known.setdefault(claim.ref, []).append(claim)
    return _Told(record, change, claims, names, is_first, bool(new), outdated)


def _store(told: Sequence[_Told], ports: Reception, taken: Taken) -> None:
    """What an older record tells of other names is over, unless nothing was known of its company."""
    claims: list[NameClaim] = []
    for one, is_news in zip(told, ports.accounts.merge(one.change for one in told), strict=True):
        if is_news and one.is_changed and not one.is_first:
            mine = [*ports.names.of_account(one.change.account_id), *claims]
            gone = told_before(one.record, mine)
            ports.names.disclaim(gone)
            claims = [claim for claim in claims if claim not in gone]
            taken.named.update(claim.ref for claim in gone)
        taken.named.update(Ref(source, one.change.account_id) for source in (OURS, *SOURCES))
        claims += one.claims + (one.names if is_news or one.is_first else [])
    ports.names.claim(claims)
    ports.names.disclaim(claim for one in told for claim in one.outdated)
    taken.named.update(claim.ref for claim in claims)
    ports.unmatched.save(ambiguous(claims, ports.names, taken.received))
