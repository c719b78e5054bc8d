"""Why an account has its score, as text of at most 100 columns."""

from collections.abc import Iterator
from datetime import date
from textwrap import wrap

from health_monitor.model.explanation import Change, Explanation, Lift, Phase, Unreported
from health_monitor.model.measure import MEASURES
from health_monitor.model.records import STATUS
from health_monitor.model.score import DimensionScore, MeasureScore, Score, Standing
from health_monitor.views.records import record_line
from health_monitor.views.wording import NONE

WIDTH = 100
SHOWN = 5
"""So many records of a measure stand on the page; the JSON has all."""


def explain_lines(found: Explanation) -> Iterator[str]:
    """The page, line by line: where it stands, what changed, the whole score, what is wrong, what to do, to green."""
    yield from _head(found)
    for title, lines in (
        ("Main reasons", list(_reasons(found))),
        (_since(found), list(_waterfall(found))),
        ("The score, measure by measure", list(_score(found))),
        ("Not known", list(_unknown(found.reported.score))),
        ("Issues", [f"  {signed(one.points):>6}  {sentence(one.name)} ({one.title})" for one in found.issues]),
        ("Among similar accounts", list(_compared(found))),
        ("What would lift it", list(_lifts(found))),
        ("What to do", list(_phases(found.phases))),
    ):
        if lines:
            yield ""
            yield title
            for line in lines:
                yield from _wrapped(line)


def unreported_lines(found: Unreported) -> Iterator[str]:
    """Why there is nothing to show, and what is worked out now in its place."""
    on = f" on {found.day}" if found.day > date.min else ""
    yield from wrap(f"Nothing was reported of {found.account.label}{on}: {found.because}.", WIDTH)
    if found.restated:
        yield from wrap(
            f"Worked out now from the stored past, by the scorecard of today: {points(found.restated.value)} on "
            f"{found.restated.day}, with {found.restated.coverage // 100} % of the scorecard known.", WIDTH,
        )  # fmt: skip
        yield from _dimensions(found.restated)


def points(tenths: int | None) -> str:
    """74.9; a dash where there is no score."""
    return NONE if tenths is None else f"{tenths / 10:.1f}"


def signed(tenths: int) -> str:
    """+1.2, -3.4, 0.0."""
    return f"{tenths / 10:+.1f}" if tenths else "0.0"


def sentence(text: str) -> str:
    """With a capital letter; names and versions inside stay as they are."""
    return text[:1].upper() + text[1:]


def _head(found: Explanation) -> Iterator[str]:
    reported, score = found.reported, found.reported.score
    name = f"{found.account.label} ({found.account.account_id})" if found.account.name else found.account.account_id
    scored = "" if score.value is None else f"{points(score.value)} of 100, "
    yield f"{name}, {score.day}: {scored}{_status(reported.standing)}"
    yield from _sentences(found)


def _status(standing: Standing) -> str:
    status = STATUS[standing.status] if standing.status else "not enough known"
    if standing.override and standing.status != standing.model_status:
        model = STATUS[standing.model_status] if standing.model_status else "nothing"
        status += f" by a person's override (the model says {model})"
    return status


def _sentences(found: Explanation) -> Iterator[str]:
    score, standing, now = found.reported.score, found.reported.standing, found.now
    yield from wrap(
        f"As the night of {score.day} reported it, by scorecard “{score.card}” of version {score.version}. What became "
        "known later, or was changed since, does not change this page.", WIDTH,
    )  # fmt: skip
    yield from wrap(_facts(score, standing), WIDTH)
    if found.restated is not None and now:
        yield from wrap(
            f"Restated by today's scorecard {now.version}, the score of that day is {points(found.restated)}.", WIDTH
        )
    if now and (now.as_of, now.at) != (score.day, None):
        when = f"rescored at {now.at:%Y-%m-%d %H:%M} UTC" if now.at else f"as of {now.as_of}"
        yield f"Now ({when}): {points(now.score)}, {_status(now)}."


def _facts(score: Score, standing: Standing) -> str:
    facts = [f"{score.coverage // 100} % of the scorecard is known" + (": provisional" if score.provisional else "")]
    facts += [f"the limit “{standing.limited_by}” holds the status down"] if standing.limited_by else []
    facts += [f"it is {standing.trend} over 3 months"] if standing.trend else []
    facts += [f"coverage tier {standing.tier}"] if standing.tier else []
    return sentence("; ".join(facts)) + "."


def _reasons(found: Explanation) -> Iterator[str]:
    """What made it fall, where it fell; then what costs most."""
    if found.cause:
        yield f"  Most likely because of this: {found.cause.said}"
    for driver in found.reported.standing.drivers:
        yield f"  {signed(driver.points):>6}  {driver.said}"


