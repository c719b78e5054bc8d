"""Fix what a night is before anything is judged."""

from typing import Any

from aws_lambda_powertools import Logger

from health_monitor import wiring
from health_monitor.flows.plan_scoring import plan_scoring
from health_monitor.model.run import RunInput

logger = Logger(service="plan_scoring")


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    plan = plan_scoring(
        RunInput.asked(event), wiring.clock().now(), wiring.default_bundle(),
        wiring.blobs(), wiring.accounts(), wiring.journal(),
    )  # fmt: skip
    logger.info("planned", extra=plan.model_dump(mode="json"))
    return plan.model_dump(mode="json")
