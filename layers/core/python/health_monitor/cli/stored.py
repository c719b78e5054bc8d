"""How `health-monitor show` words what is stored of an account's health: where it stands, and its records."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from health_monitor.cli.console import many
from health_monitor.model.records import STATUS
from health_monitor.model.score import History, Standing

UNKNOWN = "–"
NAMING = ("source", "key", "changed_at")
LATEST = 14
"""Scores, one a day."""


def standing_lines(item: dict[str, Any], every_day: bool) -> Iterator[str]:
    """Where the account stands."""
    said = {name: value for name, value in item.items() if name in Standing.model_fields}
    standing = Standing.model_validate_json(json.dumps(said))
    moment = f", scored again at {standing.at:%Y-%m-%d %H:%M} UTC" if standing.at else ""
    yield f"as of {standing.as_of}{moment}, scorecard {standing.card}, version {standing.version}"
    yield ", ".join(_facts(standing))
    yield "dimensions: " + ", ".join(f"{name} {_hundredths(value)}" for name, value in standing.dimensions.items())
    deltas = (UNKNOWN if by is None else f"{by / 10:+.1f}" for by in standing.deltas)
    yield "change: " + ", ".join(f"{by} in {days} days" for days, by in zip((30, 90, 180), deltas, strict=True))
    for one in standing.drivers:
        yield f"{one.points / 10:+.1f}  {one.measure} ({one.dimension}): {one.said}"
    for signal in standing.signals:
        since = f" since {signal.since}" if signal.since else ""
        records = f" [{', '.join(signal.records)}]" if signal.records else ""
        yield f"{signal.severity}{since}: {signal.said}{records}"
    yield from _scores(standing.history, every_day)


def record_line(record: dict[str, Any]) -> str:
    """A record in one line: its name, then what it says; when it changed comes last."""
    said = (f"{name} {_words(value)}" for name, value in record.items() if name not in NAMING and value is not False)
    return f"{record['source']}/{record['key']}: {', '.join(said)} (changed {record['changed_at']})"


def _facts(standing: Standing) -> Iterator[str]:
    known = f"{standing.coverage // 100} % known{', provisional' if standing.provisional else ''}"
    yield f"score {_tenths(standing.score)} of 100 ({known})"
    yield f"status {STATUS[standing.status] if standing.status else 'unknown'}"
    if standing.override:
        model = STATUS[standing.model_status] if standing.model_status else "unknown"
        yield f"by override {standing.override} (the score's own: {model})"
    if standing.limited_by:
        yield f"held by the limit {standing.limited_by}"
    yield f"tier {standing.tier or 'unknown'}"
    yield f"trend {standing.trend or 'unknown'}"
    yield from (flag.replace("_", " ") for flag in standing.flags)
    if standing.priority is not None:
        yield f"priority {standing.priority:,.0f}"
    if standing.last_touch:
        yield f"last touchpoint {standing.last_touch}"
    if standing.expansion_ready:
        yield f"ready to grow ({standing.expansion_score or 0} of 100)"


def _scores(history: History, every_day: bool) -> Iterator[str]:
    shown = history.values if every_day else history.values[-LATEST:]
    if shown:
        first = date.fromordinal(history.first_day) + timedelta(days=len(history.values) - len(shown))
        cut = f" of {len(history.values)}" if len(shown) < len(history.values) else ""
        yield f"scores, {many(len(shown), 'day')}{cut} from {first}: {' '.join(map(_tenths, shown))}"


def _words(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "; ".join(map(str, value)) or UNKNOWN
    return "yes" if value is True else str(value)


def _tenths(value: int | None) -> str:
    return UNKNOWN if value is None else f"{value / 10:.1f}"


def _hundredths(value: int | None) -> str:
    return UNKNOWN if value is None else f"{value // 10 / 10:.1f}"
