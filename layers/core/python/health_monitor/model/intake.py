"""What came in, and what could not be used: nothing is lost, everything is counted."""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

MAIN_REASONS = 5


class Reject(NamedTuple):
    """One row that was set aside, and what would make it usable."""

    file: str
    line: int
    field: str
    reason: str
    remedy: str


@dataclass
class Intake:
    """Counts of one reading: records used, set aside, repeated; columns nobody asked for.

    emptied: fields that could not be read, of records that are used all the same. waiting: records of names that match
    no account; late: events too old for the nights, which only a rebuild counts; erased: records of forgotten people.
    """

    accounts: int = 0
    events: int = 0
    contacts: int = 0
    duplicates: int = 0
    conflicts: int = 0
    outside_tenure: int = 0
    emptied: int = 0
    waiting: int = 0
    late: int = 0
    erased: int = 0
    deletions: int = 0
    ignored_columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    rejected: Counter[str] = field(default_factory=Counter)
    records: Counter[str] = field(default_factory=Counter)
    """Tickets, bills and the like that were used, by their kind."""

    @property
    def quarantined(self) -> int:
        return self.rejected.total()

    @property
    def refused(self) -> int:
        """Records that could not be used at all."""
        return self.quarantined - self.emptied

    @property
    def main_reasons(self) -> str:
        """Why most rows were set aside, in one line: usually few mistakes explain them."""
        most = self.rejected.most_common(MAIN_REASONS)
        rest = self.quarantined - sum(n for _, n in most)
        return ", ".join(
            [*(f"{n:,} × {reason}" for reason, n in most), *([f"{rest:,} for other reasons"] if rest else [])]
        )

    def count(self, reject: Reject) -> None:
        """Count a row that was set aside, under its field and reason without its place and the offending text."""
        field = re.sub(r"\[[^\]]*\]", "", reject.field)
        self.rejected[f"{field} {reject.reason.partition(':')[0]}"] += 1

    def to_dict(self) -> dict[str, object]:
        """The counts under their names, for reports."""
        return {
            "accounts": self.accounts,
            "events": self.events,
            "contacts": self.contacts,
            "duplicates": self.duplicates,
            "conflicts": self.conflicts,
            "outside_tenure": self.outside_tenure,
            "emptied": self.emptied,
            "ignored_columns": {name: list(columns) for name, columns in self.ignored_columns.items()},
            "quarantined": self.quarantined,
            "reasons": dict(self.rejected.most_common()),
        }

    def live(self) -> dict[str, int]:
        """What came of records that arrived by themselves, for logs."""
        names = (
            "accounts", "contacts", "events", "waiting", "late", "erased", "deletions", "emptied", "refused",
        )  # fmt: skip
        records = {f"{kind}s": n for kind, n in sorted(self.records.items())}
        return {**{name: getattr(self, name) for name in names}, **records}
