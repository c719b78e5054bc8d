"""The list of accounts as text, and for spreadsheets and programs."""

from collections.abc import Iterator
from typing import Any

from health_monitor.model.account import Account
from health_monitor.model.listing import Listed, Listing
from health_monitor.model.measure import MEASURES
from health_monitor.model.score import Driver, Standing
from health_monitor.views.wording import NONE, money

NAME = 23
REASONS = 2
STATUS = {"healthy": "healthy", "moderate": "moderate", "at_risk": "at risk", "critical": "critical"}
HEADER = (
    f"{'account':<{NAME}} {'score':>5} {'30 d':>6}  {'status':<9} {'tier':<4} {'ARR':>11} {'renewal':<10} "
    f"{'last touch':<10} {'alerts':>6} {'peers':>6}"
)
CSV_COLUMNS = (
    "account_id", "name", "score", "change_30d", "trend", "status", "model_status", "override", "coverage",
    "provisional", "coverage_tier", "segment", "tier", "arr", "renewal_date", "renewal_in_days", "last_touch",
    "open_alerts", "segment_median", "difference", "priority", "p_churn", "expansion_ready", "csm_email", "reasons",
)  # fmt: skip


def listing_lines(found: Listing, *, why: bool = False) -> Iterator[str]:
    """A header, a line an account within 100 columns, and what the columns mean; why: its reasons under each."""
    if not found.lines:
        yield f"None of {found.accounts:,} accounts fits."
        return
    yield HEADER
    for one in found.lines:
        yield _line(one)
        if why and one.standing and (told := reasons(one.standing.drivers)):
            yield f"    {told}"
    night = f"as of the night of {found.as_of}" if found.as_of else "no night is complete yet"
    yield ""
    yield f"{len(found.lines):,} of {found.accounts:,} accounts, {night}. 30 d: change of the score in 30 days; tier:"
    yield "how closely we stay in touch, T1 the closest; peers: above (+) or below the median of its segment;"
    yield "* little is known, the score is provisional; ! a person overrode the status."


def reasons(drivers: tuple[Driver, ...]) -> str:
    """The two heaviest reasons with their points, and how many more there are."""
    told = [f"{_title(one.measure)} {one.points / 10:+.1f}" for one in drivers[:REASONS]]
    more = [f"and {len(drivers) - REASONS} more"] if len(drivers) > REASONS else []
    return ", ".join(told + more)


def listing_csv(found: Listing) -> Iterator[tuple[str, ...]]:
    """CSV_COLUMNS, then a row an account; scores in points, nothing where nobody knows."""
    yield CSV_COLUMNS
    for one in found.lines:
        yield tuple("" if value is None else str(value) for value in _facts(one).values())


def listing_json(found: Listing) -> dict[str, Any]:
    """Everything; scores in points."""
    return {
        "as_of": found.as_of and found.as_of.isoformat(),
        "accounts": found.accounts,
        "found": [
            {name: value if isinstance(value, bool | int | float) or value is None else str(value)
             for name, value in _facts(one).items()}
            for one in found.lines
        ],
    }  # fmt: skip


def _line(one: Listed) -> str:
    account, standing = one.account, one.standing
    score = change = status = NONE
    if standing:
        score = _points(standing.score) + ("*" if standing.provisional else "")
        change = _signed(standing.deltas.d30)
        status = STATUS.get(standing.status or "", NONE) + ("!" if standing.override else "")
    renewal = str(account.renewal_date) if account.renewal_date else NONE
    touch = str(standing.last_touch) if standing and standing.last_touch else NONE
    tier = (standing.tier if standing else None) or NONE
    arr = money(float(account.arr)) if account.arr is not None else NONE
    return (
        f"{_called(account):<{NAME}} {score:>5} {change:>6}  {status:<9} {tier:<4} {arr:>11} {renewal:<10} {touch:<10} "
        f"{one.alerts or '':>6} {_signed(one.difference):>6}"
    ).rstrip()


def _called(account: Account) -> str:
    """Its id, because that is what commands want, and as much of its name as there is room for."""
    both = f"{account.account_id} {account.name}" if account.name else account.account_id
    return both if len(both) <= NAME else f"{both[: max(NAME, len(account.account_id) + 1) - 1]}…"


def _facts(one: Listed) -> dict[str, Any]:
    """By CSV_COLUMNS."""
    account, standing = one.account, one.standing
    known = {
        "account_id": account.account_id, "name": account.name, "segment": account.segment, "tier": account.tier,
        "arr": account.arr, "renewal_date": account.renewal_date, "renewal_in_days": one.renewal_in,
        "open_alerts": one.alerts, "segment_median": _tenths(one.median), "difference": _tenths(one.difference),
        "csm_email": account.csm_email,
    }  # fmt: skip
    known |= _stands(standing) if standing else {}
    return {name: known.get(name) for name in CSV_COLUMNS}


def _stands(standing: Standing) -> dict[str, Any]:
    return {
        "score": _tenths(standing.score), "change_30d": _tenths(standing.deltas.d30), "trend": standing.trend,
        "status": standing.status, "model_status": standing.model_status, "override": standing.override,
        "coverage": standing.coverage / 100, "provisional": standing.provisional, "coverage_tier": standing.tier,
        "last_touch": standing.last_touch, "priority": standing.priority, "p_churn": standing.p_churn,
        "expansion_ready": standing.expansion_ready, "reasons": "; ".join(one.said for one in standing.drivers),
    }  # fmt: skip


def _title(measure: str) -> str:
    spec = MEASURES.get(measure)
    return spec.title if spec else measure


def _points(tenths: int | None) -> str:
    return NONE if tenths is None else f"{tenths / 10:.1f}"


def _signed(tenths: int | None) -> str:
    return NONE if tenths is None else f"{tenths / 10:+.1f}"


def _tenths(value: int | None) -> float | None:
    return None if value is None else value / 10
