"""Judge one batch of accounts."""

from typing import Any

from aws_lambda_powertools import Logger

from health_monitor import wiring
from health_monitor.flows.score_accounts import Stores, score_accounts
from health_monitor.model.run import Batch, Plan

logger = Logger(service="score_accounts")


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    plan, batch = Plan.model_validate(event["run"]), Batch.model_validate(event["batch"])
    stores = Stores(
        wiring.blobs(), wiring.accounts(), wiring.rings(), wiring.arrivals(), wiring.states(), wiring.dossiers(),
        wiring.standings(),
    )  # fmt: skip
    counts = score_accounts(plan, batch, stores)
    logger.info("scored", extra={"as_of": str(plan.as_of), **counts})
    return counts
