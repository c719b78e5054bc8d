"""What is wrong with an account, and what to do about it: seed 002's four steps, by what declined."""

from collections import defaultdict

from health_monitor.model.explanation import Change, Issue, Phase, Step, Waterfall
from health_monitor.model.records import STATUS, HealthStatus
from health_monitor.model.score import FULL, Number, Reading, Score
from health_monitor.score.advice_texts import (
    EXECUTIVES,
    EXTERNAL,
    INTERVENTIONS,
    KEEP,
    LEARN,
    MEASURE_TEXTS,
    MONITOR,
    OTHER_DIMENSION,
)
from health_monitor.score.parts import parts
from health_monitor.score.said import said, title_of

DECLINE = -10
"""Tenths: what falls by less than a point has not declined."""
EVENTS = ("departed", "overdue_invoices", "open_p1")
"""Numbers of measures that grow when something happens."""
IN_USE = "active_users"
"""At nothing, it is the cause of whatever else fell."""
RENEWAL_DAYS = 14
"""A renewal so near comes before everything else."""
URGENT = {"support_friction": "open_p1", "payment": "days_overdue", "executive_sponsor": "departed"}
"""By measure: the number that, above nothing, cannot wait."""
MOST_MEASURES = 3
"""So many of the fallen measures get an action of their own."""


def issues(score: Score) -> tuple[Issue, ...]:
    """What is wrong: first what cannot wait, then the costliest; a measure that nobody knows is no issue."""
    found = [
        Issue(text.issue, title_of(measure), said(measure, part.reading), -round(part.lost), dimension, measure)
        for (dimension, measure), part in parts(score.dimensions).items()
        if (text := MEASURE_TEXTS.get(measure)) and (part.value < text.below or _urgent(measure, part.reading))
    ]
    urgent = set(_urgent_ones(score))
    return tuple(sorted(found, key=lambda one: (one.measure not in urgent, one.points)))


def advice(
    score: Score, status: HealthStatus | None, waterfall: Waterfall | None, since: str | None
) -> tuple[Phase, ...]:
    """The four steps for this account; one only for a healthy account that did not decline.

    since: the day from which the score has been falling, for people; None where nobody knows.
    """
    declined = _declined(waterfall)
    if status == "healthy" and not declined:
        now = tuple(_own(measure) for measure in _urgent_ones(score))
        return (Phase("Keep it so", (*now, *(Step(text, "healthy, and nothing declined") for text in KEEP))),)
    worst = next(iter(declined), None) or _costliest(score)
    if worst is None:
        return ()
    cause, fell = cause_of(waterfall, score), _fallen(waterfall)
    fell = sorted(fell, key=lambda one: one is not cause)
    return (
        Phase("1. Find the root cause", _causes(fell, worst, declined, since)),
        Phase("2. Choose the intervention", _interventions(score, status, worst, fell)),
        Phase("3. Do it, and watch", tuple(Step(text, "") for text in MONITOR)),
        Phase("4. Write down what was learnt", tuple(Step(text, "") for text in LEARN)),
    )


def cause_of(waterfall: Waterfall | None, score: Score) -> Change | None:
    """What most likely made the score fall: something that happened on one day, else that nobody uses it any more.

    Else the measure that fell most. Somebody who left, an unpaid bill or an open P1 comes before the use that follows
    from it, though that costs more. None where nothing of the kind happened and the score did not fall.
    """
    fell = [one for one in waterfall.changes if one.measure and one.points < 0] if waterfall else []
    happened = next((one for one in fell if _happened(one)), None)
    fallen = _fallen(waterfall)
    return happened or (_unused(score, fallen) if fallen else None) or next(iter(fallen), None)


def _unused(score: Score, fallen: list[Change]) -> Change | None:
    """That nobody uses it: as it changed, or as it was before already."""
    for (dimension, measure), part in parts(score.dimensions).items():
        if measure == IN_USE and part.value == 0:
            changed = next((one for one in fallen if one.measure == IN_USE), None)
            reading = part.reading
            return changed or Change("measure", 0, said(measure, reading), dimension, measure, reading, reading)
    return None


