"""That somebody has to be forgotten: noted first, then gone at once from everything that the nights and people read."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from health_monitor.flows.forget_outreach import KINDS, forget_outreach, hush, written_to
from health_monitor.flows.forget_records import forget_records
from health_monitor.flows.reception import Reception, holder, resolve_names, waiting_prefix
from health_monitor.ingest.forgetting import alias, mark, marks_of
from health_monitor.model.account import Contact
from health_monitor.model.heard import OF_USER, OURS, HeardDeletion, Ref
from health_monitor.model.source import Erasure
from health_monitor.model.usage import History
from health_monitor.sources import SOURCES

SEARCH, TABLE = "search/", "table/"
"""How `done_through` begins, an account's id behind it, while a person of unknown accounts is searched for at each, and
then while each forgets them: with many accounts that is more than one call's work."""
HOT = "hot"
"""`done_through` of an erasure that is gone from the table; the files follow."""
CHANNELS = ("email", "slack")


def request_heard(deletion: HeardDeletion, ports: Reception) -> Erasure:
    """What a source was told to forget. A name that matches no account still must not come back."""
    ref = deletion.ref or (Ref(deletion.source, deletion.name) if deletion.kind == "account" else None)
    account_id = resolve_names(ports.names, [ref])[ref].account_id if ref else None
    refs = [ref] if ref else []
    return request(deletion.kind, deletion.name, account_id, deletion.requested_at, ports, refs)


def request(
    kind: str, name: str, account_id: str | None, at: datetime, ports: Reception, refs: Iterable[Ref] = ()
) -> Erasure:
    """Note the erasure, and remove what can be removed at once; asking again for the same changes nothing."""
    erasure_id = mark("erasure", kind, account_id or "", name, at.isoformat())[:16]
    if known := ports.erasures.get(erasure_id):
        # What was found out about them is in it, and may be nowhere else by now.
        return known if known.done_through or known.first_pass_at else _forget_at_once(known, ports)
    given = {f"{kind}_ids": (name,)} if kind != "account" else {}
    erasure = Erasure.model_validate(
        {"erasure_id": erasure_id, "kind": kind, "account_id": account_id, "requested_at": at,
         "pseudonym": f"erased-{mark('pseudonym', erasure_id)[:12]}", "refs": tuple(refs), **given}
    )  # fmt: skip
    erasure = known_names(erasure, ports)
    ports.erasures.save(erasure)
    return _forget_at_once(erasure, ports)


def _forget_at_once(erasure: Erasure, ports: Reception) -> Erasure:
    # Where nobody says at which account the person is, all of them have to be searched: erase_people does that.
    return forget_hot(erasure, ports) if erasure.account_id or erasure.kind == "account" else erasure


def forget_hot(erasure: Erasure, ports: Reception, enough: Callable[[], bool] = lambda: False) -> Erasure:
    """Out of the table, unless it is `enough` before; repeating it finds nothing more."""
    if erasure.kind == "account":
        return _reached(erasure, HOT, _forget_account(erasure, ports), ports)
    if erasure.account_id:
        removed = _forget_person(erasure, erasure.account_id, ports) + _forget_names(erasure, ports)
        return _reached(erasure, HOT, removed, ports)
    if not (erasure.done_through or "").startswith(TABLE):
        erasure = _search(erasure, ports, enough)
    return _forget_everywhere(erasure, ports, enough) if str(erasure.done_through).startswith(TABLE) else erasure


def is_in_table(erasure: Erasure) -> bool:
    """Whether the table still has to forget, before the files."""
    return erasure.done_through is None or erasure.done_through.startswith((SEARCH, TABLE))


def _search(erasure: Erasure, ports: Reception, enough: Callable[[], bool]) -> Erasure:
    """A person of unknown accounts, with everything that any account's contacts tell of them."""
    for account_id in _accounts_after(erasure, SEARCH, ports):
        erasure = _with_people(erasure, _people(account_id, ports))
        if enough():
            return _reached(erasure, f"{SEARCH}{account_id}", 0, ports)
    return _reached(_marked(erasure), TABLE, 0, ports)


def _forget_everywhere(erasure: Erasure, ports: Reception, enough: Callable[[], bool]) -> Erasure:
    removed = 0
    for account_id in _accounts_after(erasure, TABLE, ports):
        removed += _forget_person(erasure, account_id, ports)
        if enough():
            return _reached(erasure, f"{TABLE}{account_id}", removed, ports)
    removed += _forget_names(erasure, ports) + _forget_waiting(erasure, ports)
    return _reached(erasure, HOT, removed, ports)


def _accounts_after(erasure: Erasure, phase: str, ports: Reception) -> Iterator[str]:
    after = (erasure.done_through or "").removeprefix(phase)
    return (account_id for account_id in ports.accounts.ids() if account_id > after)


def _reached(erasure: Erasure, place: str, removed: int, ports: Reception) -> Erasure:
    counts = dict(erasure.removed)
    counts["rows"] = counts.get("rows", 0) + removed
    erasure = erasure.model_copy(update={"done_through": place, "removed": counts})
    ports.erasures.save(erasure)
    return erasure


def known_names(erasure: Erasure, ports: Reception) -> Erasure:
    """With everything by which the person or the account is known: what is stored under these names has to go, too."""
    return _marked(_named(erasure, ports))


def _named(erasure: Erasure, ports: Reception) -> Erasure:
    if erasure.account_id is None:
        return erasure
    if erasure.kind != "account":
        person = _with_people(erasure, _people(erasure.account_id, ports), _refs(erasure, ports))
        claimed = ports.names.claims(_own_names(person))
        nobodys = (ref for ref in _own_names(person) if ref not in claimed)
        return person.model_copy(update={"refs": tuple(sorted({*person.refs, *nobodys}))})
    account = ports.accounts.read([erasure.account_id]).get(erasure.account_id)
    names = {name for name in (account.name, account.domain) if name} if account else set()
    return erasure.model_copy(update={"refs": _refs(erasure, ports), "names": tuple(sorted(names | {*erasure.names}))})


