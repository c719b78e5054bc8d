"""Score accounts again of which something new is known; one that fails comes back alone."""

from typing import Any

from aws_lambda_powertools import Logger

from health_monitor import wiring
from health_monitor.batch import each
from health_monitor.flows.rescore import Desk, rescore
from health_monitor.model.alert import Rescoring

logger = Logger(service="rescore")


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    desk, done = wiring.rescoring(), set[Rescoring]()
    return each(event, lambda record, about: _take(record, about, desk, done), logger, "not scored again")


def _take(record: dict[str, Any], about: dict[str, str], desk: Desk, done: set[Rescoring]) -> bool:
    """Of several about the same account that came together, the first is enough."""
    wish = Rescoring.model_validate_json(record["body"])
    about["account_id"] = wish.account_id
    same = wish.model_copy(update={"why": ""})
    if same not in done:
        told = rescore(wish, wiring.clock().now(), desk)
        done.add(same)
        logger.info("scored again", extra={**about, "why": wish.why, "told": told})
    return True