def _urgent(measure: str, reading: Reading) -> bool:
    """What cannot wait: a renewal within two weeks or past due, an open P1, an unpaid bill, a sponsor who has gone."""
    numbers = reading.numbers
    if measure == "contract":
        days = numbers.get("days_to_renewal")
        return _count(numbers.get("days_overdue")) > 0 or (isinstance(days, int) and days <= RENEWAL_DAYS)
    return _count(numbers.get(URGENT.get(measure, ""))) > 0 and reading.value != FULL


def _urgent_ones(score: Score) -> list[str]:
    """The measures that say something that cannot wait, the costliest first."""
    found = [
        (-part.lost, measure)
        for (_, measure), part in parts(score.dimensions).items()
        if measure in MEASURE_TEXTS and _urgent(measure, part.reading)
    ]
    return list(dict.fromkeys(measure for _, measure in sorted(found)))


def _happened(change: Change) -> bool:
    """Whether one of the numbers that count events has grown."""
    before, after = (one.numbers if one else {} for one in (change.before, change.after))
    return any(_count(after.get(name)) > _count(before.get(name)) for name in EVENTS)


def _count(number: Number) -> float:
    return number if isinstance(number, int | float) else 0


def _declined(waterfall: Waterfall | None) -> dict[str, int]:
    """The points that each dimension lost, the most first; none while the score as a whole did not fall."""
    lost: dict[str, int] = defaultdict(int)
    if waterfall and waterfall.points <= DECLINE:
        for change in waterfall.changes:
            if change.dimension:
                lost[change.dimension] += change.points
    return {name: lost[name] for name in sorted(lost, key=lambda name: lost[name]) if lost[name] < 0}


def _fallen(waterfall: Waterfall | None) -> list[Change]:
    changes = waterfall.changes if waterfall and waterfall.points <= DECLINE else ()
    return [one for one in changes if one.measure and one.points < 0]


def _costliest(score: Score) -> str | None:
    """The dimension that takes most from the score."""
    lost: dict[str, float] = defaultdict(float)
    for (dimension, _), part in parts(score.dimensions).items():
        lost[dimension] += float(part.lost)
    return max(lost, key=lambda name: lost[name], default=None)


def _causes(fell: list[Change], worst: str, declined: dict[str, int], since: str | None) -> tuple[Step, ...]:
    """What is known of the cause already, and what has to be asked."""
    known = f"{_name(worst)} declined most" if declined else f"{_name(worst)} costs most; nothing declined in this time"
    began = [Step(f"It has been falling since {since}", "")] if since and declined else []
    changes = [Step(one.said, _name(one.dimension or "")) for one in fell[:MOST_MEASURES]]
    return (Step(known, ""), *began, *changes, Step(EXTERNAL, ""))


def _interventions(score: Score, status: HealthStatus | None, worst: str, fell: list[Change]) -> tuple[Step, ...]:
    """What helps against what fell, or against what costs most where nothing did; then what helps the dimension."""
    measures = [one.measure for one in fell if one.measure] or [one.measure for one in issues(score)]
    first = dict.fromkeys((*_urgent_ones(score), *measures[:MOST_MEASURES]))
    own = [_own(measure) for measure in first if measure in MEASURE_TEXTS]
    usual = [Step(text, _name(worst)) for text in INTERVENTIONS.get(worst, OTHER_DIMENSION)]
    above = [Step(EXECUTIVES[status], f"the account is {STATUS[status]}")] if status in EXECUTIVES else []
    return (*above, *own, *usual)


def _own(measure: str) -> Step:
    return Step(MEASURE_TEXTS[measure].do, title_of(measure))


def _name(dimension: str) -> str:
    return dimension.replace("_", " ").capitalize()
