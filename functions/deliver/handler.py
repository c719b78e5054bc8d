"""Hand queued messages to one channel; a message that fails comes back alone."""

from typing import Any

from aws_lambda_powertools import Logger

from health_monitor import wiring
from health_monitor.flows.deliver import deliver, deliver_to_slack, read_queued
from health_monitor.model.alert import Errand, Message
from health_monitor.model.errors import AlreadyDone, NeedsHuman, TryAgain

logger = Logger(service="deliver")


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    # By hand: a library for these two lines would take a sixth of the function's start (docs/adr).
    failed = [record["messageId"] for record in event["Records"] if not _done(record)]
    return {"batchItemFailures": [{"itemIdentifier": queue_id} for queue_id in failed]}


def _done(record: dict[str, Any]) -> bool:
    """Whether the queue may forget the message."""
    about = {"queue_id": record["messageId"]}
    try:
        taken = read_queued(record["body"])
        about["message_id"] = taken.errand_id if isinstance(taken, Errand) else taken.message_id
        receipt = _deliver(taken, int(record["attributes"]["ApproximateReceiveCount"]))
        logger.info("delivered", extra=about | {"receipt": receipt})
    except AlreadyDone:
        logger.info("delivered before", extra=about)
    except (TryAgain, NeedsHuman) as error:
        # Without its cause: what a vendor answers may name the recipient, and logs hold no addresses.
        logger.error("not delivered", extra=about | {"error": type(error).__name__, "reason": str(error)})
        return False
    except Exception as error:
        # Only its name: what a message says may stand in an unforeseen error's text.
        logger.error("not delivered", extra=about | {"error": type(error).__name__})
        return False
    return True


def _deliver(taken: Message | Errand, receives: int) -> str:
    if isinstance(taken, Errand) or taken.channel == "slack":
        return deliver_to_slack(taken, receives, wiring.slack_counter())
    return deliver(taken, wiring.claims(), wiring.courier(taken.channel), wiring.clock())
