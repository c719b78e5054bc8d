"""Tell the CRMs what conversations have come to; an errand that fails comes back alone."""

from typing import Any

from aws_lambda_powertools import Logger

from health_monitor import wiring
from health_monitor.flows.log_to_crm import log_to_crm
from health_monitor.model.alert import Errand
from health_monitor.model.errors import TryAgain

logger = Logger(service="log_to_crm")


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    failed = [record["messageId"] for record in event["Records"] if not _done(record)]
    return {"batchItemFailures": [{"itemIdentifier": queue_id} for queue_id in failed]}


def _done(record: dict[str, Any]) -> bool:
    """Whether the queue may forget the errand: what a person has to mend first is listed, and not asked for again."""
    about = {"queue_id": record["messageId"]}
    try:
        errand = Errand.model_validate_json(record["body"])
        about["errand_id"] = errand.errand_id
        counts = log_to_crm(errand, wiring.crm_desk(), wiring.clock().now())
        logger.info("told", extra=about | counts)
    except TryAgain as error:
        logger.error("not told", extra=about | {"error": "TryAgain", "reason": str(error)})
        return False
    except Exception as error:
        # Only its name: what is logged may stand in the text of an error that nobody foresaw.
        logger.error("not told", extra=about | {"error": type(error).__name__})
        return False
    return True
