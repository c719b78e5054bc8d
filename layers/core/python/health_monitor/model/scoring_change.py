"""A change of the scorecard: over which history it was planned, and the ledger of those that went live."""

from datetime import date
from typing import Any, Literal

from pydantic import AwareDatetime, Field

from health_monitor.model.strict import Strict


class Reach(Strict):
    """Which stored history a plan was made over: the last whole night, and when the history was last rebuilt."""

    night: date | None
    rebuilt: AwareDatetime | None = None


class StoredPlan(Strict):
    """That a change from one scoring version to another was replayed; counts: what it found, nobody's name."""

    before: str
    after: str
    at: AwareDatetime
    reach: Reach
    counts: dict[str, Any]


class Applied(Strict):
    """A scorecard that went live: from which scoring and configuration version to which, by whom and why.

    restated: the accounts whose scores go on under it; None while that is not finished.
    """

    at: AwareDatetime
    kind: Literal["apply", "rollback"]
    by: str = Field(min_length=1)
    note: str = Field(min_length=1)
    before: str
    after: str
    config_before: str
    config_after: str
    counts: dict[str, Any] = Field(default_factory=dict)
    restated: int | None = None
