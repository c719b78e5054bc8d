"""Judge one batch of accounts."""

from typing import Any

from aws_lambda_powertools import Logger

from health_monitor import wiring
from health_monitor.flows.score_accounts import score_accounts
from health_monitor.model.run import Batch, Plan

logger = Logger(service="score_accounts")


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    plan, batch = Plan.model_validate(event["run"]), Batch.model_validate(event["batch"])
    counts = score_accounts(
        plan, batch, wiring.blobs(), wiring.accounts(), wiring.rings(), wiring.arrivals(), wiring.states()
    )
    logger.info("scored", extra={"as_of": str(plan.as_of), **counts})
    return counts
