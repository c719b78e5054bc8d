"""From the archive to rings and histories, by absolute SET: the one path for history, repair and erasure."""

import gzip
import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from functools import cached_property
from typing import NamedTuple

from health_monitor.flows.archive import EVENTS
from health_monitor.flows.history import histories, spool_rows, stored_row
from health_monitor.flows.runs import LATE, REBUILT, pack_lines, to_json
from health_monitor.ingest.compaction import NEVER, SLACK, whole_hour
from health_monitor.ingest.events import Name, names_in
from health_monitor.ingest.identity import resolve
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.heard import OURS, Ref
from health_monitor.model.intake import Intake
from health_monitor.model.usage import History, Series
from health_monitor.ports.accounts import Accounts
from health_monitor.ports.blobs import Blobs
from health_monitor.ports.files import Spool
from health_monitor.ports.intake import Names
from health_monitor.ports.usage import Rings
from health_monitor.score.peers import common

WRITTEN_AT_ONCE = 1_000


class Rebuilt(NamedTuple):
    """How many accounts have usage, and its first and last day; features: those that a tenth of the accounts use."""

    accounts: int
    data_from: date
    through: date
    intake: Intake
    features: tuple[str, ...] = ()


def rebuild(
    blobs: Blobs, accounts: Accounts, names: Names, rings: Rings, spool: Spool, now: datetime,
    rings_through: date | None = None, progress: Callable[[int], None] = lambda _done: None,
) -> Rebuilt:  # fmt: skip
    """Set every account's ring, users and stored history to what the archive says.

    rings_through: the rings' last day, when nights long past are to be judged; the stored history is always whole.
    """
    known, intake, late = accounts.read(list(accounts.ids())), Intake(), list(blobs.keys(LATE))
    meant = _Meant(known, names)
    days = [_archived_day(blobs, key, meant, spool, now.date(), intake) for key in blobs.keys(EVENTS)]
    if not days:
        raise NeedsHuman("no events are archived yet; import some: health-monitor import events events.csv")
    parts, used = list[str](), Counter[str]()
    first, through, silent = min(days), max(days), set(known)
    for number, some in enumerate(_lots(histories(known, spool, through, intake))):
        rings.write(_cut(some, rings_through or through, NEVER if rings_through else whole_hour(now) - SLACK))
        parts.append(f"history/rebuilt/{number:05}.jsonl.gz")
        blobs.put(parts[-1], pack_lines(map(stored_row, some)))
        silent.difference_update(history.account_id for history in some)
        used.update(_features(some))
        progress(len(known) - len(silent))
    rings.remove(sorted(silent))  # what was archived of them once is there no more
    reach = {"from": first, "through": through, "at": now, "rings_through": rings_through}
    blobs.put(REBUILT, to_json({"parts": parts} | {key: day.isoformat() for key, day in reach.items() if day}))
    for key in late:
        blobs.delete(key)
    using = len(known) - len(silent)
    return Rebuilt(using, first, through, intake, common(used, using))


def _features(some: list[History]) -> Iterator[str]:
    """The features of each account, one after the other."""
    return (name for history in some for name in {name for user in history.users for name, _ in user.features})


class _Meant(dict[Name, str]):
    """The account that each name means, as far as one is known; asked for all names of a file at once."""

    def __init__(self, known: Iterable[str], names: Names) -> None:
        super().__init__((account_id, account_id) for account_id in known)
        self._known, self._names = frozenset(self), names
        self._asked: set[Name] = set()

    def ask(self, found: set[Name]) -> None:
        """Learn what names mean that were not asked for before; of our own ids, too, a person may know better."""
        new = {Ref(OURS, name) if isinstance(name, str) else Ref(*name): name for name in found - self._asked}
        self._asked |= found
        if not new:
            return
        for ref, claims in self._names.claims(sorted(new)).items():
            account_id = resolve(claims).account_id
            if account_id in self._known:
                self[new[ref]] = str(account_id)
            else:
                self.pop(new[ref], None)


def _archived_day(blobs: Blobs, key: str, meant: _Meant, spool: Spool, today: date, intake: Intake) -> date:
    """One archived file into the spool. Rows of accounts that are gone or unknown stay in the archive, and count."""
    file = _Archived(blobs, key)
    with file.lines() as lines:
        meant.ask(names_in(key, lines))
    spool_rows(file, meant, spool, today, intake, intake.count, archived=True)
    return date.fromisoformat(key.removeprefix(EVENTS).partition("/")[0])


def _cut(some: list[History], through: date, compacted: datetime) -> Iterator[History]:
    """What was known at the end of that day; an account that began later keeps its place with no day in it.

    Rings that end before the present stay as they are: with what arrives now they would lose their first days.
    """
    for history in some:
        first, *columns = history.series
        days = max(0, through.toordinal() + 1 - first)
        yield history._replace(series=Series(first, *(column[:days] for column in columns)), compacted=compacted)


class _Archived:
    """A file of the archive as text."""

    def __init__(self, blobs: Blobs, key: str) -> None:
        self._blobs = blobs
        self.name = key

    @cached_property
    def _text(self) -> str:
        return gzip.decompress(self._blobs.get(self.name) or b"").decode()

    @contextmanager
    def lines(self) -> Iterator[Iterator[str]]:
        yield io.StringIO(self._text, newline="")


def _lots(found: Iterator[History]) -> Iterator[list[History]]:
    lot: list[History] = []
    for history in found:
        lot.append(history)
        if len(lot) == WRITTEN_AT_ONCE:
            yield lot
            lot = []
    if lot:
        yield lot
