"""What people do about names: see which match no account, say whose they are, or take that back."""

import shlex
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

from health_monitor.flows.archive import EVENTS, read_rows
from health_monitor.flows.join import join, join_all
from health_monitor.flows.reception import (
    Reception,
    ambiguous,
    holder,
    read_waiting,
    resolve_names,
    tell_late,
    unmatched_of,
    waiting_prefix,
)
from health_monitor.ingest.compaction import EVER, LATEST_DAYS, too_late
from health_monitor.ingest.events import OPTIONAL, SOURCE
from health_monitor.ingest.identity import UNKNOWN, claims_of, domain_of
from health_monitor.model.crm import CRMS
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.heard import DOMAIN, OURS, AccountChange, NameClaim, Ref, Unmatched
from health_monitor.model.usage import UsageEvent
from health_monitor.ports.intake import ARRIVALS_KEPT
from health_monitor.sources import SOURCES

_SILENT = dict.fromkeys((*OPTIONAL, SOURCE), "")
OURS_TYPED = "ours"
"""What people type for the source of our own account ids."""


class Listed(NamedTuple):
    """A name without an account, what waits under it, and what it could mean now. `late`: events for a rebuild."""

    unmatched: Unmatched
    candidates: tuple[str, ...]
    events: int
    records: int
    late: int

    @property
    def next_action(self) -> str:
        """What to type."""
        ref = self.unmatched.ref
        begin = () if self.candidates or ref.source != OURS else ("--new",)
        account = ref.name if begin else (*self.candidates, "ACCOUNT")[0]
        return shlex.join(["health-monitor", "link", *begin, account, ref.source or OURS_TYPED, ref.name])


class Linked(NamedTuple):
    """The account that the name meant before, if another one; whether it was linked already; and what joined."""

    before: str | None
    known: bool
    events: int
    records: int
    late: int


def list_unmatched(ports: Reception) -> Iterator[Listed]:
    """Every name whose records wait, and every name that several accounts claim."""
    waiting = ports.unmatched.all()
    found = resolve_names(ports.names, (one.ref for one in waiting))
    for one in waiting:
        yield Listed(one, found[one.ref].candidates or one.candidates, *_waits(one.ref, ports))


def link(account_id: str, ref: Ref, now: datetime, ports: Reception, *, new: bool = False) -> Linked:
    """A person says that the account goes by the name; `new` begins the account, which is judged like any other."""
    linkable = dict.fromkeys((*SOURCES, *CRMS, DOMAIN))
    if ref.source not in (*linkable, OURS):
        known = ", ".join((*linkable, OURS_TYPED))
        raise NeedsHuman(f"there is no source {ref.source!r}; it is one of {known}")
    if not new and account_id not in ports.accounts.read([account_id]):
        raise NeedsHuman(f"there is no account {account_id!r}; check its spelling, or add --new to begin it")
    people = [one.account_id for one in ports.names.claims([ref]).get(ref, []) if one.by == "person"]
    if others := [one for one in people if one != account_id]:
        undo = shlex.join(["health-monitor", "unlink", others[0], ref.source or OURS_TYPED, ref.name])
        raise NeedsHuman(f"{called(ref)} is linked to {others[0]} already; first: {undo}")
    before = resolve_names(ports.names, [ref])[ref].account_id
    if before and before != account_id:
        _wait_again(before, ref, now, ports)
    joined = [ref, *(_begin(account_id, now, ports) if new else ())]
    waits = [_waits(one, ports) for one in dict.fromkeys(joined)]
    ports.names.claim([NameClaim(ref=ref, account_id=account_id, by="person", since=now)])
    join(now, ports, joined)
    return Linked(before if before != account_id else None, account_id in people, *map(sum, zip(*waits, strict=True)))


def unlink(account_id: str, ref: Ref, now: datetime, ports: Reception) -> None:
    """The account goes by the name no more, whoever said so; its latest events wait, or are another account's."""
    mine = [one for one in ports.names.of_account(account_id) if one.ref == ref]
    if not mine:
        show = shlex.join(["health-monitor", "show", account_id])
        raise NeedsHuman(f"{account_id} does not go by {called(ref)}; {show}")
    _wait_again(account_id, ref, now, ports)
    ports.names.disclaim(mine)
    join(now, ports, [ref])


def called(ref: Ref) -> str:
    """A name as people write it."""
    return shlex.join([ref.source or OURS_TYPED, ref.name])


def _waits(ref: Ref, ports: Reception) -> tuple[int, int, int]:
    """How many events, other records and late events wait under the name."""
    kept = list(read_waiting(ports.blobs, ref))
    events = ports.waiting.read({holder(ref): EVER}).get(holder(ref), {})
    late = sum(int(one.key.rpartition("-")[2]) for one in kept if one.record is None)
    return len(events), sum(one.record is not None for one in kept), late


def _begin(account_id: str, now: datetime, ports: Reception) -> list[Ref]:
    """An account of which nothing but its id is known; and the names that wait and are this id."""
    ports.accounts.merge([AccountChange(account_id, "person", now, {})])
    return [one.ref for one in ports.unmatched.all() if one.ref.name == account_id]


def _wait_again(account_id: str, ref: Ref, now: datetime, ports: Reception) -> None:
    """What nights could count for the account once more goes back under its name; they wait before they are gone."""
    since = (now.date() - ARRIVALS_KEPT - timedelta(days=LATEST_DAYS)).isoformat()
    for key in ports.blobs.keys(EVENTS):
        day = key.removeprefix(EVENTS).partition("/")[0]
        found = _archived(ports.blobs.get(key), ref, date.fromisoformat(day).toordinal()) if day >= since else []
        if found:
            _put_back(found, ref, now, ports)
            ports.arrivals.discard(one._replace(account_id=account_id) for one in found)


def _put_back(found: list[UsageEvent], ref: Ref, now: datetime, ports: Reception) -> None:
    """Among what waits under the name; of a day too long ago as a mark, for a rebuild."""
    old = too_late(found[0].day, now)
    ports.waiting.add(now, [] if old else [one._replace(account_id=holder(ref)) for one in found])
    tell_late(ports.blobs, waiting_prefix(ref), found if old else [])
    ports.unmatched.save([unmatched_of(ref, UNKNOWN, now)])


def _archived(data: bytes | None, ref: Ref, day: int) -> list[UsageEvent]:
    """The events under the name in a day's file."""
    names, *rows = read_rows(data) if data else [[]]
    said = [{**_SILENT, **dict(zip(names, row, strict=True))} for row in rows]
    return [
        UsageEvent(
            ref.name, one["user_id"], one["event"], one["occurred_at"], day, int(one["n"] or 1), one["event_id"],
            int(one["session_seconds"]) if one["session_seconds"] else None,
        )
        for one in said
        if (one[SOURCE], one["account_id"]) == ref
    ]  # fmt: skip


def claim_domains(now: datetime, ports: Reception) -> dict[Ref, str]:
    """Every account claims its own domain, and what waited for one of them joins it."""
    claims: list[NameClaim] = []
    for account_id, account in ports.accounts.read(list(ports.accounts.ids())).items():
        if domain := domain_of(account.domain):
            claims += claims_of(account_id, [Ref(DOMAIN, domain)], since=now)
    ports.names.claim(claims)
    ports.names.changed()
    joined = join_all(now, ports)
    ports.unmatched.save(ambiguous(claims, ports.names, now))
    return joined
