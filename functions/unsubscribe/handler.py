"""Answer whoever follows an unsubscribe link, or whose mail program does it for them."""

from typing import Any

from aws_lambda_powertools import Logger

from health_monitor import wiring
from health_monitor.flows.unsubscribe import Exit, answer_unsubscribe

logger = Logger(service="unsubscribe")


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    method, token = event["requestContext"]["http"]["method"], event["pathParameters"]["token"]
    ports = Exit(wiring.conversations(), wiring.threads(), wiring.suppressions(), wiring.outbox())
    page = answer_unsubscribe(method, token, wiring.clock().now(), ports)
    logger.info("answered", extra={"method": method})
    return {"statusCode": page.status, "headers": dict(page.headers), "body": page.body}
