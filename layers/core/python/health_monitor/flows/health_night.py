"""The health of a night's batch: into its lines first, and from these, as they are stored, to where accounts stand."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from health_monitor.flows.health import Judging, Seen
from health_monitor.flows.runs import HEALTH
from health_monitor.model.account import Account
from health_monitor.model.score import History, Standing
from health_monitor.model.scorecard import Trend
from health_monitor.ports.dossiers import Dossiers, Standings
from health_monitor.score.line import health_line, standing_of_line
from health_monitor.score.overruled import overruled_since
from health_monitor.score.trend import extended
from health_monitor.usage.windows import start_of

Row = dict[str, Any]


def add_health(
    rows: Iterable[Row], known: Mapping[str, Account], seen: Mapping[str, Seen], judging: Judging, dossiers: Dossiers,
    before: Mapping[str, Standing],
) -> list[Standing]:  # fmt: skip
    """Put the health of every customer into its row, also of one whose usage nobody has seen yet; where they stand.

    before: where the accounts stood when the night began.
    """
    found = []
    day = judging.day
    customers = [row for row in rows if row["account_id"] in known and is_customer(known[row["account_id"]], day)]
    records = dossiers.read([row["account_id"] for row in customers])
    for row in customers:
        account_id = row["account_id"]
        evidence = judging.evidence(known[account_id], seen.get(account_id), records.get(account_id))
        _, score, standing = judging.health(evidence, before.get(account_id))
        row[HEALTH] = health_line(score, standing, evidence)
        found.append(standing)
    return found


def keep_standings(
    found: Iterable[Standing], before: Mapping[str, Standing], standings: Standings, trend: Trend
) -> None:  # fmt: skip
    """Write where the accounts stand. Doing it twice, or dying before it, changes nothing.

    Where an account stands on a later day, was rescored since the night, or was restated, stays as it is.
    """
    standings.write(_news(found, before, trend))


def standings_of(rows: Iterable[Row], day: date, before: Mapping[str, Standing]) -> Iterator[Standing]:
    """Where the accounts stand by the rows that a night left."""
    for row in rows:
        if HEALTH in row:
            known = before.get(row["account_id"])
            yield _standing(row, day, known.history if known else None)


def is_customer(account: Account, day: date) -> bool:
    """Whether the account has begun, as far as anybody knows, and has not left."""
    if account.last_day(day) < day:
        return False
    start = start_of(account, None)
    return start is None or start <= day.toordinal()


def _news(found: Iterable[Standing], before: Mapping[str, Standing], trend: Trend) -> Iterator[Standing]:
    for standing in found:
        known = before.get(standing.account_id)
        if known is None or _follows(standing, known):
            yield overruled_since(standing, known, standing.as_of, trend)


def _standing(row: Row, day: date, history: History | None) -> Standing:
    named = row[HEALTH]
    grown = extended(history, named["version"], day.toordinal(), named.get("value"))
    return standing_of_line(row["account_id"], named, grown)


def _follows(standing: Standing, known: Standing) -> bool:
    if standing.as_of != known.as_of:
        return standing.as_of > known.as_of
    return known.at is None and known.version == standing.version and known != standing
