"""Why an account has its score, as text of at most 100 columns."""

from collections.abc import Iterator
from datetime import date, timedelta
from textwrap import wrap

from health_monitor.model.explanation import Change, Explanation, Lift, Phase, Unreported
from health_monitor.model.measure import MEASURES
from health_monitor.model.records import STATUS, Person
from health_monitor.model.score import DimensionScore, MeasureScore, Score, Standing
from health_monitor.views.records import record_line
from health_monitor.views.wording import NONE

WIDTH = 100
KNOWN_OTHERWISE = 1_000
"""Hundredths of a percent: where coverage moved by so much, the score moved with it."""
SHOWN = 3
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
    if found.now and found.now.at:
        yield from wrap(
            f"Now (rescored at {found.now.at:%Y-%m-%d %H:%M} UTC): {points(found.now.score)}, {_status(found.now)}.",
            WIDTH,
        )
        for signal in found.now.signals:
            yield from wrap(f"  {signal.severity}: {signal.said}", WIDTH)


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
    yield f"{name}, {score.day}: {scored}{_status(reported.standing)}{_overruled(found)}"
    yield from _sentences(found)


def _status(standing: Standing) -> str:
    status = STATUS[standing.status] if standing.status else "not enough known"
    if standing.override and standing.status != standing.model_status:
        model = STATUS[standing.model_status] if standing.model_status else "nothing"
        status += f" by a person's override (the model says {model})"
    return status


def _overruled(found: Explanation) -> str:
    """What a person has said since then."""
    now, then = found.now, found.reported.standing
    if now is None or now.override in (None, then.override) or now.status is None:
        return ""
    return f"; {STATUS[now.status]} now, by a person's override"


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
        yield from wrap(
            f"Now ({when}): {points(now.score)}{_moved(found, now)}, {_status(now)}.{_news(found, now)}", WIDTH
        )


def _moved(found: Explanation, now: Standing) -> str:
    """By how much the score moved since the night, where both are of one scorecard."""
    then = found.reported.score
    if now.score is None or then.value in (None, now.score) or now.version != then.version:
        return ""
    return f" ({signed(now.score - (then.value or 0))})"


def _news(found: Explanation, now: Standing) -> str:
    """What is new since the night: what stands out now, and the dimensions that moved."""
    then, score = found.reported.standing, found.reported.score
    known = {one.kind for one in then.signals}
    told = [sentence(one.said) for one in now.signals if one.kind not in known]
    if now.version == score.version:
        before = {one.name: one.value for one in score.dimensions}
        told += [
            f"{_name(name)}: {_hundredths(before.get(name))} → {_hundredths(value)}"
            for name, value in now.dimensions.items()
            if before.get(name) != value
        ]
    return "".join(f" {one}." for one in told)


def _facts(score: Score, standing: Standing) -> str:
    facts = [f"{score.coverage // 100} % of the scorecard is known" + (": provisional" if score.provisional else "")]
    facts += [f"the limit “{standing.limited_by}” holds the status down"] if standing.limited_by else []
    facts += [f"it is {standing.trend} over 3 months"] if standing.trend else []
    facts += [f"coverage tier {standing.tier}"] if standing.tier else []
    return sentence("; ".join(facts)) + "."


def _reasons(found: Explanation) -> Iterator[str]:
    """What made it fall, where it fell; then what costs most."""
    base, score = found.base, found.reported.score
    if base and abs(score.coverage - base.score.coverage) >= KNOWN_OTHERWISE:
        known = f"{base.score.coverage // 100} % of the scorecard was known then, {score.coverage // 100} % now"
        yield f"  Part of the change is only in what is known: {known}"
    if found.cause:
        yield f"  Most likely because of this: {found.cause.said}"
    for driver in found.reported.standing.drivers:
        yield f"  {signed(driver.points):>6}  {driver.said}"


def _since(found: Explanation) -> str:
    if found.base is None:
        return "What changed"
    base = found.base
    notes = [f"the nearest that is stored to {base.wanted}"] if base.wanted not in (None, base.day) else []
    notes += ["restated: worked out now, no night reported on that day"] if base.restated else []
    how = f" ({'; '.join(notes)})" if notes else ""
    falling = f"; falling since {found.since}" if found.since else ""
    return f"What changed since {base.day}{how}{falling}"


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
    yield from _listed(found)
    for mark in found.marks:
        yield f"          Beside it: {mark}"


def _listed(found: Explanation) -> Iterator[str]:
    """The 30 days of the list of accounts, where that compares with another day and says another number."""
    moved, base = found.reported.standing.deltas.d30, found.base
    month = base is not None and base.wanted == found.reported.day - timedelta(days=30) != base.day
    if month and moved is not None and found.waterfall and moved != found.waterfall.points:
        yield f"          Over 30 days exactly, as in the list of accounts: {signed(moved)}"


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
    events = f" (from the events of {spec.window})" if spec and spec.source.startswith("events") else ""
    yield f"           {said}{events}"
    for name in reading.records[:SHOWN]:
        yield f"           {name}: {_record(name, found)}"
    if len(reading.records) > SHOWN:
        yield f"           and {len(reading.records) - SHOWN} more records; all are in --json"


def _record(name: str, found: Explanation) -> str:
    record = found.records[name]
    if record is None:
        return "no longer stored; erased, or dropped by whoever sent it"
    changed = record.changed_at.date()  # of a person it says only that the CRM was read again
    later = changed > found.reported.day and not isinstance(record, Person)
    return record_line(record) + (f" (changed since, on {changed})" if later else "")


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
    held = f" (held down now by {lift.because}, which these lift too)" if lift.because else ""
    yield f"  To {STATUS[lift.status]}{colour}, at {points(lift.score)}{held}:"
    for target in lift.targets:
        yield f"    {signed(target.points):>6}  {target.said}"


def _phases(phases: tuple[Phase, ...]) -> Iterator[str]:
    """Steps that are the same for every account stand in one line; --json has them one by one."""
    for phase in phases:
        if not any(step.because for step in phase.steps):
            yield f"  {phase.title}: as with every account; the steps are in --json"
            continue
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
