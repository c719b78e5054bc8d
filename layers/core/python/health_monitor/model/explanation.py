"""What is told about a score: what changed and by how much, what is wrong, what to do, and what would lift it.

All points are tenths of the score, as in model/score.py.
"""

from typing import Literal, NamedTuple

from health_monitor.model.records import HealthStatus
from health_monitor.model.score import Number, Reading

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

    targets: None when no change of what people can move is enough; `because` says what stands in the way.
    """

    status: HealthStatus
    score: int | None
    targets: tuple[Target, ...] | None
    because: str | None = None
