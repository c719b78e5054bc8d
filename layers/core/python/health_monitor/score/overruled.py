"""What a person's override changes of where an account stands, until the next scoring goes through all of it."""

from datetime import UTC, date, datetime

from health_monitor.model.records import HealthStatus, Override
from health_monitor.model.score import Standing
from health_monitor.model.scorecard import Trend
from health_monitor.score.status import color_of
from health_monitor.score.trend import momentum_of


def overruled(standing: Standing, override: Override | None, trend: Trend, at: datetime) -> Standing:
    """With the override's status, or without one the model's own; the score and what the model says stay visible."""
    if override is None:
        return _with(standing, standing.model_status, None, trend, at)
    return _with(standing, override.status, override.name, trend, at)


def overruled_since(standing: Standing, before: Standing | None, night: date, trend: Trend) -> Standing:
    """A night's standing by what a person has judged since that day: it must not be gone until the night after."""
    if before is None or before.at is None or before.at.astimezone(UTC).date() <= night:
        return standing
    if before.override == standing.override:
        return standing
    status = before.status if before.override else standing.model_status
    return _with(standing, status, before.override, trend, before.at)


def _with(
    standing: Standing, status: HealthStatus | None, override: str | None, trend: Trend, at: datetime
) -> Standing:  # fmt: skip
    color = color_of(status, momentum_of(standing.deltas, trend))
    return standing.model_copy(update={"at": at, "status": status, "override": override, "display_color": color})