def _since(found: Explanation) -> str:
    if found.base is None:
        return "What changed"
    how = " (restated: worked out now, no night reported on that day)" if found.base.restated else ""
    falling = f"; falling since {found.since}" if found.since else ""
    return f"What changed since {found.base.day}{how}{falling}"


def _waterfall(found: Explanation) -> Iterator[str]:
    if found.base is None:
        yield "  There is no earlier score to compare with."
        return
    if found.waterfall is None:
        yield "  One of the two days has no score."
        return
    yield f"  {points(found.waterfall.before):>6}  on {found.base.day}"
    for change in found.waterfall.changes:
        yield f"  {signed(change.points):>6}  {_change(change)}"
    yield f"  {points(found.waterfall.after):>6}  on {found.reported.day} ({signed(found.waterfall.points)})"
    for mark in found.marks:
        yield f"          Beside it: {mark}"


def _change(change: Change) -> str:
    return f"{_name(change.dimension)}: {change.said}" if change.dimension else sentence(change.said)


def _score(found: Explanation) -> Iterator[str]:
    for one in found.reported.score.dimensions:
        yield _dimension(one)
        for measure in one.measures:
            yield from _measure(measure, found)


def _dimensions(score: Score) -> Iterator[str]:
    for one in score.dimensions:
        yield _dimension(one)


def _dimension(one: DimensionScore) -> str:
    return f"  {_hundredths(one.value):>5}  {_name(one.name):<44} weight {one.weight / 100:g} %"


def _measure(one: MeasureScore, found: Explanation) -> Iterator[str]:
    spec = MEASURES.get(one.name)
    title = spec.title if spec else _name(one.name)
    reading, said = one.reading, found.facts[one.name]
    yield f"    {_hundredths(reading.value):>5}  {title:<42} {one.points / 100:g} points"
    if reading.value is None:
        return
    yield f"           {said}"
    for name in reading.records[:SHOWN]:
        yield f"           {name}: {_record(name, found)}"
    if len(reading.records) > SHOWN:
        yield f"           and {len(reading.records) - SHOWN} more records; all are in --json"
    if spec and spec.source.startswith("events"):
        yield f"           from the events of {spec.window} up to {found.reported.day}"


def _record(name: str, found: Explanation) -> str:
    record = found.records[name]
    if record is None:
        return "no longer stored; erased, or dropped by whoever sent it"
    changed = record.changed_at.date()
    return record_line(record) + (f" (changed since, on {changed})" if changed > found.reported.day else "")


def _unknown(score: Score) -> Iterator[str]:
    for dimension in score.dimensions:
        for one in dimension.measures:
            if one.reading.value is None:
                spec = MEASURES.get(one.name)
                source = f" (it comes from: {spec.source})" if spec else ""
                yield f"  {spec.title if spec else _name(one.name)}: {one.reading.because or NONE}{source}"


def _compared(found: Explanation) -> Iterator[str]:
    for one in found.compared:
        yield (
            f"  {signed(one.difference):>6}  {_words(one.by)} {one.group}: the median of {one.n} is "
            f"{points(one.median)}, half are between {points(one.low)} and {points(one.high)}; {one.place}"
        )


def _lifts(found: Explanation) -> Iterator[str]:
    if found.lifts is None:
        yield "  The scorecard of that night is no longer stored, so nobody can say."
        return
    for lift in found.lifts:
        yield from _lift(lift)


def _lift(lift: Lift) -> Iterator[str]:
    colour = " (green)" if lift.status == "healthy" else ""
    if lift.targets is None:
        yield f"  To {STATUS[lift.status]}{colour}: {lift.because}."
        return
    yield f"  To {STATUS[lift.status]}{colour}, at {points(lift.score)}:"
    for target in lift.targets:
        yield f"    {signed(target.points):>6}  {target.said}"


def _phases(phases: tuple[Phase, ...]) -> Iterator[str]:
    for phase in phases:
        yield f"  {phase.title}"
        for step in phase.steps:
            yield f"    - {step.do}" + (f" ({step.because})" if step.because else "")


def _wrapped(line: str) -> list[str]:
    """Broken at words; what follows stands under where the text began."""
    if len(line) <= WIDTH:
        return [line.rstrip()]
    indent = len(line) - len(line.lstrip())
    begin = line.lstrip()
    number, gap, rest = begin.partition("  ")
    under = indent + (len(number) + len(gap) if gap and rest and len(number) < 8 else 2)
    return wrap(line, WIDTH, subsequent_indent=" " * under, break_long_words=False, break_on_hyphens=False,
                drop_whitespace=True)  # fmt: skip


def _hundredths(value: int | None) -> str:
    return NONE if value is None else f"{value // 100}.{value // 10 % 10}"


def _name(name: str | None) -> str:
    return _words(name or "").capitalize()


def _words(name: str) -> str:
    return name.replace("_", " ")
