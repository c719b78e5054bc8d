"""Do what is due for one conversation; what fails comes back."""

from typing import Any

from aws_lambda_powertools import Logger

from health_monitor import wiring
from health_monitor.batch import each
from health_monitor.flows.follow_up import follow_up
from health_monitor.model.alert import Errand

logger = Logger(service="follow_up")


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return each(event, _take, logger, "not looked")


def _take(record: dict[str, Any], about: dict[str, str]) -> bool:
    errand = Errand.model_validate_json(record["body"])
    about["conversation"] = errand.conversation_id
    logger.info("looked", extra=about | {"what": follow_up(errand, wiring.following_up(), wiring.clock().now())})
    return True
