"""What arrived since the last night into the rings, before they are judged."""

from collections.abc import Mapping
from datetime import date, datetime

from health_monitor.ingest import compaction
from health_monitor.model.account import Account
from health_monitor.model.usage import History, Ring, UserUse
from health_monitor.ports.intake import Arrivals
from health_monitor.ports.usage import Rings
from health_monitor.usage.windows import start_of


def compact(
    known: Mapping[str, Account], rings: Rings, arrivals: Arrivals, through: date, *, keep: bool
) -> dict[str, History]:
    """The accounts' daily counts and users with everything that has arrived; they are stored only to `keep` them.

    through: a day that is over.
    Doing it twice, or dying in between, changes nothing: a day is set to what all of its events say.
    """
    stored = rings.read(list(known))
    since = {key: compaction.reading_from(_compacted(stored, key)) for key in known}
    arrived = arrivals.read(since)
    needed = {key: compaction.needed_from(_compacted(stored, key), found) for key, found in arrived.items()}
    earlier = arrivals.read({key: first for key, first in needed.items() if first < since[key]}, since)
    for key, events in earlier.items():
        arrived[key] |= events  # of an event that came in both its first hour counts
    found = {key: History(key, ring.series, _users(key, ring, rings), ring.compacted) for key, ring in stored.items()}
    changed: dict[str, History] = {}
    for key, events in arrived.items():
        account, ring = known[key], stored.get(key)
        end = account.last_day(date.max).toordinal()
        users = found[key].users if key in found else ()
        if history := compaction.compact(key, ring, users, events, start_of(account, None), end, through):
            changed[key] = history
    if keep and changed:
        rings.write(changed.values(), stored)
    return found | changed


def _compacted(stored: Mapping[str, Ring], account_id: str) -> datetime | None:
    ring = stored.get(account_id)
    return ring.compacted if ring else None


def _users(account_id: str, ring: Ring, rings: Rings) -> tuple[UserUse, ...]:
    return ring.users if ring.users is not None else tuple(rings.users(account_id))
