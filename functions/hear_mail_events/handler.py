"""Hear what SES tells of a customer mail."""

from typing import Any

from aws_lambda_powertools import Logger

from health_monitor import wiring
from health_monitor.flows.hear_mail_events import hear_mail_event

logger = Logger(service="hear_mail_events")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    account = context.invoked_function_arn.split(":")[4]
    result = {"heard": hear_mail_event(event, account, wiring.ears())}
    logger.info("heard", extra=result)
    return result
