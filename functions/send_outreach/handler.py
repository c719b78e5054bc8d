"""Send one customer mail, at most once; what fails before it is handed over comes back."""

from typing import Any

from aws_lambda_powertools import Logger

from health_monitor import wiring
from health_monitor.batch import each
from health_monitor.flows.send_outreach import BUSY, send_outreach
from health_monitor.model.alert import Errand

logger = Logger(service="send_outreach")


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return each(event, _take, logger, "not decided")


def _take(record: dict[str, Any], about: dict[str, str]) -> bool:
    errand = Errand.model_validate_json(record["body"])
    about["conversation"] = errand.conversation_id
    what = send_outreach(errand, wiring.sending(), wiring.clock().now())
    logger.info("decided", extra=about | {"what": what})
    return what != BUSY
