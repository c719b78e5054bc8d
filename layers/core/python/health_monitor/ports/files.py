"""Text that people hand us, a place for rows that do not fit into memory, and a place for rows set aside."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from health_monitor.model.intake import Reject
from health_monitor.model.usage import UsageEvent


class TextFile(Protocol):
    @property
    def name(self) -> str:
        """What to call it in messages."""

    def lines(self) -> AbstractContextManager[Iterator[str]]:
        """Its lines. Raises NeedsHuman when it is missing, empty, a directory or not text."""


class Spool(Protocol):
    def add(self, events: Sequence[UsageEvent]) -> None:
        """Set some rows aside."""

    def groups(self) -> Iterator[list[UsageEvent]]:
        """All rows, a group at a time: everything of one account, or everything of one day."""

    def pieces(self) -> Iterator[tuple[Any, Iterator[list[UsageEvent]]]]:
        """The same, each group under its name; a large one in pieces, each of which holds all of its days' rows."""


class Quarantine(Protocol):
    def add(self, reject: Reject) -> None:
        """Keep a row that could not be used, with its reason and remedy."""
