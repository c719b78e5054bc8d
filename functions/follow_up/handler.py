"""Do what is due for one conversation; what fails comes back."""

from typing import Any

from aws_lambda_powertools import Logger

from health_monitor import wiring
from health_monitor.flows.follow_up import follow_up
from health_monitor.model.alert import Errand
from health_monitor.model.errors import AlreadyDone, NeedsHuman, TryAgain

logger = Logger(service="follow_up")


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    failed = [record["messageId"] for record in event["Records"] if not _done(record)]
    return {"batchItemFailures": [{"itemIdentifier": queue_id} for queue_id in failed]}


def _done(record: dict[str, Any]) -> bool:
    """Whether the queue may forget the errand."""
    about = {"queue_id": record["messageId"]}
    try:
        errand = Errand.model_validate_json(record["body"])
        about["conversation"] = errand.conversation_id
        logger.info("looked", extra=about | {"what": follow_up(errand, wiring.following_up(), wiring.clock().now())})
    except AlreadyDone as done:
        logger.info("nothing to do", extra=about | {"why": str(done)})
    except (TryAgain, NeedsHuman) as error:
        logger.error("not looked", extra=about | {"error": type(error).__name__, "reason": str(error)})
        return False
    except Exception as error:
        # Only its name: what a mail is made of may stand in an unforeseen error's text.
        logger.error("not looked", extra=about | {"error": type(error).__name__})
        return False
    return True
