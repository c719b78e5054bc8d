"""A CSV table whose rows know their line, and whose header is checked before anything is read."""

import csv
from collections import deque
from collections.abc import Callable, Generator, Iterator
from itertools import islice
from typing import TypeVar

from health_monitor.model.errors import BadRecord, NeedsHuman
from health_monitor.model.intake import Intake, Reject
from health_monitor.model.limits import NO_TEXT

Row = tuple[int, list[str]]
Found = TypeVar("Found")
AT_ONCE = 1_000
"""Lines: enough for the reader to run without stopping, few enough to cost no memory."""


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
        width, line = self.width, 1 + len(self._held)
        self._held.clear()
        while lines := list(islice(self._source, AT_ONCE)):
            rows = _one_a_line(lines)
            if rows is None:
                self._again.extend(lines)
                line = yield from self._rows_over_lines(line)
                continue
            for row in rows:
                if len(row) == width:
                    yield line, row
                elif row:
                    self.refuse(line, self._width_error(row))
                line += 1

    def usable(
        self, read: Callable[[dict[str, str]], tuple[Found, list[BadRecord]]], intake: Intake
    ) -> Iterator[tuple[int, Found]]:
        """What `read` makes of each row's cells that are not empty, with its line; what it refuses is told.

        A row that raises BadRecord is set aside; of one that is read the refused cells are counted as emptied.
        """
        for line, row in self.rows():
            cells = {column: text for column, at in self.columns.items() if (text := row[at].strip())}
            try:
                found, emptied = read(cells)
            except BadRecord as error:
                self.refuse(line, error)
                continue
            for one in emptied:
                self.refuse(line, one)
            intake.emptied += len(emptied)
            yield line, found

    def _rows_over_lines(self, line: int) -> Generator[Row, None, int]:
        """The rows of the lines to be read again, some of which go on over several; returns the line after them."""
        held, again = self._held, self._again
        reader = csv.reader(self._lines(), strict=True)
        while again:
            try:
                row = next(reader)
                if len(row) == self.width:
                    yield line, row
                elif row:
                    raise self._width_error(row)
            except (csv.Error, BadRecord) as error:
                self.refuse(line, error if isinstance(error, BadRecord) else _not_csv(error))
                again.extendleft(reversed(held[1:]))
                del held[1:]
                reader = csv.reader(self._lines(), strict=True)
            line += len(held)
            held.clear()
        return line

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
        if not NO_TEXT.isdisjoint("".join(header)) or "\ufffd" in "".join(header):
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


def _not_csv(error: csv.Error) -> BadRecord:
    if "field limit" in str(error):
        return BadRecord(
            "row", f"has a cell of more than {csv.field_size_limit():,} characters", "shorten it, or close its quotes"
        )
    return BadRecord("row", f"is not CSV ({error})", "close its quotes")


def _one_a_line(lines: list[str]) -> list[list[str]] | None:
    """The lines' rows, or None when not every line is one: the way through almost every file, and twice as fast."""
    try:
        rows = list(csv.reader(lines, strict=True))
    except csv.Error:
        return None
    return rows if len(rows) == len(lines) else None
