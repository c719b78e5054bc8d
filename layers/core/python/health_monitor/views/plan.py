"""What another scorecard would have changed, as a head of customer success reads it before saying yes."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from textwrap import wrap

from health_monitor.learn.figures import Figure
from health_monitor.learn.findings import Both, Findings, Named
from health_monitor.learn.replayed import EARLY_DAYS
from health_monitor.views.wording import NONE, count_of, day, money, number, whole, words

WIDTH = 100
NAMED = 10
"""So many accounts stand on the page; the JSON has all."""
STATUSES = ("healthy", "moderate", "at_risk", "critical", "none")
HOW = (
    "Looked at once a week: what came and went in between is not counted. An alert is a signal of severity high or "
    "critical that is new in its week. Missed churn: left without standing at risk or critical in the 90 days before. "
    "False alarm: stood so in the 90 days before it renewed; who was saved counts as one, too. Right: left within 90 "
    "days after coming to stand at risk. Lead: from the first such day of the last 90 to the day the customer left. In "
    "brackets: 95% intervals, 200 draws of whole accounts; below 20 cases the "
    "counts stand alone."
)


def plan_lines(found: Findings) -> Iterator[str]:
    """The page, line by line, at most 100 columns."""
    yield from _basis(found)
    if not found.accounts:
        return
    yield ""
    yield from _statuses(found)
    yield ""
    yield from _rates(found)
    yield ""
    yield from _moved(found)
    yield from _differences(found)
    yield ""
    yield from _volumes(found)
    yield ""
    yield from wrap(HOW, WIDTH)


def _basis(found: Findings) -> Iterator[str]:
    if not found.accounts:
        yield "No account could be scored on any stored day, so there is nothing to compare."
        return
    first, last = (day(date.fromordinal(one).isoformat()) for one in (found.first_day, found.last_day))
    unjudged = f" ({whole(found.churns_unjudged)} more had no score before they left)" if found.churns_unjudged else ""
    yield from wrap(
        f"Replayed {count_of(found.weeks, 'week')}, {first} to {last}: {count_of(found.accounts, 'account')}, "
        f"{count_of(found.csms, 'CSM')} with {count_of(found.csm_weeks, 'CSM-week')}, "
        f"{count_of(found.churns, 'churn')}{unjudged} and {count_of(found.renewals, 'renewal')} that can be judged.",
        WIDTH,
    )
    if found.nobodys:
        yield from wrap(
            f"{count_of(found.nobodys, 'account has', 'accounts have')} no CSM; their alerts are in no CSM's week.",
            WIDTH,
        )


def _statuses(found: Findings) -> Iterator[str]:
    yield f"{'Today, ' + count_of(found.scored_now, 'account'):<36}{'live':>14}{'new':>14}{'change':>14}"
    for status in STATUSES:
        live, new = (side.get(status, 0) for side in found.statuses)
        if status == "none" and not live and not new:
            continue
        name = "no score" if status == "none" else words(status)
        yield f"  {name:<34}{whole(live):>14}{whole(new):>14}{_signed(new - live):>14}"
    live_arr, new_arr = found.arr_at_risk
    yield (
        f"  {'ARR at risk or critical':<34}{whole(float(live_arr)):>14}{whole(float(new_arr)):>14}"
        f"{_signed(float(new_arr - live_arr)):>14}"
    )


def _rates(found: Findings) -> Iterator[str]:
    yield f"{'Over these weeks':<26}{'live':>25}{'new':>25}  change"
    yield _row("alerts a CSM-week", found.alerts_per_csm_week, _rate, "{count}: ")
    yield _row("churns missed", found.missed, _percents, "{count} of {n}: ")
    yield _row("renewals, false alarm", found.false_alarms, _percents, "{count} of {n}: ")
    yield _row("warnings that were right", found.right, _percents, "{count} of {n}: ")
    yield _row("lead in days, median", found.lead_days, number, "n {n}: ")
    yield _row(f"ARR seen {EARLY_DAYS} days before", found.arr_caught, _percents, "n {n}: ")
    yield f"  The last: as a share of the {whole(float(found.arr_left))} ARR that left with these churns."


def _rate(value: float) -> str:
    return f"{value:,.2f}"


def _percents(value: float) -> str:
    return f"{100 * value:.0f}%"


def _row(name: str, both: Both, shown: Callable[[float], str], cases: str) -> str:
    change = ""
    a, b = both.before.value, both.after.value
    if a is not None and b is not None and both.low is not None and both.high is not None:
        change = f"{_plus(b - a, shown)} ({_plus(both.low, shown)} to {_plus(both.high, shown)})"
        change = change.replace("%", " pts", 1).replace("%", "") if shown is _percents else change
    live, new = (_figure(side, shown, cases) for side in (both.before, both.after))
    return f"  {name:<24}{live:>25}{new:>25}  {change}".rstrip()


def _figure(figure: Figure, shown: Callable[[float], str], cases: str) -> str:
    """On how many it rests, and with its interval; below 20 cases no value."""
    counted = cases.format(count=whole(figure.count or 0), n=whole(figure.n))
    if figure.value is None:
        return f"{counted}n too small"
    low, high = ("" if edge is None else shown(edge).removesuffix("%") for edge in (figure.low, figure.high))
    return f"{counted}{shown(figure.value)} ({low}–{high})"


def _plus(value: float, shown: Callable[[float], str]) -> str:
    text = shown(abs(value))
    return text if not text.strip("0.%") else f"{'+' if value > 0 else '-'}{text}"


def _signed(value: float) -> str:
    return f"{value:+,.0f}" if value else "0"


def _moved(found: Findings) -> Iterator[str]:
    if not found.moved:
        yield "No account would stand elsewhere today."
        return
    yield f"{whole(len(found.moved))} of {count_of(found.scored_now, 'account')} would stand elsewhere today:"
    yield f"  {'account':<26}{'CSM':<22}{'ARR':>14}  {'score':<14}status"
    for one in found.moved[:NAMED]:
        status = " → ".join(words(side) if side else "no score" for side in one.status)
        score = " → ".join(NONE if side is None else f"{side / 10:.1f}" for side in one.score)
        who = f"{_cut(one.label, 25):<26}{_cut(one.csm or NONE, 21):<22}"
        yield f"  {who}{_arr(one.arr):>14}  {score:<14}{status}"
    if len(found.moved) > NAMED:
        yield f"  and {whole(len(found.moved) - NAMED)} more (--json names all)"


def _differences(found: Findings) -> Iterator[str]:
    """Whom one of the two saw and the other did not."""
    for title, those, happened in (
        ("Churns that only the new one misses", found.missed_gained, "left"),
        ("Churns that only the live one misses", found.missed_lost, "left"),
        ("False alarms of the new one only", found.false_gained, "renewed"),
        ("False alarms of the live one only", found.false_lost, "renewed"),
    ):
        if those:
            yield from _list(title, those, happened)


def _list(title: str, those: Sequence[Named], happened: str) -> Iterator[str]:
    told = [
        f"{_cut(one.label, 40)} ({_arr(one.arr)}, {happened} {day(date.fromordinal(one.day).isoformat())})"
        for one in those[:NAMED]
    ]
    more = f" and {whole(len(those) - NAMED)} more" if len(those) > NAMED else ""
    yield from wrap(f"{title}, {len(those)}: {', '.join(told)}{more}", WIDTH, subsequent_indent="  ")


def _volumes(found: Findings) -> Iterator[str]:
    live, new = found.alerts
    yield f"{'Alerts':<52}{'live':>12}{'new':>12}{'change':>12}"
    yield f"  {'all':<50}{whole(live):>12}{whole(new):>12}{_signed(new - live):>12}"
    for kind, (before, after) in found.by_kind.items():
        yield f"  {words(kind):<50}{whole(before):>12}{whole(after):>12}{_signed(after - before):>12}"
    for one in found.by_csm[:NAMED]:
        a, b = (alerts / one.weeks for alerts in one.alerts)
        name = f"{_cut(one.csm, 30)}, a week of {one.weeks}"
        yield f"  {name:<50}{a:>12.2f}{b:>12.2f}{b - a:>+12.2f}"
    if len(found.by_csm) > NAMED:
        yield f"  and {count_of(len(found.by_csm) - NAMED, 'more CSM')} with fewer alerts (--json names all)"


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _arr(value: Decimal | None) -> str:
    """In millions where it would break the column."""
    text = money(None if value is None else float(value))
    return text if value is None or len(text) <= 13 else f"{whole(float(value) / 1e6)} m"
