"""Hand queued messages to one channel; a message that fails comes back alone."""

from typing import Any

from aws_lambda_powertools import Logger

from health_monitor import wiring
from health_monitor.batch import each
from health_monitor.flows.deliver import deliver, deliver_to_slack, read_queued
from health_monitor.model.alert import Errand, Message

logger = Logger(service="deliver")


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return each(event, _take, logger, "not delivered")


def _take(record: dict[str, Any], about: dict[str, str]) -> bool:
    taken = read_queued(record["body"])
    about["message_id"] = taken.errand_id if isinstance(taken, Errand) else taken.message_id
    receipt = _deliver(taken, int(record["attributes"]["ApproximateReceiveCount"]))
    logger.info("delivered", extra=about | {"receipt": receipt})
    return True


def _deliver(taken: Message | Errand, receives: int) -> str:
    if isinstance(taken, Errand) or taken.channel == "slack":
        return deliver_to_slack(taken, receives, wiring.slack_counter())
    return deliver(taken, wiring.claims(), wiring.courier(taken.channel), wiring.clock())
