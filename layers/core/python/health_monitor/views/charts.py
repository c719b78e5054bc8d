"""Pictures as SVG fragments. Positions across are percentages, so that a chart fits a phone and text keeps its size.

Colours come from classes of the page's style sheet; no fragment has a style attribute, which a strict
content policy would refuse.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from markupsafe import Markup

from health_monitor.learn.figures import Figure
from health_monitor.learn.report import Span, Volume
from health_monitor.views.svg import escaped, label, picture
from health_monitor.views.wording import MONTHS, count_of, day, number, percent, whole

HEIGHT = 168
TOP = 10
BASE = 144
"""y of the axis; the labels stand below it."""


def plot(ticks: Sequence[tuple[float, str]], shapes: Iterable[str], title: str, height: int = HEIGHT) -> Markup:
    """A chart: the y axis keeps its width, the drawing takes the rest. `ticks` are (y, label)."""
    labels = "".join(label("100%", y + 4, text, "end", dx=-6) for y, text in ticks)
    lines = "".join(f'<line class="grid" x1="0" x2="100%" y1="{y:.1f}" y2="{y:.1f}"/>' for y, _ in ticks)
    return picture(
        f'<div class="plot"><svg class="axis" height="{height}" aria-hidden="true">{labels}</svg>'
        f'<svg class="area" height="{height}" role="img" aria-label="{escaped(title)}">'
        f"{lines}{''.join(shapes)}</svg></div>"
    )


def weeks(volumes: Sequence[Volume], incidents: Sequence[Span]) -> Markup:
    """Alerts per 100 accounts a month, one bar a week: held back ones lighter, incidents shaded behind."""
    start = date.fromisoformat(volumes[0].label).toordinal()
    length = 7 * len(volumes)
    top, ticks = scale(max(v.per_100_accounts_a_month or 0 for v in volumes))
    shapes = [_incident(span, start, length) for span in incidents]
    for at, volume in enumerate(volumes):
        shapes += _week(volume, 100 * at / len(volumes), 100 / len(volumes), top)
    shapes += months(start, length)
    return plot(ticks, shapes, "Warnings per 100 accounts a month, by week")


def _incident(span: Span, start: int, length: int) -> str:
    first = date.fromisoformat(span.first_day).toordinal() - start
    said = f"Data incident, {day(span.first_day)} to {day(span.last_day)}"
    return (
        f'<rect class="incident" x="{100 * first / length:.2f}%" width="{100 * span.days / length:.2f}%" '
        f'y="{TOP}" height="{BASE - TOP}"><title>{said}</title></rect>'
    )


def _week(volume: Volume, x: float, width: float, top: float) -> list[str]:
    rate = volume.per_100_accounts_a_month or 0
    held = rate * volume.suppressed / volume.alerts if volume.alerts else 0
    said = (
        f"Week of {day(volume.label)}: {number(rate)} per 100 accounts a month; {count_of(volume.alerts, 'warning')}, "
        f"{whole(volume.suppressed)} of them held back"
    )
    across = f'x="{x + width * 0.1:.2f}%" width="{width * 0.8:.2f}%"'
    high, low = BASE - _up(rate, top), BASE - _up(rate - held, top)
    shapes = [f'<rect class="bar" {across} y="{low:.1f}" height="{BASE - low:.1f}"><title>{said}</title></rect>']
    if held:
        shapes.append(
            f'<rect class="held" {across} y="{high:.1f}" height="{low - high:.1f}"><title>{said}</title></rect>'
        )
    return shapes


def leads(counts: Mapping[int, int]) -> Markup:
    """First warnings by how long before leaving they came, a week a bar; earlier is further left."""
    bins = [0] * 13
    for lead, n in counts.items():
        bins[min((lead - 1) // 7, 12)] += n
    top, ticks = scale(max(bins))
    shapes = []
    for at, n in enumerate(reversed(bins)):
        week = 13 - at
        y = BASE - _up(n, top)
        said = f"{7 * week - 6} to {min(7 * week, 90)} days before: {whole(n)}"
        shapes.append(
            f'<rect class="bar" x="{100 * (at + 0.08) / 13:.2f}%" width="{84 / 13:.2f}%" y="{y:.1f}" '
            f'height="{BASE - y:.1f}"><title>{said}</title></rect>'
        )
    for days in (75, 60, 45, 30, 15):
        shapes.append(label(f"{100 * (90 - days) / 91:.1f}%", BASE + 18, str(days), "middle"))
    shapes += [label("0", BASE + 18, "90", "start"), label("100%", BASE + 18, "left", "end")]
    return plot(ticks, shapes, "Days from first warning to leaving")


def interval(figure: Figure, reference: float | None, top: float) -> Markup:
    """A dot with its interval on a common scale from 0 to top, and a dashed line at the base rate."""
    if figure.value is None or figure.low is None or figure.high is None:
        return picture("")
    said = f"{percent(figure.value)}, interval {percent(figure.low)} to {percent(figure.high)}"
    parts = ['<line class="grid" x1="0" x2="100%" y1="9" y2="9"/>']
    if reference is not None:
        x = f"{100 * reference / top:.2f}%"
        parts.append(f'<line class="ref" x1="{x}" x2="{x}" y1="0" y2="18"/>')
    low, high = 100 * figure.low / top, 100 * figure.high / top
    parts.append(f'<line class="whisker" x1="{low:.2f}%" x2="{high:.2f}%" y1="9" y2="9"/>')
    parts.append(f'<circle class="dot" cx="{100 * figure.value / top:.2f}%" cy="9" r="4"/>')
    return picture(f'<svg class="interval" height="18" role="img" aria-label="{said}">{"".join(parts)}</svg>')


def meter(value: float, top: float) -> Markup:
    """A thin bar in a table cell."""
    width = 100 * value / top if top else 0
    return picture(
        '<svg class="meter" height="6" aria-hidden="true"><rect class="track" width="100%" height="6" rx="3"/>'
        f'<rect class="bar" width="{width:.2f}%" height="6" rx="3"/></svg>'
    )


def scale(highest: float) -> tuple[float, list[tuple[float, str]]]:
    """A round top and three or four ticks as (y, label)."""
    step = _step(max(highest, 1) / 3)
    top = step * -(-max(highest, 1) // step)
    steps = round(top / step)
    return top, [(BASE - _up(i * step, top), whole(i * step)) for i in range(steps + 1)]


def _step(rough: float) -> float:
    magnitude = 1.0
    while magnitude * 10 <= rough:
        magnitude *= 10
    return next(m * magnitude for m in (1, 2, 5, 10) if m * magnitude >= rough)


def _up(value: float, top: float) -> float:
    return (BASE - TOP) * value / top if top else 0


def months(start: int, length: int, most: int = 7) -> list[str]:
    """Month names below the axis, thinned out when there are many; January carries its year."""
    firsts = [d for d in range(start, start + length) if date.fromordinal(d).day == 1]
    every = -(-len(firsts) // most) or 1
    shapes = []
    for at, first in enumerate(firsts[::every]):
        of = date.fromordinal(first)
        x = 100 * (first - start) / length
        text = f"{MONTHS[of.month - 1]} {of.year}" if of.month == 1 or at == 0 else MONTHS[of.month - 1]
        anchor = "start" if x <= 5 else "end" if x >= 94 else "middle"
        shapes.append(f'<line class="stub" x1="{x:.2f}%" x2="{x:.2f}%" y1="{BASE}" y2="{BASE + 4}"/>')
        shapes.append(label(f"{x:.2f}%", BASE + 18, text, anchor, "tick every-other" if at % 2 else "tick"))
    return shapes
