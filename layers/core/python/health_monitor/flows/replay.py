"""Replay: the rule over a whole history, before anything is deployed."""

from collections.abc import Callable
from datetime import date

from health_monitor.model.config import Bundle
from health_monitor.ports.usage import UsageHistory
from health_monitor.usage.portfolio import Walked, replay_portfolio


def walk_history(
    history: UsageHistory, bundle: Bundle, last_day: date, progress: Callable[[int], None] = lambda _done: None
) -> Walked:
    """Judge every account on every day up to last_day, as the nightly run would have."""
    return replay_portfolio(history.accounts(), dict(history.series()), bundle, last_day, history.data_from, progress)
