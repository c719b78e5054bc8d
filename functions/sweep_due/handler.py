"""Put everything that is due into its queue, once an hour; {"now": "2026-11-29T09:00:00Z"} sweeps as of that moment."""

from datetime import datetime
from typing import Any

from aws_lambda_powertools import Logger

from health_monitor import wiring
from health_monitor.flows.sweep_due import sweep_due

logger = Logger(service="sweep_due")


def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    def enough() -> bool:
        return bool(context.get_remaining_time_in_millis() < 30_000)

    as_of = datetime.fromisoformat(event["now"]) if event.get("now") else None
    now = as_of or wiring.clock().now()
    swept = sweep_due(now, wiring.conversations(), wiring.outbox(), as_of=as_of, enough=enough)
    logger.info("swept", extra=swept)
    return swept
