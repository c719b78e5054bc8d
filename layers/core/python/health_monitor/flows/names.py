"""What people do about names: see which match no account, say whose they are, or take that back."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from health_monitor.flows.join import EVER, join, join_all
from health_monitor.flows.reception import Reception, ambiguous, holder, read_waiting, resolve_names
from health_monitor.ingest.identity import claims_of, domain_of
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.heard import DOMAIN, NameClaim, Ref, Unmatched


class Listed(NamedTuple):
    """A name without an account, what waits under it, and what it could mean now."""

    unmatched: Unmatched
    candidates: tuple[str, ...]
    events: int
    records: int

    @property
    def next_action(self) -> str:
        """What to type."""
        ref = self.unmatched.ref
        account = "ACCOUNT" if not self.candidates else self.candidates[0]
        return f"health-monitor link {account!r} {ref.source!r} {ref.name!r}".replace("'ACCOUNT'", account)


def list_unmatched(ports: Reception) -> Iterator[Listed]:
    """Every name whose records wait, and every name that several accounts claim."""
    waiting = ports.unmatched.all()
    found = resolve_names(ports.names, (one.ref for one in waiting))
    for one in waiting:
        events = ports.waiting.read({holder(one.ref): EVER}).get(holder(one.ref), {})
        records = sum(kept.record is not None for kept in read_waiting(ports.blobs, one.ref))
        yield Listed(one, found[one.ref].candidates or one.candidates, len(events), records)


def link(account_id: str, ref: Ref, now: datetime, ports: Reception, *, new: bool = False) -> str | None:
    """A person says that the account goes by the name; the account that the name meant before, if another one."""
    if not new and account_id not in ports.accounts.read([account_id]):
        raise NeedsHuman(f"there is no account {account_id!r}; check its spelling, or add --new to begin it")
    claims = ports.names.claims([ref]).get(ref, [])
    others = [one.account_id for one in claims if one.by == "person" and one.account_id != account_id]
    if others:
        raise NeedsHuman(
            f"{ref.source} {ref.name!r} is linked to {others[0]} already; first: "
            f"health-monitor unlink {others[0]} {ref.source} {ref.name}"
        )
    before = resolve_names(ports.names, [ref])[ref].account_id
    ports.names.claim([NameClaim(ref=ref, account_id=account_id, by="person", since=now)])
    join(now, ports, [ref])
    return before if before != account_id else None


def unlink(account_id: str, ref: Ref, ports: Reception) -> None:
    """The account goes by the name no more, whoever said so."""
    mine = [one for one in ports.names.of_account(account_id) if one.ref == ref]
    if not mine:
        raise NeedsHuman(f"{account_id} does not go by {ref.source} {ref.name!r}; health-monitor show {account_id}")
    ports.names.disclaim(mine)


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
