"""Tell the CRMs what a conversation has come to: each thing once, and what could not be told is listed until it is."""

import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from health_monitor.act.crm_entries import changed, crm_entries, crm_facts
from health_monitor.model.alert import Errand
from health_monitor.model.crm import CrmEntry, CrmFacts, CrmName, CrmSettings, NotLogged, entry_key
from health_monitor.model.errors import NeedsHuman, TryAgain
from health_monitor.model.heard import NameClaim
from health_monitor.model.outreach import Conversation
from health_monitor.ports.alerts import Alerts, Outbox
from health_monitor.ports.crm import Attempt, Crm, CrmLedger
from health_monitor.ports.intake import Names
from health_monitor.ports.journal import Journal
from health_monitor.ports.outreach import Conversations
from health_monitor.ports.usage import States

LEASE = timedelta(minutes=5)
"""How long a try may be under way, and how long HubSpot's search may take to show what it has created."""
FIELDS = "fields"
TITLES: dict[CrmName, str] = {"hubspot": "HubSpot", "salesforce": "Salesforce"}
_A_DAY = timedelta(days=1)


class Told(NamedTuple):
    """A CRM that is on, and what the team's file says about it."""

    crm: Crm
    settings: CrmSettings


@dataclass(frozen=True)
class Desk:
    """What the CRMs are told from, and what keeps in mind that they were."""

    conversations: Conversations
    alerts: Alerts
    states: States
    journal: Journal
    names: Names
    ledger: CrmLedger
    crms: Mapping[CrmName, Told]


class _Story(NamedTuple):
    """What there is to tell: everything that happened, and what is so now of the account."""

    conversation_id: str
    conversation: Conversation | None
    account_id: str
    entries: list[CrmEntry]
    facts: CrmFacts | None


def log_to_crm(errand: Errand, desk: Desk, now: datetime) -> dict[str, int]:
    """How many records were logged and accounts changed, and how much is listed because a person is needed.

    Raises TryAgain when a CRM could not be reached; what it missed is listed, too, and the other CRM has been told.
    """
    counts: Counter[str] = Counter(logged=0, written=0, listed=0)
    if not desk.crms:
        return dict(counts)
    story, later = _story(errand, desk), []
    for vendor, told in desk.crms.items():
        try:
            counts.update(_tell(vendor, told, story, desk, now))
        except TryAgain as error:
            later.append(str(error))
    if story.conversation is None:  # it was erased, or its alert is older than conversations are
        _forget(story, desk.ledger)
    if later:
        raise TryAgain("; ".join(later))
    return dict(counts)


def retry(ledger: CrmLedger, outbox: Outbox, now: datetime) -> int:
    """Try everything again that could not be told; how many conversations that concerns."""
    ids = list(dict.fromkeys(one.conversation_id for one in ledger.failures()))
    name = f"crm/retry/{now:%Y%m%dT%H%M%SZ}"
    outbox.put(Errand(errand_id=f"{one}/{name}", channel="crm", conversation_id=one) for one in ids)
    return len(ids)


def after_the_night(night: date, alert_ids: Iterable[str]) -> Iterator[Errand]:
    """For every alert that is open, or was closed that night: its index is another one, and perhaps its status."""
    as_of = datetime.combine(night + _A_DAY, time(), UTC)
    for one in alert_ids:
        name = f"{one}/crm/night/{night.isoformat()}"
        yield Errand(errand_id=name, channel="crm", conversation_id=one, as_of=as_of)


def _story(errand: Errand, desk: Desk) -> _Story:
    name = errand.conversation_id
    conversation, account_id = desk.conversations.get(name), name.rsplit("/", 2)[0]
    entries = crm_entries(conversation, f"Health Monitor: {_link(account_id)}") if conversation else []
    alerts = desk.alerts.of_account(account_id)
    if not alerts:
        return _Story(name, conversation, account_id, entries, None)
    index = _index(account_id, errand.as_of, desk)
    facts = crm_facts(alerts[-1], index, desk.conversations.of_account(account_id))
    return _Story(name, conversation, account_id, entries, facts)


def _link(account_id: str) -> str:
    return shlex.join(["health-monitor", "why", account_id])


