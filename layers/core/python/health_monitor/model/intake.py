"""What came in, and what could not be used: nothing is lost, everything is counted."""

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

MAIN_REASONS = 2


class Reject(NamedTuple):
    """One row that was set aside, and what would make it usable."""

    file: str
    line: int
    field: str
    reason: str
    remedy: str


@dataclass
class Intake:
    """Counts of one reading: rows used, set aside, repeated; columns nobody asked for."""

    accounts: int = 0
    events: int = 0
    contacts: int = 0
    duplicates: int = 0
    conflicts: int = 0
    outside_tenure: int = 0
    ignored_columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    rejected: Counter[str] = field(default_factory=Counter)

    @property
    def quarantined(self) -> int:
        return self.rejected.total()

    @property
    def main_reasons(self) -> str:
        """Why most rows were set aside, in one line: usually one mistake explains them."""
        most = self.rejected.most_common(MAIN_REASONS)
        rest = self.quarantined - sum(n for _, n in most)
        return ", ".join(
            [*(f"{n:,} × {reason}" for reason, n in most), *([f"{rest:,} for other reasons"] if rest else [])]
        )

    def count(self, reject: Reject) -> None:
        """Count a row that was set aside, under its field and reason without the offending text."""
        self.rejected[f"{reject.field} {reject.reason.partition(':')[0]}"] += 1

    def to_dict(self) -> dict[str, object]:
        """The counts under their names, for reports."""
        return {
            "accounts": self.accounts,
            "events": self.events,
            "contacts": self.contacts,
            "duplicates": self.duplicates,
            "conflicts": self.conflicts,
            "outside_tenure": self.outside_tenure,
            "ignored_columns": {name: list(columns) for name, columns in self.ignored_columns.items()},
            "quarantined": self.quarantined,
            "reasons": dict(self.rejected.most_common()),
        }
