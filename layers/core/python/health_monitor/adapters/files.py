"""Files on this machine: text in, rows set aside, rows that do not fit into memory."""

import csv
import gzip
import marshal
import shutil
import tempfile
import weakref
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import IO

from health_monitor.model.errors import NeedsHuman
from health_monitor.model.intake import Reject
from health_monitor.model.usage import UsageEvent

SHARES = 128
GZIP_MAGIC = b"\x1f\x8b"


class LocalText:
    """A text file, gzipped or not."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.name = path.name

    @contextmanager
    def lines(self) -> Iterator[Iterator[str]]:
        """Its lines; bytes that are not UTF-8 arrive as lone surrogates, so that one bad row costs one row."""
        with self._open() as raw, TextIOWrapper(raw, "utf-8-sig", "surrogateescape", newline="") as text:
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
        magic = raw.read(2)
        raw.seek(0)
        return gzip.open(raw) if magic == GZIP_MAGIC else raw  # type: ignore[return-value]


def by_account(event: UsageEvent) -> int:
    """A share of the portfolio, small enough for memory, that holds the account's rows."""
    return zlib.crc32(event.account_id.encode()) % SHARES


def by_day(event: UsageEvent) -> int:
    """The day's rows together."""
    return event.day


class DiskSpool:
    """Rows on disk, split into shares: memory holds BUFFERED rows while writing, and one share while reading."""

    BUFFERED = 200_000

    def __init__(self, share_of: Callable[[UsageEvent], int] = by_account) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="health-monitor-"))
        # Gone with the spool, or at the latest with the process, without anybody having to close it.
        weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self._share_of = share_of
        self._rows: dict[int, list[UsageEvent]] = defaultdict(list)
        self._shares: set[int] = set()
        self._buffered = 0

    def add(self, event: UsageEvent) -> None:
        self._rows[self._share_of(event)].append(event)
        self._buffered += 1
        if self._buffered >= self.BUFFERED:
            self._flush()

    def partitions(self) -> Iterator[list[UsageEvent]]:
        self._flush()
        for share in sorted(self._shares):
            yield self._load(self._path(share))

    def _load(self, path: Path) -> list[UsageEvent]:
        rows: list[UsageEvent] = []
        with path.open("rb") as file:
            while file.peek(1):
                rows += map(UsageEvent._make, marshal.load(file))  # noqa: S302  (our own file, written a moment ago)
        return rows

    def _flush(self) -> None:
        for share, rows in self._rows.items():
            with self._path(share).open("ab") as file:
                marshal.dump([tuple(row) for row in rows], file)
        self._shares.update(self._rows)
        self._rows.clear()
        self._buffered = 0

    def _path(self, share: int) -> Path:
        return self._folder / f"{share}"


class QuarantineCsv:
    """`quarantine.csv`: one line for every row that could not be used."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", newline="", encoding="utf-8", errors="backslashreplace")
        self._writer = csv.writer(self._file, lineterminator="\n")
        self._writer.writerow(Reject._fields)

    def add(self, reject: Reject) -> None:
        self._writer.writerow(reject)

    def close(self) -> None:
        self._file.close()
