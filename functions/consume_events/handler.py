"""Take in the bodies that webhooks left; a message that fails comes back alone."""

from typing import Any

from aws_lambda_powertools import Logger

from health_monitor import wiring
from health_monitor.flows.consume_events import Desk, consume_events
from health_monitor.model.errors import NeedsHuman, TryAgain

logger = Logger(service="consume_events")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    # Half of its five minutes: what is begun wants to be finished.
    def enough() -> bool:
        return bool(context.get_remaining_time_in_millis() < 150_000)

    desk = Desk(wiring.sources(), wiring.blobs(), wiring.journal(), wiring.clock(), wiring.take_in())
    done = consume_events({record["messageId"]: record["body"] for record in event["Records"]}, desk, enough)
    for source, intake in done.intakes:
        logger.info("taken in", extra={"source": source, **intake.live()})
    for queue_id, error in done.failed.items():
        about = {"queue_id": queue_id, "error": type(error).__name__}
        if isinstance(error, TryAgain | NeedsHuman):
            logger.error("not taken in", extra=about | {"reason": str(error)})
        else:
            logger.error("not taken in", extra=about, exc_info=error)
    return {"batchItemFailures": [{"itemIdentifier": queue_id} for queue_id in done.failed]}
