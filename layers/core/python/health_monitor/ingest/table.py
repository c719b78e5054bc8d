"""A CSV table whose rows know their line, and whose header is checked before anything is read."""

import csv
from collections import deque
from collections.abc import Callable, Iterator

from health_monitor.model.errors import BadRecord, NeedsHuman
from health_monitor.model.intake import Reject

Row = tuple[int, list[str]]
NOT_UTF8 = frozenset(("\0", *map(chr, range(0xDC80, 0xDD00))))
"""What other encodings leave in a text that was read as UTF-8 with its bad bytes kept."""


class Table:
    """Reads a CSV file's rows. Raises NeedsHuman when the header cannot be used."""

    def __init__(
        self,
        name: str,
        lines: Iterator[str],
        required: tuple[str, ...],
        optional: tuple[str, ...],
        reject: Callable[[Reject], None],
    ) -> None:
        self.name = name
        self._source = lines
        self._held: list[str] = []
        self._again: deque[str] = deque()
        self._reject = reject
        header = [column.strip() for column in self._header()]
        self._check(header, required, (*required, *optional))
        self.width = len(header)
        self.columns = {column: header.index(column) for column in (*required, *optional) if column in header}
        self.ignored = tuple(column for column in header if column not in self.columns)

    def rows(self) -> Iterator[Row]:
        """Each row with its line number; rows that are not CSV of the header's width go to quarantine."""
        held, width, line = self._held, self.width, 1
        while True:
            line += len(held)
            held.clear()
            try:
                for row in csv.reader(self._lines(), strict=True):
                    if len(row) == width:
                        yield line, row
                    elif row:
                        self.refuse(line, self._width_error(row))
                        if len(held) > 1:
                            break
                    line += len(held)
                    held.clear()
                else:
                    return
            except csv.Error as error:
                self.refuse(line, BadRecord("row", f"is not CSV ({error})", "close its quotes"))
            self._again.extendleft(reversed(held[1:]))
            del held[1:]

    def _lines(self) -> Iterator[str]:
        """The file's lines, remembered while a row goes on: a quote left open must not swallow the rows after it."""
        again, keep = self._again, self._held.append
        while again:
            line = again.popleft()
            keep(line)
            yield line
        for line in self._source:
            keep(line)
            yield line

    def refuse(self, line: int, error: BadRecord) -> None:
        """Set one row aside."""
        self._reject(Reject(self.name, line, error.field, error.reason, error.remedy))

    def _header(self) -> list[str]:
        try:
            return next(csv.reader(self._lines(), strict=True))
        except StopIteration:
            raise NeedsHuman(f"{self.name} is empty; its first line must name the columns") from None
        except csv.Error as error:
            raise NeedsHuman(f"{self.name}, line 1: the header is not CSV ({error}); save the file as CSV") from None

    def _check(self, header: list[str], required: tuple[str, ...], known: tuple[str, ...]) -> None:
        if not NOT_UTF8.isdisjoint("".join(header)) or "\ufffd" in "".join(header):
            raise NeedsHuman(f"{self.name} is not UTF-8 text; save it as “CSV UTF-8”")
        if len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
            raise NeedsHuman(f"{self.name}, line 1: columns are separated by something else; use commas")
        missing = [column for column in required if column not in header]
        if missing:
            found = ", ".join(header)
            raise NeedsHuman(f"{self.name}, line 1: column {', '.join(missing)} is missing; add it (found: {found})")
        twice = [column for column in known if header.count(column) > 1]
        if twice:
            raise NeedsHuman(f"{self.name}, line 1: column {', '.join(twice)} stands there twice; keep one")

    def _width_error(self, row: list[str]) -> BadRecord:
        return BadRecord(
            "row",
            f"has {len(row)} fields, the header has {self.width}",
            "add what is missing, quote fields with commas",
        )
