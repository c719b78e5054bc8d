"""Replay: the rule over a whole history, measured, before anything is deployed."""

import csv
import io
from collections.abc import Callable, Mapping
from datetime import date
from typing import NamedTuple

from health_monitor.learn.measure import measure
from health_monitor.learn.report import Report
from health_monitor.learn.worked import worked_examples
from health_monitor.model.config import Bundle
from health_monitor.model.replay import Replay
from health_monitor.ports.usage import UsageHistory
from health_monitor.usage.portfolio import Walked, replay_portfolio
from health_monitor.views.alerts_csv import alert_rows, header
from health_monitor.views.replay_report import render
from health_monitor.views.verdict import verdict


class Reported(NamedTuple):
    """A replay's three files, and the sentence that sums them up."""

    alerts_csv: str
    report_json: str
    report_html: str
    headline: str
    report: Report


def walk_history(
    history: UsageHistory, bundle: Bundle, last_day: date, progress: Callable[[int], None] = lambda _done: None
) -> Walked:
    """Judge every account on every day up to last_day, as the nightly run would have."""
    series = dict(history.series())
    return replay_portfolio(history.accounts(), series, bundle, last_day, history.data_from, progress)


def report_on(
    replay: Replay, bundle: Bundle, intake: Mapping[str, object], from_day: date | None, budget: float | None
) -> Reported:
    """What the replay would have been worth, for episodes that opened from `from_day` on."""
    first = from_day.toordinal() if from_day else None
    report = measure(replay, from_day=first, budget=budget, bundle=bundle)
    worked = worked_examples(replay, report, bundle)
    return Reported(
        alerts_csv=_alerts_csv(replay, report, first),
        report_json=report.to_json(),
        report_html=render(report, intake=intake, worked=worked),
        headline=verdict(report).sentence,
        report=report,
    )


def _alerts_csv(replay: Replay, report: Report, first: int | None) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header(report.budget is not None))
    writer.writerows(alert_rows(replay, from_day=first, kept=report.kept if report.budget else None))
    return text.getvalue()
