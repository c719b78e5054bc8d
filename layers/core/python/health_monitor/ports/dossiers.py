"""What is known of accounts beside their usage, and where each stands."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from health_monitor.model.dossier import Dossier
from health_monitor.model.records import AnyRecord
from health_monitor.model.score import Standing


class Dossiers(Protocol):
    """All records of an account, as one."""

    def read(self, account_ids: Sequence[str], *, consistent: bool = False) -> dict[str, Dossier]:
        """The dossiers of those accounts that have one; with what was told a second ago only when consistent."""

    def save(self, account_id: str, records: Iterable[AnyRecord]) -> list[AnyRecord]:
        """Keep each, unless what is stored changed later; those that were news. Telling one again changes nothing.

        Raises TryAgain when others keep writing the same dossier.
        """

    def scrub(self, account_id: str, left_of: Callable[[AnyRecord], AnyRecord | None]) -> int:
        """Keep of each record what the function leaves of it, nothing where that is None; how many changed.

        Raises TryAgain when others keep writing the same dossier.
        """

    def remove(self, account_id: str) -> bool:
        """Forget all records of the account; whether there were any."""


class Standings(Protocol):
    """Where each account stands now."""

    def read(self, account_ids: Sequence[str], *, consistent: bool = False) -> dict[str, Standing]:
        """Those of the accounts that were ever scored; as written a second ago only when consistent."""

    def write(self, standings: Iterable[Standing]) -> None:
        """Set each; nothing older than what stands may be written: who writes has read what stood."""

    def remove(self, account_ids: Iterable[str]) -> None:
        """Forget where these stand."""
