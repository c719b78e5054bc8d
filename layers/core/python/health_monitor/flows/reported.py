"""What a night reported of one account: the line that it wrote once."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from health_monitor.flows.runs import HEALTH, NIGHTS, night_prefix, unpack_lines
from health_monitor.model.explanation import Reported
from health_monitor.ports.blobs import Blobs
from health_monitor.ports.journal import Journal
from health_monitor.score.line import evidence_of_line, score_of_line, standing_of_line


def nights(blobs: Blobs) -> list[date]:
    """Every night that wrote lines, in order."""
    return sorted({date.fromisoformat(key.removeprefix(NIGHTS).partition("/")[0]) for key in blobs.keys(NIGHTS)})


def reported(account_id: str, day: date, blobs: Blobs, journal: Journal) -> Reported | None:
    """What was reported of the account that day; None where no night has a score of it."""
    health = _health(account_id, day, blobs)
    if health is None:
        return None
    run = journal.run(day)
    score, standing = score_of_line(health), standing_of_line(account_id, health)
    return Reported(day, score, standing, run.config if run else None, evidence_of_line(health, day).account)


def _health(account_id: str, day: date, blobs: Blobs) -> dict[str, Any] | None:
    """Batches are cut from all ids in order, so the one that has the account is found in a few steps."""
    keys: Sequence[str] = list(blobs.keys(night_prefix(day)))
    low, high = 0, len(keys)
    while low < high:
        middle = (low + high) // 2
        rows = {row["account_id"]: row for row in unpack_lines(blobs.get(keys[middle]) or b"")}
        if account_id in rows:
            found: dict[str, Any] | None = rows[account_id].get(HEALTH)
            return found
        if rows and account_id < min(rows):
            high = middle
        else:
            low = middle + 1
    return None
