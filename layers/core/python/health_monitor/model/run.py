"""One night's run: what was asked, what was planned, what came of it."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal

from pydantic import AwareDatetime, Field, ValidationError

from health_monitor.model.errors import NeedsHuman
from health_monitor.model.strict import Strict

INPUT = 'give {"as_of": "2026-01-31", "accounts": ["a", "b"], "dry_run": false, "config": "<version>"}, all optional'
WANTED = {
    "as_of": "a day such as 2026-01-31",
    "accounts": "a list of account ids in quotes",
    "dry_run": "true or false",
    "config": "a published version in quotes",
    "scheduled_time": "a moment with its time zone, such as 2026-01-31T05:00:00Z",
}


class RunInput(Strict):
    """What an operator may give when starting the workflow by hand; all of it is optional.

    `scheduled_time` is what the schedule passes; `as_of` wins over it.
    """

    as_of: date | None = None
    accounts: tuple[str, ...] | None = None
    dry_run: bool = False
    config: str | None = None
    scheduled_time: AwareDatetime | None = None

    @classmethod
    def asked(cls, given: object) -> "RunInput":
        """What was asked for. Raises NeedsHuman, naming the field and what may stand there."""
        if not isinstance(given, Mapping):
            raise NeedsHuman(f"the input is not an object; {INPUT}")
        try:
            return cls.model_validate({name: value for name, value in given.items() if value is not None})
        except ValidationError as error:
            first = error.errors()[0]
            wanted = WANTED.get(str(first["loc"][0]))
            problem = f"{first['input']!r} is not {wanted}" if wanted else "there is no such field"
            raise NeedsHuman(f"input.{'.'.join(map(str, first['loc']))}: {problem}; {INPUT}") from None


class Plan(Strict):
    """The fixed facts of one night. Every later step receives exactly this."""

    as_of: date
    run: str
    config: str
    bucket: str
    batches_key: str
    planned: int
    batches: int
    dry_run: bool = False
    through: date
    data_from: date | None = None
    late: tuple[str, ...] = ()
    """Sources that had not delivered the night when it was planned: what is judged now is judged without them."""


class Batch(Strict):
    """One line of the planner's file: the accounts one child judges."""

    batch: str
    account_ids: tuple[str, ...]


class RunRecord(Strict):
    """What one night came to. A run that judged fewer accounts than it planned is `failed`."""

    as_of: date
    run: str
    status: Literal["complete", "failed"]
    config: str
    planned: int
    judged: int
    outside_tenure: int = 0
    opened: int = 0
    escalated: int = 0
    resolved: int = 0
    held: int = 0
    no_verdict: dict[str, int] = Field(default_factory=dict)
    incident: str | None = None
    missing_batches: tuple[str, ...] = ()
    finished_at: datetime | None = None


class SourceFreshness(Strict):
    """From and through which day a source's records are known to be complete.

    A source that is waited for may be quiet so many days; then it is late. One that is not is never late.
    """

    source: str
    complete_from: date
    complete_through: date
    received_at: datetime
    waited_for: bool = True
    quiet_days: int = 0

    def days_late(self, day: date) -> int:
        """How many days up to this one it should have delivered and has not."""
        return max(0, (day - self.complete_through).days - self.quiet_days) if self.waited_for else 0
