"""Whose record it is: from the name a source uses to our account, with the reason, never by guess."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from health_monitor.model.heard import DOMAIN, OURS, By, NameClaim, Ref

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
    """The account a name means; or none, and the accounts it could mean."""

    account_id: str | None
    why: str
    candidates: tuple[str, ...] = ()


UNKNOWN = Resolution(None, "no account goes by this name")


def resolve(claims: Sequence[NameClaim]) -> Resolution:
    """One name's account, or that of several names of one company: the claims of the highest rank decide."""
    believed = [claim for claim in claims if claim.by != "domain" or claim.ref.name not in PUBLIC_MAIL]
    if not believed:
        return UNKNOWN
    by = min((claim.by for claim in believed), key=RANK.__getitem__)
    candidates = tuple(sorted({claim.account_id for claim in believed if claim.by == by}))
    if len(candidates) > 1:
        return Resolution(None, f"{len(candidates)} accounts go by it ({WHY[by]})", candidates)
    return Resolution(candidates[0], WHY[by], candidates)


def domain_of(text: str | None) -> str | None:
    """acme.com, from https://www.Acme.com/pricing; None when that is no domain, or anybody's."""
    bare = (text or "").strip().lower().rpartition("://")[2].partition("/")[0].partition(":")[0]
    domain = bare.removeprefix("www.").rstrip(".")
    return domain if "." in domain and " " not in domain and domain not in PUBLIC_MAIL else None


def claims_of(account_id: str, refs: Iterable[Ref], **common: object) -> list[NameClaim]:
    """What an account's record claims: a domain as a domain, other names as the CRM's word; its own id needs none."""
    return [
        NameClaim.model_validate(
            {"ref": ref, "account_id": account_id, "by": "domain" if ref.source == DOMAIN else "crm"} | common
        )
        for ref in dict.fromkeys(refs)
        if ref.source != OURS
    ]
