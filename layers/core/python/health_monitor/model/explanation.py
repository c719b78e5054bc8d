"""What is told about a score: what changed and by how much, what is wrong, what to do, and what would lift it.

All points are tenths of the score, as in model/score.py.
"""

from datetime import date
from typing import Literal, NamedTuple

from health_monitor.model.account import Account
from health_monitor.model.records import AnyRecord, HealthStatus
from health_monitor.model.score import Number, Reading, Score, Standing

ChangeKind = Literal["measure", "known", "unknown", "coverage", "scorecard", "rest"]


class Change(NamedTuple):
    """One step of a waterfall.

    measure: it says something else now. known, unknown: it has begun or ceased to say anything. coverage: the others
    count for more or less because of that. scorecard: the team changed what counts, or another scorecard is for this
    account now. rest: what the measures do not account for, because an older version worked it out otherwise.
    """

    kind: ChangeKind
    points: int
    said: str
    dimension: str | None = None
    measure: str | None = None
    before: Reading | None = None
    after: Reading | None = None


class Waterfall(NamedTuple):
    """From one score to another: the changes sum exactly to the difference, the largest first."""

    before: int
    after: int
    changes: tuple[Change, ...]

    @property
    def points(self) -> int:
        """By how much the score changed."""
        return self.after - self.before


class Issue(NamedTuple):
    """Something that is wrong, in a few words, with the points that it costs."""

    name: str
    title: str
    said: str
    points: int
    dimension: str
    measure: str


class Step(NamedTuple):
    """A recommended action; `because` names the measure or dimension that it is for."""

    do: str
    because: str


class Phase(NamedTuple):
    """One of the steps in which a risk is brought down, and what is done in it."""

    title: str
    steps: tuple[Step, ...]


class Target(NamedTuple):
    """How far one measure has to go: from what it says now to what it would have to say, in its own unit.

    value, to: hundredths; points: what it adds to the score, in tenths.
    """

    measure: str
    dimension: str
    value: int
    to: int
    points: int
    now: Number
    then: Number
    said: str


class Lift(NamedTuple):
    """The smallest changes that lift an account to a status; `score` is what it would be then, in tenths.

    targets: None when no change of what people can move is enough; `because` says what stands in the way. With targets
    it names the limit that holds the status now, and that they lift.
    """

    status: HealthStatus
    score: int | None
    targets: tuple[Target, ...] | None
    because: str | None = None


class Reported(NamedTuple):
    """What a night wrote down of an account, once: nothing that came later changed it.

    config: the night's version. account: its facts that night, without who it is.
    """

    day: date
    score: Score
    standing: Standing
    config: str | None
    account: Account


class Compared(NamedTuple):
    """The account among those like it: how many, their quartiles and median, in tenths, and how far from the median."""

    by: str
    group: str
    n: int
    low: int
    median: int
    high: int
    difference: int
    place: str


class Base(NamedTuple):
    """What a score is compared with. `restated`: worked out now, as no night reported on that day.

    wanted: the day that was asked for, where this is the nearest that is stored.
    """

    day: date
    score: Score
    standing: Standing | None
    restated: bool
    wanted: date | None = None


class Explanation(NamedTuple):
    """All that can be said about an account's score on a day.

    cause: what most likely made it fall. facts: what each measure was made of, in words. records: those that the
    measures were made of, by name; None where a record is no longer stored. lifts: None where the night's scorecard is
    not stored. since: from which day the score has been falling. restated: what the scorecard of today says of that
    day, in tenths, where it is another than the night's. now: where the account stands today.
    """

    account: Account
    reported: Reported
    cause: Change | None
    facts: dict[str, str]
    records: dict[str, AnyRecord | None]
    issues: tuple[Issue, ...]
    phases: tuple[Phase, ...]
    lifts: tuple[Lift, ...] | None
    compared: tuple[Compared, ...]
    base: Base | None
    waterfall: Waterfall | None
    marks: tuple[str, ...]
    since: date | None
    restated: int | None
    now: Standing | None


class Unreported(NamedTuple):
    """Why nothing was reported on a day, and what the scorecard of today makes of it, worked out now from the past."""

    account: Account
    day: date
    because: str
    restated: Score | None
    now: Standing | None = None
