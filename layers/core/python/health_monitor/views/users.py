"""An account's users as text: a line each, and what stands out."""

from health_monitor.model.users import AccountUsers, UserSeen
from health_monitor.views.wording import NONE

COLUMNS = ("user", "name", "role", "last seen", "score", "state", "features", "departed")
ROLE_TITLES = {"executive_sponsor": "executive sponsor", "decision_maker": "decision maker"}
STATES = {"engaged": "engaged", "at_risk": "at risk", "dormant": "dormant"}
DEPARTURES = {"left": "left", "deactivated": "deactivated", "bounced": "mail bounced", "role_removed": "lost the role"}
SHORT = 2
"""Letters of a department that is an abbreviation."""
MOSTLY_ACTIVE = 0.6
"""Seed 002: a sponsor may be dormant although 60 % are active; then the rest of the use does not show it."""


def user_cells(user: UserSeen, found: AccountUsers) -> tuple[str, ...]:
    """A user's line, by COLUMNS; features: those of the account's core features, else of all that anybody uses."""
    against = found.core or found.used
    used = len(set(against).intersection(user.features))
    return (
        user.user_id or NONE,
        user.name or NONE,
        ", ".join(filter(None, (ROLE_TITLES.get(user.role or "", user.role), _department(user.department)))) or NONE,
        str(user.last_seen) if user.last_seen else "never",
        NONE if user.score is None else points(user.score),
        STATES[user.state] if user.state else NONE,
        f"{used} of {len(against)}" if against and user.score is not None else NONE,
        _departed(user),
    )


def points(hundredths: int) -> str:
    """A score in whole tenths, cut: 74.96 is 74.9."""
    return f"{hundredths // 100}.{hundredths // 10 % 10}"


def user_facts(found: AccountUsers) -> list[str]:
    """What stands out of an account's users, in sentences."""
    states = [one.state for one in found.users]
    counted = ", ".join(f"{states.count(state)} {word}" for state, word in STATES.items())  # type: ignore[arg-type]
    health = f" User health is {points(found.health)}." if found.health is not None else ""
    facts = [f"{counted}, as of {found.day}.{health}"]
    if found.licence_use is not None:
        of = f"{found.active:,} of {found.account.licensed_seats:,} licensed seats"
        facts.append(f"{of} were active in 30 days ({int(100 * found.licence_use)} %).")
    facts += [f"{one.severity.capitalize()} risk: {one.said}." for one in found.signals]
    if found.licence_use is not None and found.licence_use >= MOSTLY_ACTIVE and _sponsor_is_silent(found):
        facts.append("The sponsor is silent although most seats are active: usage by itself does not show it.")
    if not found.core:
        facts.append(
            "No core features are known: breadth is left out of the scores, and features count against all used."
        )
    return facts


def users_json(found: AccountUsers) -> dict[str, object]:
    """The same for programs; scores in points."""
    users = [
        one._asdict()
        | {"last_seen": _iso(one.last_seen), "departed_on": _iso(one.departed_on)}
        | {"score": None if one.score is None else one.score / 100}
        for one in found.users
    ]
    return {
        "account_id": found.account.account_id,
        "as_of": found.day.isoformat(),
        "health": None if found.health is None else found.health / 100,
        "active_30": found.active,
        "licence_use": found.licence_use,
        "core_features": found.core,
        "features": found.used,
        "signals": [one.kind for one in found.signals],
        "users": users,
    }


def _department(name: str | None) -> str | None:
    """IT and HR are written so; CRMs tell them in small letters."""
    return name.upper() if name and len(name) <= SHORT else name


def _departed(user: UserSeen) -> str:
    if user.departed_on:
        return f"{DEPARTURES[user.departure or 'left']} {user.departed_on}"
    return "silent" if user.silent else NONE


def _sponsor_is_silent(found: AccountUsers) -> bool:
    return any(one.kind == "sponsor_dormant" for one in found.signals)


def _iso(day: object) -> str | None:
    return str(day) if day else None
