"""Go on with what has to be forgotten, until there is little time left."""

from typing import Any

from aws_lambda_powertools import Logger

from health_monitor import wiring
from health_monitor.flows.erase import erase_open, is_overdue
from health_monitor.flows.reception import Reception
from health_monitor.model.errors import NeedsHuman

logger = Logger(service="erase_people")


def handler(_event: dict[str, Any], context: Any) -> dict[str, Any]:
    def enough() -> bool:
        return bool(context.get_remaining_time_in_millis() < 30_000)

    worked_on = erase_open(wiring.clock().now, enough, Reception.of(wiring.aws_world()))
    result = {"finished": sum(one.finished_at is not None for one in worked_on)}
    result["open"] = len(worked_on) - result["finished"]
    logger.info("erased", extra=result)
    if overdue := sum(is_overdue(one, wiring.clock().now()) for one in worked_on):
        # An error, because only those ring: somebody has a right to this.
        raise NeedsHuman(f"{overdue} erasures are open for more than two days; run health-monitor erase open")
    return result
