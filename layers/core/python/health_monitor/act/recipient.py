"""Who is written to: the champion, else the primary contact, else the most active admin; with a reason for each no."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta

from health_monitor.model.account import Contact, role_word
from health_monitor.model.drafting import Choice
from health_monitor.model.outreach import Suppression
from health_monitor.model.routing import Routing
from health_monitor.model.usage import UserUse

ADMINS = frozenset(("admin", "administrator", "owner"))
ACTIVE_DAYS = 30
"""An admin who was not seen for so long is no better informed than anybody."""
NOBODY = "the account has no contact who can be written to; add one with an address in the CRM"
REFUSED = {
    "unsubscribed": "does not want mail like this",
    "bounced": "has an address from which mail came back",
    "complained": "reported our mail as spam",
}


def choose(
    contacts: Sequence[Contact], users: Sequence[UserUse], routing: Routing, as_of: date,
    refused: Callable[[str], Suppression | None],
) -> Choice:  # fmt: skip
    """The first who fits and has an address that takes mail. `refused`: why an address gets none."""
    used = {user.user_id: user for user in users}
    skipped: list[str] = []
    for contact, because in _in_order(contacts, used, routing, as_of):
        why_not = _why_not(contact, as_of, refused)
        if why_not is None:
            return Choice(contact, because, tuple(skipped))
        skipped.append(f"{contact.contact_id}, {role_of(contact)}, {why_not}")
    skipped += [
        f"{one.contact_id}, {role_of(one)}, is never written to"
        for one in sorted(contacts, key=lambda one: one.contact_id)
        if role_of(one) in _roles(routing.never_recipients)
    ]
    return Choice(None, NOBODY, tuple(skipped))


def role_of(contact: Contact) -> str:
    """The role as the configuration writes it."""
    return role_word(contact.role or "no role")


def _roles(names: Sequence[str]) -> set[str]:
    return {role_word(name) for name in names}


def _in_order(
    contacts: Sequence[Contact], used: Mapping[str, UserUse], routing: Routing, as_of: date
) -> Iterator[tuple[Contact, str]]:
    never = _roles(routing.never_recipients)
    possible = [one for one in contacts if role_of(one) not in never]
    possible.sort(key=lambda one: (*_activity(one, used, as_of), one.contact_id))
    asked = [name for role in routing.recipients for name in _roles([role])]
    for role in asked:
        yield from ((one, f"their role is {role}") for one in possible if role_of(one) == role)
    for one in possible:
        if role_of(one) in ADMINS and role_of(one) not in asked and _is_active(one, used, as_of):
            yield one, f"the most active admin of the last {ACTIVE_DAYS} days"


def _activity(contact: Contact, used: Mapping[str, UserUse], as_of: date) -> tuple[int, int]:
    """Most active first: days with use in their last fortnight, as long as they were seen lately; then who was last."""
    use = used.get(contact.user_id or "")
    if use is None:
        return 0, 0
    recent = use.fortnight.bit_count() if _is_active(contact, used, as_of) else 0
    return -recent, -use.last_day


def _is_active(contact: Contact, used: Mapping[str, UserUse], as_of: date) -> bool:
    use = used.get(contact.user_id or "")
    return use is not None and use.last_day > (as_of - timedelta(days=ACTIVE_DAYS)).toordinal()


def _why_not(contact: Contact, as_of: date, refused: Callable[[str], Suppression | None]) -> str | None:
    if contact.departed_on and contact.departed_on <= as_of:
        return "has left"
    if not contact.email:
        return "has no address"
    suppression = refused(contact.email)
    return REFUSED[suppression.reason] if suppression else None
