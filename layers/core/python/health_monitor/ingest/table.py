"""A CSV table whose rows know their line, and whose header is checked before anything is read."""

import csv
from collections.abc import Callable, Iterator

from health_monitor.model.errors import BadRecord, NeedsHuman
from health_monitor.model.intake import Reject

Row = tuple[int, list[str]]


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
        self._reader = csv.reader(lines, strict=True)
        self._reject = reject
        header = [column.strip() for column in self._header()]
        self._check(header, required, (*required, *optional))
        self.width = len(header)
        self.columns = {column: header.index(column) for column in (*required, *optional) if column in header}
        self.ignored = tuple(column for column in header if column not in self.columns)

    def rows(self) -> Iterator[Row]:
        """Each row with its line number; rows that are not CSV of the header's width go to quarantine."""
        reader, width = self._reader, self.width
        while True:
            try:
                for row in reader:
                    if len(row) == width:
                        yield reader.line_num, row
                    elif row:
                        self.refuse(reader.line_num, self._width_error(row))
                return
            except csv.Error as error:
                self.refuse(reader.line_num, BadRecord("row", f"is not CSV ({error})", "close its quotes"))

    def refuse(self, line: int, error: BadRecord) -> None:
        """Set one row aside."""
        self._reject(Reject(self.name, line, error.field, error.reason, error.remedy))

    def _header(self) -> list[str]:
        try:
            return next(self._reader)
        except StopIteration:
            raise NeedsHuman(f"{self.name} is empty; its first line must name the columns") from None
        except csv.Error as error:
            raise NeedsHuman(f"{self.name}, line 1: the header is not CSV ({error}); save the file as CSV") from None

    def _check(self, header: list[str], required: tuple[str, ...], known: tuple[str, ...]) -> None:
        if any(mark in column for column in header for mark in ("\0", "\udcff", "\udcfe", "\ufffd")):
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
