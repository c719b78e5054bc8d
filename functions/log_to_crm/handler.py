"""Tell the CRMs what conversations have come to; an errand that fails comes back alone."""

from typing import Any

from aws_lambda_powertools import Logger

from health_monitor import wiring
from health_monitor.batch import each
from health_monitor.flows.log_to_crm import log_to_crm
from health_monitor.model.alert import Errand

logger = Logger(service="log_to_crm")


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return each(event, _take, logger, "not told")


def _take(record: dict[str, Any], about: dict[str, str]) -> bool:
    """What a person has to mend first is listed, and the queue may forget it."""
    errand = Errand.model_validate_json(record["body"])
    about["errand_id"] = errand.errand_id
    counts = log_to_crm(errand, wiring.crm_desk(), wiring.clock().now())
    logger.info("told", extra={**about, **counts})
    return True
