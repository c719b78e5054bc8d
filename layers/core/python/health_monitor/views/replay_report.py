"""The replay report as one self-contained page: no script, no network, good on paper."""

from collections.abc import Mapping, Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined

from health_monitor.learn.report import Report, Story
from health_monitor.learn.worked import Worked
from health_monitor.views import charts, wording
from health_monitor.views.verdict import verdict
from health_monitor.views.worked_chart import worked_chart

LISTED = {"warned": 90, "missed": 80, "not_judged": 30}
"""Churners named on the page, 200 in all; report.json has every one."""
DORMANT_LISTED = 20
INTAKE_WORDS = {
    "quarantined": "rows set aside in quarantine.csv, each with its reason and remedy",
    "duplicates": "repeated event rows, collapsed into one",
    "conflicts": "of these repeats differed in n; the larger one counts",
    "outside_tenure": "events before an account's start or after its end, not used",
}
WHY_NO_VERDICT = {
    "too_new": "too new: the first days of tenure",
    "no_benchmark": "no benchmark: too few comparable accounts had passed that tenure before",
    "insufficient_baseline": "insufficient baseline: too little use to fall from",
    "dormant": "dormant: silent for so long that nothing is left to fall",
}
WORDS = (
    *(wording.whole, wording.number, wording.percent, wording.times, wording.days),
    *(wording.one_in, wording.day, wording.money, wording.words),
)
"""What the template may call, under their own names."""
STATUS_SHAPES = {
    "healthy": "M6 1a5 5 0 1 1 0 10a5 5 0 1 1 0-10z",
    "moderate": "M6 0l6 6l-6 6l-6-6z",
    "at_risk": "M6 1l6 10h-12z",
    "critical": "M1 1h10v10h-10z",
    "unknown": "M1 5h10v2h-10z",
}


def render(report: Report, *, intake: Mapping[str, object], worked: Sequence[Worked] = ()) -> str:
    """The page. `intake` is what reading the files came to (`Intake.to_dict()`); `worked` are examples to draw."""
    return (
        _environment()
        .get_template("replay_report.html.j2")
        .render(
            report=report,
            verdict=verdict(report),
            weeks=charts.weeks(report.by_week, report.incidents),
            leads=charts.leads(report.lead_days),
            precision_top=_precision_top(report),
            busiest=max((s.per_100_accounts_a_month or 0 for s in (*report.by_segment, *report.by_tenure)), default=0),
            worked=[(example, worked_chart(example)) for example in worked],
            groups=_groups(report.churners.stories),
            has_arr=any(s.arr is not None for s in report.churners.stories),
            dormant=report.dormant[:DORMANT_LISTED],
            intake=intake,
            intake_lines=_intake_lines(intake),
        )
    )


def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("health_monitor.views"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update({say.__name__: say for say in WORDS})
    made.globals.update({say.__name__: say for say in (*WORDS, wording.count_of, charts.interval, charts.meter)})
    made.globals.update(shapes=STATUS_SHAPES, why_no_verdict=WHY_NO_VERDICT)
    return made


def _precision_top(report: Report) -> float:
    """The common right end of the precision scale."""
    highest = [m.precision.high or m.precision.value or 0 for m in report.methods]
    return max(*highest, report.base_rate.value or 0, 0.01) * 1.15


def _groups(stories: Sequence[Story]) -> list[tuple[str, str, list[Story], int]]:
    """Status, heading, the stories named on the page, and how many there are."""
    titles = {"warned": "Warned", "missed": "Missed", "not_judged": "Never judged"}
    groups = []
    for status, title in titles.items():
        mine = [s for s in stories if s.status == status]
        if mine:
            groups.append((status, title, mine[: LISTED[status]], len(mine)))
    return groups


def _intake_lines(intake: Mapping[str, object]) -> list[tuple[int, str]]:
    """Counts worth a line: those that are not zero."""
    counted = ((intake.get(name), text) for name, text in INTAKE_WORDS.items())
    return [(n, text) for n, text in counted if isinstance(n, int) and n]
