"""Evenings on which the data cannot be trusted."""

from datetime import date, timedelta

from health_monitor.adapters.memory import MemoryWorld
from health_monitor.model.usage import History
from tests.flows.stage import EVE, LATER, NIGHT, TONIGHT, furnish, next_morning, run_night, silent_for

SILENT_LONGER = ("big", "sinks")
"""They fell two days before everybody else, and become severe tonight; `big` is of high value."""


def silence(days: int = 7, until: date = LATER) -> list[History]:
    """Every account is silent; tonight all but those two open an alert."""
    return [History(name, silent_for(days + 2 * (name in SILENT_LONGER), until), ()) for name in TONIGHT]


def outage_eve(world: MemoryWorld, until: date = LATER) -> MemoryWorld:
    """Nobody's events have arrived for a week: tonight almost every account opens an alert."""
    return furnish(world, histories=silence(until=until))


def late_eve(world: MemoryWorld) -> MemoryWorld:
    """The usual evening, except that the feed has delivered through yesterday only."""
    return furnish(world, through=EVE)


def late_yesterday(world: MemoryWorld) -> MemoryWorld:
    """The evening after a late night: all data are there, and what was held waits for tonight."""
    run_night(late_eve(world))
    next_morning(world)
    return world


TOMORROW = NIGHT + timedelta(days=1)
