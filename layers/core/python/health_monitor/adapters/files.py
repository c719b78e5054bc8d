"""Files on this machine: text in, rows set aside, rows that do not fit into memory."""

import csv
import gzip
import io
import tempfile
import weakref
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from operator import itemgetter
from pathlib import Path
from typing import IO, Any, Self, TextIO

from msgspec import msgpack

from health_monitor.model.errors import NeedsHuman
from health_monitor.model.intake import Reject
from health_monitor.model.usage import UsageEvent

SHARES = 128
GZIP_MAGIC = b"\x1f\x8b"
Group = Any
"""An account's id, or a day."""
_GROUPS = msgpack.Decoder(list[tuple[Any, list[UsageEvent]]])


class LocalText:
    """A text file, gzipped or not."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.name = path.name

    @contextmanager
    def lines(self) -> Iterator[Iterator[str]]:
        """Its lines; bytes that are not UTF-8 arrive as lone surrogates, so that one bad row costs one row."""
        with self._open() as raw, io.TextIOWrapper(raw, "utf-8-sig", "surrogateescape", newline="") as text:
            try:
                yield text
            except (EOFError, gzip.BadGzipFile, zlib.error) as error:
                raise NeedsHuman(f"{self.name} is damaged or cut off ({error}); copy or export it again") from None

    def _open(self) -> IO[bytes]:
        if self._path.is_dir():
            raise NeedsHuman(f"{self._path} is a directory; name the file in it")
        if not self._path.exists():
            raise NeedsHuman(f"{self._path} does not exist; check the path")
        if not self._path.stat().st_size:
            raise NeedsHuman(f"{self.name} is empty; its first line must name the columns")
        raw = self._path.open("rb")
        if raw.read(2) == GZIP_MAGIC:
            raw.close()  # closing what gzip makes of an open file would leave that file open
            return gzip.open(self._path)  # type: ignore[return-value]
        raw.seek(0)
        return raw


class DiskSpool:
    """Rows on disk, split into shares: memory holds BUFFERED rows while writing, and one share while reading.

    With `by_day` a group of more than LARGE rows is read a day at a time, so that no account is too large.

    `group_of` says which rows belong together, `share_of` to which share a group belongs. The file has no name: it is
    gone with the spool, or at the latest with the process, without anybody having to close it.
    """

    BUFFERED = 50_000
    LARGE = 200_000
    """Rows of one group; more than these are read a day at a time."""

    def __init__(
        self, group_of: Callable[[UsageEvent], Group], share_of: Callable[[Group], int], *, by_day: bool = False
    ) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  (open as long as the spool lives)
        weakref.finalize(self, self._file.close)
        self._group_of = group_of
        self._share_of = share_of
        self._by_day = by_day
        self._sizes: Counter[Group] = Counter()
        self._groups: dict[Group, list[UsageEvent]] = defaultdict(list)
        self._buffered = 0
        self._places: dict[int, list[tuple[int, int]]] = defaultdict(list)

    def add(self, events: Sequence[UsageEvent]) -> None:
        groups, group_of = self._groups, self._group_of
        for event in events:
            groups[group_of(event)].append(event)
        self._buffered += len(events)
        if self._buffered >= self.BUFFERED:
            self._flush()

    def groups(self) -> Iterator[list[UsageEvent]]:
        for _, pieces in self.pieces():
            yield [event for piece in pieces for event in piece]

    def pieces(self) -> Iterator[tuple[Group, Iterator[list[UsageEvent]]]]:
        self._flush()
        for _, places in sorted(self._places.items()):
            groups, large = self._load(places)
            for group in sorted(groups.keys() | large.keys()):
                yield group, large.pop(group).groups() if group in large else iter([groups.pop(group)])

    def _load(self, places: list[tuple[int, int]]) -> tuple[dict[Group, list[UsageEvent]], dict[Group, "DiskSpool"]]:
        """A share's groups; those that memory should not hold are set aside once more, by day."""
        groups: dict[Group, list[UsageEvent]] = defaultdict(list)
        large: dict[Group, DiskSpool] = {}
        for at, size in places:
            self._file.seek(at)
            for group, events in _GROUPS.decode(self._file.read(size)):
                if self._by_day and self._sizes[group] > self.LARGE:
                    large.setdefault(group, day_spool()).add(events)
                else:
                    groups[group] += events
        return groups, large

    def _flush(self) -> None:
        shares: dict[int, list[tuple[Group, list[UsageEvent]]]] = defaultdict(list)
        for group, events in self._groups.items():
            shares[self._share_of(group)].append((group, events))
            self._sizes[group] += len(events)
        at = self._file.seek(0, io.SEEK_END)
        for share, groups in shares.items():
            size = self._file.write(msgpack.encode(groups))
            self._places[share].append((at, size))
            at += size
        self._groups.clear()
        self._buffered = 0


def account_spool() -> DiskSpool:
    """An account's rows together, in so many shares that one of them is a small part of a large portfolio."""
    return DiskSpool(itemgetter(0), lambda account_id: zlib.crc32(account_id.encode()) % SHARES, by_day=True)


def day_spool() -> DiskSpool:
    """A day's rows together."""
    return DiskSpool(itemgetter(4), lambda day: day)


class QuarantineCsv:
    """`quarantine.csv`: one line for every row that could not be used."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: TextIO | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        """What fails before any row was set aside leaves the file of the last time as it is."""
        if self._file or not kind:
            self.close()

    def add(self, reject: Reject) -> None:
        csv.writer(self._opened(), lineterminator="\n").writerow(reject)

    def close(self) -> None:
        """The file is there afterwards, also when nothing was set aside."""
        self._opened().close()

    def _opened(self) -> TextIO:
        if self._file is None:
            self._file = self._path.open("w", newline="", encoding="utf-8", errors="backslashreplace")
            csv.writer(self._file, lineterminator="\n").writerow(Reject._fields)
        return self._file
