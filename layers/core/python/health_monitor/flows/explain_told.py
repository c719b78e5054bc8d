"""An explanation as people and programs read it."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from health_monitor.model.explanation import Explanation, Unreported
from health_monitor.views.explain import explain_lines, unreported_lines
from health_monitor.views.explain_json import explain_json, unreported_json


def explained_page(found: Explanation | Unreported) -> Iterator[str]:
    """The page, line by line."""
    return unreported_lines(found) if isinstance(found, Unreported) else explain_lines(found)


def explained_json(found: Explanation | Unreported) -> dict[str, Any]:
    """Everything."""
    if isinstance(found, Unreported):
        return unreported_json(found, found.day.isoformat() if found.day > date.min else None)
    return explain_json(found)
