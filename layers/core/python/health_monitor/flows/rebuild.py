"""From the archive to rings and histories, by absolute SET: the one path for history, repair and erasure."""

import gzip
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import NamedTuple

from health_monitor.flows.history import histories, spool_rows, stored_row
from health_monitor.flows.runs import ARCHIVE, REBUILT, pack_lines, to_json
from health_monitor.model.account import Account
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.intake import Intake
from health_monitor.model.usage import History, Series
from health_monitor.ports.accounts import Accounts
from health_monitor.ports.blobs import Blobs
from health_monitor.ports.files import Spool
from health_monitor.ports.usage import Rings

EVENTS = f"{ARCHIVE}events/"
WRITTEN_AT_ONCE = 1_000


class Rebuilt(NamedTuple):
    """How many accounts have usage, and its first and last day."""

    accounts: int
    data_from: date
    through: date
    intake: Intake


def rebuild(
    blobs: Blobs, accounts: Accounts, rings: Rings, spool: Spool, today: date,
    rings_through: date | None = None, progress: Callable[[int], None] = lambda _done: None,
) -> Rebuilt:  # fmt: skip
    """Set every account's ring, user page and stored history to what the archive says.

    rings_through: the rings' last day, when nights long past are to be judged; the stored history is always whole.
    """
    known, intake = accounts.read(list(accounts.ids())), Intake()
    days = [_archived_day(blobs, key, known, spool, today, intake) for key in blobs.keys(EVENTS)]
    if not days:
        raise NeedsHuman("no events are archived yet; import some: health-monitor import events events.csv")
    parts: list[str] = []
    first, through, silent = min(days), max(days), dict.fromkeys(known)
    for number, some in enumerate(_lots(histories(known, spool, through, intake))):
        rings.write(_cut(some, rings_through or through))
        parts.append(f"history/rebuilt/{number:05}.jsonl.gz")
        blobs.put(parts[-1], pack_lines(map(stored_row, some)))
        for history in some:
            del silent[history.account_id]
        progress(len(known) - len(silent))
    rings.remove(silent)  # what was archived of them once is there no more
    blobs.put(REBUILT, to_json({"from": first.isoformat(), "through": through.isoformat(), "parts": parts}))
    return Rebuilt(len(known) - len(silent), first, through, intake)


def _archived_day(blobs: Blobs, key: str, known: dict[str, Account], spool: Spool, today: date, intake: Intake) -> date:
    """One archived file into the spool. Rows of accounts that are gone stay in the archive and are counted."""
    spool_rows(_Archived(blobs, key), known, spool, today, intake, intake.count)
    return date.fromisoformat(key.removeprefix(EVENTS).partition("/")[0])


def _cut(some: list[History], through: date) -> Iterator[History]:
    """What was known at the end of that day; an account that began later keeps its place with no day in it."""
    for history in some:
        first, *columns = history.series
        days = max(0, through.toordinal() + 1 - first)
        yield history._replace(series=Series(first, *(column[:days] for column in columns)))


class _Archived:
    """A file of the archive as text."""

    def __init__(self, blobs: Blobs, key: str) -> None:
        self._blobs = blobs
        self.name = key

    @contextmanager
    def lines(self) -> Iterator[Iterator[str]]:
        yield io.StringIO(gzip.decompress(self._blobs.get(self.name) or b"").decode(), newline="")


def _lots(found: Iterator[History]) -> Iterator[list[History]]:
    lot: list[History] = []
    for history in found:
        lot.append(history)
        if len(lot) == WRITTEN_AT_ONCE:
            yield lot
            lot = []
    if lot:
        yield lot
