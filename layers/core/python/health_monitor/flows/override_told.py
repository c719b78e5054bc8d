"""Overrides, and who was right, as tables that a person reads."""

from datetime import date
from typing import NamedTuple

from health_monitor.flows.override import overrides
from health_monitor.flows.override_ledger import ledger
from health_monitor.ports.world import World
from health_monitor.views import overrides as view


class Shown(NamedTuple):
    """A table."""

    columns: view.Row
    rows: list[view.Row]


def listed(world: World, today: date, *, everything: bool) -> Shown:
    """The overrides in force, or all there ever were."""
    found = (one for one in overrides(world) if everything or one[1].in_force(today))
    return Shown(view.LIST, view.list_rows(found, today))


class Judged(NamedTuple):
    """How often who was right, every case, and what people say again and again that the score does not see."""

    tallies: Shown
    cases: Shown
    missed: list[str]


def judged(world: World, today: date) -> Judged:
    """All overrides against the score's status of their day; without rows while there was none."""
    cases = list(ledger(world, today))
    return Judged(
        Shown(view.LEDGER, view.tally_rows(cases)), Shown(view.CASES, view.case_rows(cases)),
        list(view.missed_lines(cases)),
    )  # fmt: skip
