"""Who was right when a person and the score disagreed: judged by whether the customer was still there later."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, timedelta
from typing import Literal, NamedTuple

from health_monitor.learn.outcomes import HORIZON_DAYS
from health_monitor.learn.retention import left_on
from health_monitor.model.account import Account
from health_monitor.model.dossier import Dossier
from health_monitor.model.records import AT_RISK, Override

RECURRING = 3
"""What people so often say that the score misses deserves to be a measure."""
MEANT = timedelta(days=1)
"""One that was ended sooner was a slip, or replaced at once by what was meant."""
Verdict = Literal["person", "model", "both", "neither", "open", "no_score", "taken_back"]


class Case(NamedTuple):
    """One override, what came of the account (None: nobody can say yet), and who was right."""

    account_id: str
    override: Override
    left: bool | None
    verdict: Verdict


class Tally(NamedTuple):
    """How often who was right, of one author or of all; `open`: nobody can say (yet).

    `decided`: where they disagreed and one of them was right.
    """

    who: str
    n: int
    person: int
    model: int
    both: int
    neither: int
    open: int

    @property
    def decided(self) -> int:
        return self.person + self.model


def case_of(account: Account, dossier: Dossier, override: Override, today: date) -> Case:
    """The override against the model's status of that moment, by what has happened through `today`.

    It is judged when the account has left or renewed within the 90 days after it, else when they are over.
    """
    left = _left(account, dossier, override, today)
    return Case(account.account_id, override, left, _verdict(override, left))


def tallies(cases: Iterable[Case]) -> list[Tally]:
    """Of everybody together first, then of each author."""
    known = list(cases)
    authors = sorted({one.override.author for one in known})
    own = [[one for one in known if one.override.author == who] for who in authors]
    return [_tally("everybody", known), *map(_tally, authors, own)]


def missed(cases: Iterable[Case]) -> list[tuple[str, int, int]]:
    """What people say that the score misses: how often, and how often they were right; the most frequent first."""
    known = list(cases)
    said = Counter(one.override.missed.lower() for one in known if one.override.missed)
    right = Counter(
        one.override.missed.lower() for one in known if one.override.missed and one.verdict in ("person", "both")
    )
    return [(word, n, right[word]) for word, n in sorted(said.items(), key=lambda row: (-row[1], row[0]))]


def _left(account: Account, dossier: Dossier, override: Override, today: date) -> bool | None:
    since = override.at.astimezone(UTC).date()
    end = since + timedelta(days=HORIZON_DAYS)
    left = left_on(account, dossier)
    if left is not None and since < left <= min(end, today):
        return True
    renewed = (one.decided_on or one.due_on for one in dossier.renewals if one.outcome in ("renewed", "contracted"))
    if any(since < day <= min(end, today) for day in renewed):
        return False
    return False if today > end and (left is None or left > end) else None


def _verdict(override: Override, left: bool | None) -> Verdict:
    if override.ended_at and override.ended_at - override.at < MEANT:
        return "taken_back"
    if override.model_status is None:
        return "no_score"
    if left is None:
        return "open"
    person, model = ((status in AT_RISK) == left for status in (override.status, override.model_status))
    if person:
        return "both" if model else "person"
    return "model" if model else "neither"


def _tally(who: str, cases: list[Case]) -> Tally:
    counts = Counter(one.verdict for one in cases)
    return Tally(
        who, len(cases), counts["person"], counts["model"], counts["both"], counts["neither"],
        counts["open"] + counts["no_score"] + counts["taken_back"],
    )  # fmt: skip
