"""A plan, weights and the ledger as a person or a program reads them."""

import json
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from health_monitor.flows.model_plan import Planned
from health_monitor.learn.weights import Weighing
from health_monitor.views.plan import plan_lines
from health_monitor.views.weights import weights_lines

DAYS = ("first_day", "last_day", "day")
"""What is counted in ordinals, and told as days."""


def plan_page(planned: Planned) -> Iterator[str]:
    """The plan's lines."""
    return plan_lines(planned.findings)


def weights_page(found: tuple[Weighing, ...]) -> Iterator[str]:
    """The weights' lines."""
    return weights_lines(found)


def plan_json(planned: Planned) -> str:
    """The whole plan, every account in it."""
    head = {"before": planned.before, "after": planned.after, "changes": planned.changes}
    return _text(head | planned.findings.to_json())


def weights_json(found: tuple[Weighing, ...]) -> str:
    """All weights."""
    return _text([one.to_json() for one in found])


def counted(counts: Mapping[str, Any]) -> str:
    """What a stored plan found, in half a line."""
    (missed, missed_then), (false, false_then) = counts["missed"], counts["false_alarms"]
    scored = counts.get("scored", counts["accounts"])  # plans of earlier releases counted who had left, too
    return (
        f"{counts['changing']} of {scored} accounts stand elsewhere; alerts {counts['alerts'][0]} → "
        f"{counts['alerts'][1]}; of {counts['churns']} churns missed {missed} → {missed_then}; of "
        f"{counts['renewals']} renewals false alarms {false} → {false_then}"
    )


def _text(said: Any) -> str:
    return json.dumps(_plain(said), indent=1, ensure_ascii=False) + "\n"


def _plain(said: Any, name: str = "") -> Any:
    """Days as 2026-01-31, money and weights as numbers, named tuples with their names."""
    if isinstance(said, Mapping):
        return {key: _plain(value, key) for key, value in said.items()}
    if isinstance(said, tuple) and hasattr(said, "_asdict"):
        return _plain(said._asdict())
    if isinstance(said, list | tuple):
        return [_plain(one) for one in said]
    if isinstance(said, Decimal):
        return float(said)
    return date.fromordinal(said).isoformat() if name in DAYS and said else said
