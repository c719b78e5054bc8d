"""What a person's override changes of where an account stands, until the next scoring goes through all of it."""

from datetime import datetime

from health_monitor.model.records import Override
from health_monitor.model.score import Standing
from health_monitor.model.scorecard import Trend
from health_monitor.score.status import color_of
from health_monitor.score.trend import momentum_of


def overruled(standing: Standing, override: Override | None, trend: Trend, at: datetime) -> Standing:
    """With the override's status, or without one the model's own; the score and what the model says stay visible."""
    status = override.status if override else standing.model_status
    return standing.model_copy(
        update={
            "at": at,
            "status": status,
            "override": override.name if override else None,
            "display_color": color_of(status, momentum_of(standing.deltas, trend)),
        }
    )
