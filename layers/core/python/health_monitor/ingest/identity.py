"""Whose record it is: from the name a source uses to our account, with the reason, never by guess."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from health_monitor.model.heard import DOMAIN, OURS, By, HeardAccount, NameClaim, Ref

RANK: dict[By, int] = {"person": 0, "id": 1, "crm": 2, "domain": 3}
"""Who is believed first."""
WHY: dict[By, str] = {
    "person": "a person linked it",
    "id": "it is the account's own id",
    "crm": "the CRM says so",
    "domain": "only this account has the domain",
}
_PUBLIC_MAIL = """
126.com 163.com aol.com fastmail.com gmail.com gmx.com gmx.de gmx.net googlemail.com hey.com hotmail.com icloud.com
live.com mac.com mail.com mail.ru me.com msn.com outlook.com pm.me proton.me protonmail.com qq.com rocketmail.com
t-online.de web.de yahoo.com yandex.com yandex.ru ymail.com zoho.com
"""
PUBLIC_MAIL = frozenset(_PUBLIC_MAIL.split())
"""Domains at which anybody can have an address: they say nothing about the company."""


class Resolution(NamedTuple):
    """The account a name means; or none, and the accounts it could mean. `sure`: the record's own name means it."""

    account_id: str | None
    why: str
    candidates: tuple[str, ...] = ()
    sure: bool = True


UNKNOWN = Resolution(None, "no account goes by this name")


def resolve(claims: Sequence[NameClaim]) -> Resolution:
    """One name's account, or that of several names of one company: the claims of the highest rank decide."""
    believed = [claim for claim in claims if claim.by != "domain" or claim.ref.name not in PUBLIC_MAIL]
    if not believed:
        return UNKNOWN
    by = min((claim.by for claim in believed), key=RANK.__getitem__)
    candidates = tuple(sorted({claim.account_id for claim in believed if claim.by == by}))
    if len(candidates) > 1 or any(claim.crowded for claim in believed if claim.by == by):
        return Resolution(None, f"more than one account goes by it ({WHY[by]})", candidates)
    return Resolution(candidates[0], WHY[by], candidates)


def domain_of(text: str | None) -> str | None:
    """acme.com, from https://www.Acme.com/pricing; None when that is no domain, or anybody's."""
    bare = (text or "").strip().lower().rpartition("://")[2].partition("/")[0].partition(":")[0]
    domain = bare.removeprefix("www.").rstrip(".")
    return domain if "." in domain and " " not in domain and domain not in PUBLIC_MAIL else None


def names_of(record: HeardAccount) -> tuple[Ref, ...]:
    """Every name a company's record gives: its source's own, the others it tells, and its domain."""
    domains = [record.facts.get("domain"), *(ref.name for ref in record.names if ref.source == DOMAIN)]
    others = [ref for ref in record.names if ref.source != DOMAIN]
    found = [Ref(DOMAIN, domain) for text in domains if (domain := domain_of(str(text or "")))]
    return tuple(dict.fromkeys([record.ref, *others, *found]))


def account_of(record: HeardAccount, claims: Mapping[Ref, Sequence[NameClaim]]) -> Resolution:
    """The account of a company's record: what a person or the record itself says, else who claims its names."""
    own, said = list(claims.get(record.ref, ())), _said(record)
    firm = [claim for claim in own if claim.by == "person" or (claim.since and claim.since > record.changed_at)]
    if said and not firm:
        exists = any(claim.by == "id" for claim in claims.get(Ref(OURS, said), ()))
        if exists or record.creates:
            return Resolution(said, WHY["id"], (said,))
    found = resolve(firm or own)
    if found.candidates:
        return found
    found = resolve([claim for ref in names_of(record) for claim in claims.get(ref, ())])
    if found.candidates:
        return found._replace(sure=False)
    begun = f"{record.ref.source}-{record.ref.name}"
    return Resolution(begun, "it begins with this record", (begun,)) if record.creates else UNKNOWN


def told_before(record: HeardAccount, mine: Iterable[NameClaim]) -> list[NameClaim]:
    """What the same company told once and now tells otherwise: another name of that source in its place."""
    now = names_of(record)
    kinds = {ref.source for ref in now}
    return [one for one in mine if one.told == record.ref and one.ref.source in kinds and one.ref not in now]


def _said(record: HeardAccount) -> str | None:
    return next((ref.name for ref in (record.ref, *record.names) if ref.source == OURS), None)


def claims_of(account_id: str, refs: Iterable[Ref], **common: object) -> list[NameClaim]:
    """What an account's record claims: a domain as a domain, other names as the CRM's word; its own id needs none."""
    return [
        NameClaim.model_validate(
            {"ref": ref, "account_id": account_id, "by": "domain" if ref.source == DOMAIN else "crm"} | common
        )
        for ref in dict.fromkeys(refs)
        if ref.source != OURS
    ]
