"""Raise, escalate and resolve a night's alerts, and tell people."""

from typing import Any

from aws_lambda_powertools import Logger

from health_monitor import wiring
from health_monitor.flows.decide_alerts import Desk, decide_alerts
from health_monitor.model.run import Plan
from health_monitor.settings import setting

logger = Logger(service="decide_alerts")


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    plan = Plan.model_validate(event)
    desk = Desk(
        wiring.blobs(), wiring.accounts(), wiring.alerts(), wiring.notices(), wiring.outbox(),
        setting("HM_OPERATIONS_EMAIL"), setting("HM_SLACK_CHANNEL"), wiring.outreach_desk(),
    )  # fmt: skip
    logger.info("decided", extra={"as_of": str(plan.as_of), **decide_alerts(plan, desk)})
    return event
