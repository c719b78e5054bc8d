"""The accounts that somebody asks for, in the order in which they need attention."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from health_monitor.flows.look import open_alerts
from health_monitor.flows.runs import benchmark_key, read_json, summary_key
from health_monitor.model.account import Account
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.listing import Listed, Listing, Sort, Wanted
from health_monitor.model.score import Standing
from health_monitor.ports.blobs import Blobs
from health_monitor.ports.journal import Journal
from health_monitor.ports.world import World
from health_monitor.score.cohorts import Cohort, cohorts_from

Medians = Mapping[str, Cohort]


def list_accounts(wanted: Wanted, sort: Sort, world: World) -> Listing:
    """Every account that has not left, fits what is wanted, and has stood somewhere or not yet.

    Raises NeedsHuman when nobody has the CSM that is asked for.
    """
    as_of = world.journal.last_complete()
    today = world.clock.now().date()
    known = world.accounts.read(list(world.accounts.ids()))
    here = {key: one for key, one in known.items() if one.last_day(as_of or today) >= (as_of or today)}
    if wanted.csm and wanted.csm not in {one.csm_email for one in here.values()}:
        raise NeedsHuman(f"no account has the CSM {wanted.csm}; check the spelling")
    standings = world.standings.read(list(here))
    alerts = Counter(one.account_id for one, _ in open_alerts(None, as_of, world.alerts, world.accounts))
    medians = _medians(world.blobs, as_of)
    lines = [_line(one, standings.get(key), today, alerts[key], medians) for key, one in here.items()]
    found = [one for one in lines if _fits(one, wanted)]
    return Listing(as_of, tuple(sorted(found, key=ORDER[sort])), len(here))


def portfolio(on: date | None, blobs: Blobs, journal: Journal) -> dict[str, Any]:
    """The summary of a night: of the portfolio, each segment and each CSM. Raises NeedsHuman when there is none."""
    day = on or journal.last_complete()
    found = read_json(blobs, summary_key(day)) if day else {}
    if not found:
        which = f"of {day}" if day else "yet"
        raise NeedsHuman(f"there is no summary {which}; see the nights with health-monitor runs")
    return found


def _medians(blobs: Blobs, as_of: date | None) -> Medians:
    """Of each segment, as the last night left them."""
    named = read_json(blobs, benchmark_key(as_of, "medians.json")).get("cohorts", {}) if as_of else {}
    return cohorts_from(named).get("segment", {})


def _line(account: Account, standing: Standing | None, today: date, alerts: int, medians: Medians) -> Listed:
    due = (account.renewal_date - today).days if account.renewal_date else None
    cohort = medians.get(account.segment or "")
    return Listed(
        account, standing, due if due is not None and due >= 0 else None, alerts, cohort.median if cohort else None
    )


def _fits(one: Listed, wanted: Wanted) -> bool:
    status, tier = (one.standing.status, one.standing.tier) if one.standing else (None, None)
    account = one.account
    asked = (
        (wanted.status, status), (wanted.segment, account.segment), (wanted.tier, account.tier),
        (wanted.csm, account.csm_email or ""), (wanted.coverage_tier, tier),
    )  # fmt: skip
    in_time = wanted.renewal_days is None or (one.renewal_in is not None and one.renewal_in <= wanted.renewal_days)
    alerted = not wanted.open_alerts or one.alerts > 0
    return in_time and alerted and all(want is None or want == has for want, has in asked)


def _rising(value: Callable[[Listed], Any]) -> Callable[[Listed], Any]:
    """The smallest first; where nobody knows, last; of equal ones by id."""

    def key(one: Listed) -> tuple[bool, Any, str]:
        known = value(one)
        return known is None, known or 0, one.account.account_id

    return key


def _priority(one: Listed) -> float | None:
    return None if one.standing is None or one.standing.priority is None else -one.standing.priority


ORDER: Mapping[Sort, Callable[[Listed], Any]] = {
    "priority": _rising(_priority),
    "score": _rising(lambda one: one.standing.score if one.standing else None),
    "trend": _rising(lambda one: one.standing.deltas.d30 if one.standing else None),
    "renewal": _rising(lambda one: one.renewal_in),
    "arr": _rising(lambda one: None if one.account.arr is None else -one.account.arr),
}
"""What needs attention most comes first: the lowest score, the worst trend, the soonest renewal, the highest ARR."""
