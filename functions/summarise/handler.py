"""What a night's accounts say together."""

from typing import Any

from aws_lambda_powertools import Logger

from health_monitor import wiring
from health_monitor.flows.summarise import summarise
from health_monitor.model.run import Plan

logger = Logger(service="summarise")


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    plan = Plan.model_validate(event)
    summary = summarise(plan, wiring.blobs())
    logger.info("summarised", extra={"as_of": str(plan.as_of), **summary})
    return event
