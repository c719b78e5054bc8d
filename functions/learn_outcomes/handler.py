"""Record how the accounts fare that somebody wrote to, or did not, and what scores were worth."""

from typing import Any

from aws_lambda_powertools import Logger

from health_monitor import wiring
from health_monitor.flows.learn_outcomes import learn_outcomes
from health_monitor.model.run import Plan

logger = Logger(service="learn_outcomes")


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    plan = Plan.model_validate(event)
    result = learn_outcomes(
        plan, wiring.blobs(), wiring.conversations(), wiring.accounts(), wiring.dossiers()
    )  # fmt: skip
    logger.info("measured", extra={"as_of": str(plan.as_of), **result})
    return event
