"""CSV files for the reference, read as plainly as possible: rows that cannot be used are left out."""

import csv
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

from tests.data.reference import Use

Row = Mapping[str, str]


def accounts_in(path: Path) -> list[Row]:
    """The accounts; the first row of an id counts."""
    found: dict[str, Row] = {}
    for row in _rows(path):
        found.setdefault(row["account_id"], row)
    return list(found.values())


def uses_in(path: Path, accounts: Iterable[Row]) -> dict[str, Use]:
    """Every known account's use: one row an account, user, event and moment, of several the one with the larger n."""
    known = {row["account_id"] for row in accounts}
    largest: dict[tuple[str, str, str, str], tuple[date, int]] = {}
    for row in _rows(path):
        moment = _moment(row["occurred_at"])
        if row["account_id"] in known and moment:
            identity = (row["account_id"], row["user_id"], row["event"], str(moment))
            day = moment.date() if isinstance(moment, datetime) else moment
            largest[identity] = max(largest.get(identity, (day, 0)), (day, int(row.get("n") or 1)))
    uses: dict[str, Use] = {}
    for (account_id, user_id, _, _), (day, n) in largest.items():
        uses.setdefault(account_id, Use()).add(day, user_id, n)
    return uses


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _moment(text: str) -> date | datetime | None:
    """A date, a moment in UTC, or nothing when no time zone says which moment it was."""
    if len(text) == len("2025-01-31"):
        return date.fromisoformat(text)
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC) if moment.tzinfo else None
