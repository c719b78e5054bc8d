"""What every function that a queue calls has in common: each record by itself, and logs that name nobody."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from health_monitor.model.errors import AlreadyDone, NeedsHuman, TryAgain

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger

Take = Callable[[dict[str, Any], dict[str, str]], bool]
"""Takes a record, and what the log says of it so far, to which it may add; whether the queue may forget it."""


def each(event: dict[str, Any], take: Take, logger: "Logger", failed: str) -> dict[str, Any]:
    """What the queue is to keep, in its own words; `failed`: how the log calls a failure."""
    # By hand: a library for these two lines would take a sixth of a function's start (docs/adr).
    kept = [record["messageId"] for record in event["Records"] if not _done(record, take, logger, failed)]
    return {"batchItemFailures": [{"itemIdentifier": queue_id} for queue_id in kept]}


def _done(record: dict[str, Any], take: Take, logger: "Logger", failed: str) -> bool:
    about = {"queue_id": record["messageId"]}
    try:
        return take(record, about)
    except AlreadyDone as done:
        logger.info("nothing to do", extra=about | {"why": str(done)})
        return True
    except (TryAgain, NeedsHuman) as error:
        # Without its cause: what a vendor answers may name the recipient, and logs hold no addresses.
        logger.error(failed, extra=about | {"error": type(error).__name__, "reason": str(error)})
    except Exception as error:
        # Only its name: what a message says may stand in an unforeseen error's text.
        logger.error(failed, extra=about | {"error": type(error).__name__})
    return False
