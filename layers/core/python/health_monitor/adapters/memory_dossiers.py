"""What is known of accounts beside their usage, and where each stands, in memory."""

from collections.abc import Callable, Iterable, Sequence

from health_monitor.adapters import dossier_items as shapes
from health_monitor.adapters.codec import Item
from health_monitor.model.dossier import EMPTY, Dossier
from health_monitor.model.records import AnyRecord
from health_monitor.model.score import Standing


class MemoryDossiers:
    """Dossiers by account."""

    def __init__(self) -> None:
        self._stored: dict[str, Dossier] = {}

    def read(self, account_ids: Sequence[str], *, consistent: bool = False) -> dict[str, Dossier]:  # noqa: ARG002  (nothing is late here)
        return {key: self._stored[key] for key in account_ids if key in self._stored}

    def save(self, account_id: str, records: Iterable[AnyRecord]) -> list[AnyRecord]:
        after, news = shapes.with_records(self._stored.get(account_id, EMPTY), records)
        if after != EMPTY:
            self._stored[account_id] = after
        return news

    def scrub(self, account_id: str, left_of: Callable[[AnyRecord], AnyRecord | None]) -> int:
        if account_id not in self._stored:
            return 0
        self._stored[account_id], changed = shapes.scrubbed(self._stored[account_id], left_of)
        return changed

    def remove(self, account_id: str) -> bool:
        return self._stored.pop(account_id, None) is not None

    def items(self, account_id: str) -> list[Item]:
        """What the table would hold."""
        return [shapes.dossier_item(account_id, one) for one in self.read([account_id]).values()]


class MemoryStandings:
    """Standings by account."""

    def __init__(self) -> None:
        self._stored: dict[str, Standing] = {}

    def read(self, account_ids: Sequence[str], *, consistent: bool = False) -> dict[str, Standing]:  # noqa: ARG002  (nothing is late here)
        return {key: self._stored[key] for key in account_ids if key in self._stored}

    def write(self, standings: Iterable[Standing]) -> None:
        self._stored.update({standing.account_id: standing for standing in standings})

    def remove(self, account_ids: Iterable[str]) -> None:
        for account_id in account_ids:
            self._stored.pop(account_id, None)

    def items(self, account_id: str) -> list[Item]:
        """What the table would hold."""
        return [shapes.standing_item(one) for one in self.read([account_id]).values()]
