"""The picture of one account: its 14-day index in percent of its baseline, with the lines of the rule."""

from datetime import date

from markupsafe import Markup

from health_monitor.learn.worked import Mark, Worked
from health_monitor.views.charts import BASE, TOP, months, plot
from health_monitor.views.svg import label
from health_monitor.views.wording import day

TALLEST = 150
"""Percent; more is drawn at the top edge."""
USE_HEIGHT = 22


def worked_chart(worked: Worked) -> Markup:
    """Ratio above, alerts as marks on it, daily active users as a strip below."""
    start = date.fromisoformat(worked.first_day).toordinal()
    length = max(len(worked.percents), 1)
    fire, severe, _ = worked.lines
    shapes = [_band(fire, severe, "band-moderate"), _band(severe, 0, "band-severe")]
    shapes += [_line(fire, "fire"), _line(severe, "severe")]
    shapes += [_open(mark, start, length) for mark in worked.marks]
    shapes.append(_ratio(worked.percents))
    shapes += [_flag(mark, worked, start, length) for mark in worked.marks]
    shapes += _left(worked, start, length)
    shapes += months(start, length, most=5)
    shapes.append(_use(worked.active_users))
    ticks = [(_y(at), f"{at}%") for at in (0, severe, fire, 100, TALLEST)]
    title = f"{worked.title}: {worked.name or worked.account_id}. {worked.sentence}"
    return plot(ticks, shapes, title, height=BASE + 24 + USE_HEIGHT + 4)


def _y(percent: float) -> float:
    return BASE - (BASE - TOP) * min(percent, TALLEST) / TALLEST


def _band(high: int, low: int, name: str) -> str:
    return f'<rect class="{name}" x="0" width="100%" y="{_y(high):.1f}" height="{_y(low) - _y(high):.1f}"/>'


def _line(percent: int, name: str) -> str:
    return f'<line class="{name}" x1="0" x2="100%" y1="{_y(percent):.1f}" y2="{_y(percent):.1f}"/>'


def _ratio(percents: tuple[int | None, ...]) -> str:
    """One path, broken where there was no verdict."""
    steps, pen_down = [], False
    for at, percent in enumerate(percents):
        if percent is not None:
            steps.append(f"{'L' if pen_down else 'M'}{at} {_y(percent):.1f}")
        pen_down = percent is not None
    box = f"0 0 {max(len(percents) - 1, 1)} {BASE}"
    return (
        f'<svg x="0" y="0" width="100%" height="{BASE}" viewBox="{box}" preserveAspectRatio="none">'
        f'<path class="ratio" vector-effect="non-scaling-stroke" d="{" ".join(steps)}"/></svg>'
    )


def _use(users: tuple[int, ...]) -> str:
    """Daily active users, the tallest day fills the strip."""
    most = max(users, default=0) or 1
    tops = [(at, USE_HEIGHT * n / most) for at, n in enumerate(users) if n]
    bars = "".join(f'<rect x="{at}" width="0.8" y="{USE_HEIGHT - h:.1f}" height="{h:.1f}"/>' for at, h in tops)
    box = f"0 0 {max(len(users), 1)} {USE_HEIGHT}"
    return (
        f'<svg class="use" x="0" y="{BASE + 24}" width="100%" height="{USE_HEIGHT}" viewBox="{box}" '
        f'preserveAspectRatio="none">{bars}</svg>'
    )


def _x(iso: str, start: int, length: int) -> float:
    return 100 * (date.fromisoformat(iso).toordinal() - start) / length


def _open(mark: Mark, start: int, length: int) -> str:
    """The days on which the alert was open, as a bar on the axis."""
    first = _x(mark.opened_on, start, length)
    last = _x(mark.resolved_on, start, length) if mark.resolved_on else 100.0
    name = "open-severe" if mark.severe else "open-moderate"
    return f'<rect class="{name}" x="{first:.2f}%" width="{last - first:.2f}%" y="{BASE - 3}" height="3"/>'


def _flag(mark: Mark, worked: Worked, start: int, length: int) -> str:
    """Where somebody was warned: a square if it became severe, a diamond if not."""
    if mark.warned_on is None:
        return ""
    at = date.fromisoformat(mark.warned_on).toordinal() - start
    y = _y(worked.percents[at] or 0)
    said = f"Warning {day(mark.warned_on)}" + (", severe at its worst" if mark.severe else "")
    shape = "M-4.5 -4.5h9v9h-9z" if mark.severe else "M0 -6l6 6l-6 6l-6 -6z"
    name = "flag-severe" if mark.severe else "flag-moderate"
    return (
        f'<svg class="flag" x="{_x(mark.warned_on, start, length):.2f}%" y="{y:.1f}" width="1" height="1">'
        f'<path class="{name}" d="{shape}"><title>{said}</title></path></svg>'
    )


def _left(worked: Worked, start: int, length: int) -> list[str]:
    if worked.left_on is None:
        return []
    x = min(_x(worked.left_on, start, length), 100.0)
    return [
        f'<line class="left" x1="{x:.2f}%" x2="{x:.2f}%" y1="{TOP}" y2="{BASE}"/>',
        label(f"{x:.2f}%", TOP - 3, f"left {day(worked.left_on)}", "end" if x > 50 else "start", "tick strong"),
    ]
