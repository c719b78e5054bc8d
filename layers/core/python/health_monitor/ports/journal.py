"""The product's own bookkeeping: runs, which configuration is live, how fresh each source is."""

from datetime import date
from typing import Protocol

from health_monitor.model.run import RunRecord, SourceFreshness


class Journal(Protocol):
    def save_run(self, record: RunRecord) -> None:
        """Write a night's record; a complete one is never replaced by a failed one."""

    def run(self, as_of: date) -> RunRecord | None:
        """The record of one night."""

    def runs(self, limit: int) -> list[RunRecord]:
        """The latest nights, newest first."""

    def last_complete(self) -> date | None:
        """The latest night that was judged whole."""

    def live_config(self) -> str | None:
        """The version of the configuration that new runs use."""

    def point_config(self, version: str, *, only_if_none: bool = False) -> None:
        """Make a version live."""

    def save_freshness(self, freshness: SourceFreshness) -> None:
        """Record how far a source is complete: both ends together with what is known already, never less."""

    def freshness(self) -> list[SourceFreshness]:
        """Every source that has ever delivered, by name."""