def _index(account_id: str, as_of: datetime | None, desk: Desk) -> float | None:
    """The index of the night that just ended, or of the last one that was judged whole."""
    nights = [as_of.date() - _A_DAY] if as_of else []
    if last := desk.journal.last_complete():
        nights.append(last)
    for night in nights:
        state = desk.states.read([account_id], night).get(account_id)
        if state:
            return None if state.verdict.reason else state.verdict.index
    return None


def _tell(vendor: CrmName, told: Told, story: _Story, desk: Desk, now: datetime) -> Counter[str]:
    """One CRM. The first thing that fails stops it: whatever follows would only fail for the same reason."""
    pending = [one for one in story.entries if told.settings.log and not desk.ledger.is_logged(vendor, one.key)]
    wanted = _wanted(story.facts, told.settings)
    new = changed(desk.ledger.written(vendor, story.account_id), wanted) if wanted else None
    fields = entry_key(story.conversation_id, FIELDS)
    todo = [one.key for one in pending] + ([fields] if new else [])
    if not todo:
        return Counter()
    try:
        company = _company(vendor, told.crm, story.account_id, desk.names)
        logged = _log_all(vendor, told.crm, pending, company, todo, desk.ledger, now)
        if wanted and new:
            told.crm.write_back(new, company)
            desk.ledger.wrote(vendor, wanted)
            desk.ledger.drop(vendor, fields)
    except (TryAgain, NeedsHuman) as error:
        _list(vendor, todo, error, desk.ledger, now)
        if isinstance(error, TryAgain):
            raise
        return Counter(logged=len(pending) - sum(key != fields for key in todo), listed=len(todo))
    return Counter(logged=logged, written=int(bool(new)))


def _log_all(
    vendor: CrmName, crm: Crm, pending: list[CrmEntry], company: str, todo: list[str], ledger: CrmLedger, now: datetime
) -> int:
    """Log each, oldest first, and strike it off what is to do."""
    email = pending[0].contact_email if pending else None
    contact = crm.contact_of(company, email) if email else None
    for entry in pending:
        attempt = ledger.attempt(vendor, entry.key, now, LEASE)
        if attempt is Attempt.HELD:
            todo.clear()  # listed already where it failed; where it is under way nothing has failed
            raise TryAgain(f"{TITLES[vendor]}: another try of the same began less than five minutes ago")
        if attempt is not Attempt.DONE:
            record = crm.log(entry, company, contact, again=attempt is Attempt.AGAIN)
            ledger.logged(vendor, entry.key, record)
        todo.remove(entry.key)
    return len(pending)


def _list(vendor: CrmName, todo: list[str], error: Exception, ledger: CrmLedger, now: datetime) -> None:
    """What could not be told, for people to see; only the first can have reached the CRM."""
    for key in todo:
        failure = NotLogged(vendor=vendor, key=key, why=str(error), since=now)
        ledger.failed(failure, surely=isinstance(error, NeedsHuman) and key == todo[0])


def _wanted(facts: CrmFacts | None, settings: CrmSettings) -> CrmFacts | None:
    """Only what has a field in the CRM: a field that gets its name later is then written for the first time."""
    named = settings.write_back.model_dump(exclude_none=True)
    if facts is None or not named:
        return None
    return CrmFacts(account_id=facts.account_id, **{name: getattr(facts, name) for name in named})


def _company(vendor: CrmName, crm: Crm, account_id: str, names: Names) -> str:
    """A person's word first, then the CRM's own field, then what the source of that name told."""
    claims = [one for one in names.of_account(account_id) if one.ref.source == vendor]
    linked = [one for one in claims if one.by == "person"]
    found = _latest(linked) or crm.company_of(account_id) or _latest(claims)
    if found is None:
        link = shlex.join(["health-monitor", "link", account_id, vendor])
        example = "001…" if vendor == "salesforce" else "COMPANY"
        raise NeedsHuman(f"{account_id} has no record in {TITLES[vendor]}; link it: {link} {example}")
    return found


def _latest(claims: list[NameClaim]) -> str | None:
    ordered = sorted(claims, key=lambda one: (one.since.isoformat() if one.since else "", one.ref.name))
    return ordered[-1].ref.name if ordered else None


def _forget(story: _Story, ledger: CrmLedger) -> None:
    """What was to be told of a conversation that is gone need not be told any more."""
    for one in ledger.failures_of(story.account_id):
        if one.conversation_id == story.conversation_id and one.what != FIELDS:
            ledger.drop(one.vendor, one.key)
