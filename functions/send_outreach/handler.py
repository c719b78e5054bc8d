"""Send one customer mail, at most once; what fails before it is handed over comes back."""

from typing import Any

from aws_lambda_powertools import Logger

from health_monitor import wiring
from health_monitor.flows.send_outreach import BUSY, send_outreach
from health_monitor.model.alert import Errand
from health_monitor.model.errors import AlreadyDone, NeedsHuman, TryAgain

logger = Logger(service="send_outreach")


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    failed = [record["messageId"] for record in event["Records"] if not _done(record)]
    return {"batchItemFailures": [{"itemIdentifier": queue_id} for queue_id in failed]}


def _done(record: dict[str, Any]) -> bool:
    """Whether the queue may forget the errand."""
    about = {"queue_id": record["messageId"]}
    try:
        errand = Errand.model_validate_json(record["body"])
        about["conversation"] = errand.conversation_id
        what = send_outreach(errand, wiring.sending(), wiring.clock().now())
        logger.info("decided", extra=about | {"what": what})
        return what != BUSY
    except AlreadyDone as done:
        logger.info("nothing to do", extra=about | {"why": str(done)})
    except (TryAgain, NeedsHuman) as error:
        logger.error("not decided", extra=about | {"error": type(error).__name__, "reason": str(error)})
        return False
    except Exception as error:
        # Only its name: what a mail is made of may stand in an unforeseen error's text.
        logger.error("not decided", extra=about | {"error": type(error).__name__})
        return False
    return True