def _refs(erasure: Erasure, ports: Reception) -> tuple[Ref, ...]:
    account_id = erasure.account_id or ""
    claimed = (claim.ref for claim in ports.names.of_account(account_id))
    return tuple(sorted({Ref(OURS, account_id), *erasure.refs, *claimed}))


def _people(account_id: str, ports: Reception) -> list[Contact]:
    return [*ports.accounts.contacts(account_id), *written_to(account_id, ports)]


def _with_people(erasure: Erasure, contacts: Iterable[Contact], refs: tuple[Ref, ...] = ()) -> Erasure:
    users, ids = set(erasure.user_ids), set(erasure.contact_ids)
    same = [one for one in contacts if one.contact_id in ids or (one.user_id and one.user_id in users)]
    found = {
        "user_ids": users | {one.user_id for one in same if one.user_id},
        "contact_ids": ids | {one.contact_id for one in same},
        "emails": {*erasure.emails, *(one.email for one in same if one.email)},
        "names": {*erasure.names, *(one.name for one in same if one.name)},
        "refs": refs or erasure.refs,
    }
    return erasure.model_copy(update={name: tuple(sorted(values)) for name, values in found.items()})


def _marked(erasure: Erasure) -> Erasure:
    return erasure.model_copy(update={"marks": marks_of(erasure)})


def _forget_person(erasure: Erasure, account_id: str, ports: Reception) -> int:
    """Contacts go; use stays under an alias, so that a champion who is erased is no drop in usage."""
    ids = [one.contact_id for one in ports.accounts.contacts(account_id) if one.contact_id in erasure.contact_ids]
    ports.accounts.remove_contacts(account_id, ids)
    events = sum(ports.arrivals.forget_user(account_id, one, alias(erasure, one)) for one in erasure.user_ids)
    outreach = forget_outreach(erasure, account_id, ports)
    records = forget_records(erasure, account_id, ports)
    return len(ids) + events + outreach + records + _forget_users(erasure, account_id, ports)


def _own_names(erasure: Erasure) -> list[Ref]:
    """The names of accounts that are the person's own."""
    return [Ref(source, f"{OF_USER}{user_id}") for source in SOURCES for user_id in erasure.user_ids]


def _forget_names(erasure: Erasure, ports: Reception) -> int:
    """The account goes by the alias instead, by which its archived events will be named; what waits there goes."""
    names, where = _own_names(erasure), erasure.account_id
    found = [one for claims in ports.names.claims(names).values() for one in claims]
    mine = [one for one in found if one.by != "id" and where in (None, one.account_id)]
    ports.names.claim(one.model_copy(update={"ref": _aliased(erasure, one.ref)}) for one in mine)
    ports.names.disclaim(mine)
    claimed = ports.names.claims(names)
    for ref in names:
        if ref not in claimed:
            _forget_name(ref, ports)
    return len(mine)


def _aliased(erasure: Erasure, ref: Ref) -> Ref:
    return Ref(ref.source, f"{OF_USER}{alias(erasure, ref.name.removeprefix(OF_USER))}")


def _forget_name(ref: Ref, ports: Reception) -> None:
    """Everything that waits under it; the name leaves the list last."""
    ports.waiting.remove([holder(ref)])
    for key in list(ports.blobs.keys(waiting_prefix(ref))):
        ports.blobs.delete(key)
    ports.unmatched.remove(ref)


def _forget_users(erasure: Erasure, account_id: str, ports: Reception) -> int:
    users = ports.rings.users(account_id)
    renamed = {user.user_id: alias(erasure, user.user_id) for user in users if user.user_id in erasure.user_ids}
    if renamed:
        (ring,) = ports.rings.read([account_id]).values()
        left = [user._replace(user_id=renamed.get(user.user_id, user.user_id)) for user in users]
        ports.rings.write([History(account_id, ring.series, tuple(left), ring.compacted)])
    return len(renamed)


def _forget_waiting(erasure: Erasure, ports: Reception) -> int:
    holders = [holder(one.ref) for one in ports.unmatched.all()]
    return sum(
        ports.waiting.forget_user(one, user_id, alias(erasure, user_id))
        for one in holders
        for user_id in erasure.user_ids
    )


def _forget_account(erasure: Erasure, ports: Reception) -> int:
    """Messages that wait are marked as out, so that nobody sends them; what names the others goes before them."""
    for ref in erasure.refs:
        _forget_name(ref, ports)
    if erasure.account_id is None:
        return 0
    alerts = {alert.alert_id for alert in ports.alerts.of_account(erasure.account_id)}
    alerts |= {one.alert_id for one in ports.conversations.of_account(erasure.account_id)}
    notices = [f"{alert_id}/{kind}" for alert_id in sorted(alerts) for kind in KINDS]
    silence(notices, erasure.requested_at, ports)
    for alert_id in alerts:
        hush(alert_id, erasure.requested_at, ports)
    ports.names.disclaim(ports.names.of_account(erasure.account_id))
    removed = ports.shelf.remove(erasure.account_id)
    ports.names.changed()
    return removed + len(notices) // len(KINDS)


def silence(notices: Iterable[str], at: datetime, ports: Reception) -> None:
    """Notices that nobody must hear any more: their queued messages are dropped when their turn comes."""
    for notice_id in (told := list(notices)):
        for channel in CHANNELS:
            ports.claims.mark_sent(f"{notice_id}/{channel}", at, "erased")
    ports.notices.remove(told)
