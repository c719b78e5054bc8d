"""An account's users one by one: who they are, when and how broadly they use the product, and who has gone."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from health_monitor.flows.health import read_judging
from health_monitor.model.account import Contact
from health_monitor.model.config import Bundle
from health_monitor.model.dossier import EMPTY
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.evidence import UserDays
from health_monitor.model.records import Person
from health_monitor.model.users import AccountUsers, UserSeen
from health_monitor.ports.world import World
from health_monitor.score.users import user_days, user_score, user_state, went_quiet
from health_monitor.views.users import COLUMNS, user_cells, user_facts, users_json

ABOUT_PEOPLE = frozenset({"sponsor_dormant", "sponsor_departed", "licence_waste", "licence_below_50", "low_adoption"})
"""Signals that this list explains."""
SEEN_DAYS, ACTIVE_DAYS = 90, 30


class Told(NamedTuple):
    """What stands out in sentences, a line of texts a user under their columns, and all of it for programs."""

    facts: list[str]
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]
    named: dict[str, object]


def tell_users(account_id: str, bundle: Bundle, world: World) -> Told:
    """Everybody as of yesterday, as people and programs read it."""
    found = users_of(account_id, bundle, world)
    return Told(user_facts(found), COLUMNS, [user_cells(user, found) for user in found.users], users_json(found))


def users_of(account_id: str, bundle: Bundle, world: World) -> AccountUsers:
    """Everybody as of yesterday, the last day that is over."""
    account = world.accounts.read([account_id]).get(account_id)
    if account is None:
        raise NeedsHuman(f"no account has the id {account_id!r}; look for its name with health-monitor show")
    day = world.clock.now().date() - timedelta(days=1)
    core = read_judging(day, bundle, world.blobs).core_features
    found = [seen for user in world.rings.users(account_id) if (seen := user_days(user, day.toordinal()))]
    dossier = world.dossiers.read([account_id]).get(account_id, EMPTY).as_of(day)
    users = _rows(found, dossier.persons, world.accounts.contacts(account_id), core, day)
    recent = [user_score(one, core) for one in found if one.silent_days < SEEN_DAYS]
    standing = world.standings.read([account_id]).get(account_id)
    return AccountUsers(
        account,
        day,
        users,
        core,
        tuple(sorted({feature for one in found for feature in one.features})),
        sum(recent) // len(recent) if recent else None,
        sum(one.silent_days < ACTIVE_DAYS for one in found),
        tuple(one for one in standing.signals if one.kind in ABOUT_PEOPLE) if standing else (),
    )


def _rows(
    found: Sequence[UserDays], persons: Sequence[Person], contacts: Iterable[Contact], core: tuple[str, ...], day: date
) -> tuple[UserSeen, ...]:
    names = {one.contact_id: one.name for one in contacts}
    people = {one.user_id: one for one in persons if one.user_id}
    seen = {one.user_id for one in found}
    strangers = [one for one in persons if one.role and one.user_id not in seen]
    rows = [_row(one, people.get(one.user_id), names, core, day) for one in found]
    rows += [_row(None, one, names, core, day) for one in strangers]
    return tuple(sorted(rows, key=_order))


def _row(
    user: UserDays | None, person: Person | None, names: Mapping[str, str | None], core: tuple[str, ...], day: date
) -> UserSeen:
    role, departed = (person.role, person.departed_on) if person else (None, None)
    return UserSeen(
        user_id=user.user_id if user else person.user_id if person else None,
        name=names.get(person.key) if person else None,
        role=role,
        department=person.department if person else None,
        last_seen=day - timedelta(days=user.silent_days) if user else None,
        score=user_score(user, core) if user else None,
        state=user_state(user) if user else None,
        features=user.features if user else (),
        departed_on=departed,
        departure=person.departure if person else None,
        silent=bool(role and not departed and user and went_quiet(user)),
    )


def _order(row: UserSeen) -> tuple[bool, int, str]:
    return row.role is None, -(row.last_seen or date.min).toordinal(), row.user_id or ""
