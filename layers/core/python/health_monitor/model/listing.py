"""The list of accounts that a CSM works with: what is asked for, and what each line knows."""

from datetime import date
from typing import Literal, NamedTuple

from health_monitor.model.account import Account
from health_monitor.model.records import HealthStatus
from health_monitor.model.score import CoverageTier, Standing

Sort = Literal["priority", "score", "trend", "renewal", "arr"]


class Wanted(NamedTuple):
    """Which accounts; None asks nothing. renewal_days: due within so many days. csm: the empty string is nobody."""

    status: HealthStatus | None = None
    segment: str | None = None
    tier: str | None = None
    csm: str | None = None
    coverage_tier: CoverageTier | None = None
    renewal_days: int | None = None
    open_alerts: bool = False


class Listed(NamedTuple):
    """One account of the list.

    renewal_in: days to the renewal; None where no date is known, or it is past. median: of its segment's scores, in
    tenths; None where there are fewer than five.
    """

    account: Account
    standing: Standing | None
    renewal_in: int | None
    alerts: int
    median: int | None

    @property
    def difference(self) -> int | None:
        """By how much the score is above its segment's median, in tenths."""
        score = self.standing.score if self.standing else None
        return None if score is None or self.median is None else score - self.median


class Listing(NamedTuple):
    """The lines in order, and of how many; as_of: the last complete night."""

    as_of: date | None
    lines: tuple[Listed, ...]
    accounts: int
