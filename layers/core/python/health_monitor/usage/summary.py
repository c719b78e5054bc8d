"""The barrier of a night: what all accounts together say, and the benchmarks they leave for tomorrow."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from statistics import median
from typing import Any, NamedTuple

from health_monitor.model.config import Bundle
from health_monitor.model.state_json import Named
from health_monitor.usage.benchmark import Ledger
from health_monitor.usage.incident import incident_of, incident_text
from health_monitor.usage.night import point_of


class Night(NamedTuple):
    """A night's counts, its incident in words, and tomorrow's medians. `ledger` now holds the night too."""

    judged: int
    no_verdict: dict[str, int]
    incident: str | None
    medians: dict[str, Any]
    ledger: Ledger


def summarise_night(lines: Iterable[Named], ledger: Ledger, late: Iterable[str], bundle: Bundle, day: date) -> Night:
    """Count the night's lines; `late` are the sources that had not delivered the day."""
    judged, reasons, shifts, points = 0, Counter[str](), Counter[int](), []
    seats: dict[str, list[float]] = defaultdict(list)
    for named in lines:
        judged += 1
        if reason := named["state"]["verdict"].get("reason"):
            reasons[reason] += 1
        if named["shift"] is not None:
            shifts[named["shift"]] += 1
        if own := point_of(named):
            points.append(own)
        if named["index_per_seat"] is not None:
            seats[named["scope"]].append(named["index_per_seat"])
    ledger.add(points)
    medians = {
        "benchmarks": ledger.table(bundle.benchmark_min_accounts),
        "per_seat": medians_of(seats),
    }
    return Night(judged, dict(reasons), _incident(shifts, late, bundle, day), medians, ledger)


def _incident(shifts: Counter[int], late: Iterable[str], bundle: Bundle, day: date) -> str | None:
    waiting = sorted(late)
    if waiting:
        return f"source_late: {', '.join(waiting)}"
    found = incident_of(day.toordinal(), shifts, bundle.data_incident)
    return incident_text(found) if found else None


def medians_of(by_scope: Mapping[str, list[float]]) -> dict[str, float]:
    """The median of each segment's values."""
    return {scope: median(values) for scope, values in sorted(by_scope.items())}
