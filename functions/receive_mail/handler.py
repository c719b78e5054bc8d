"""Take a customer's answer that SES has put into the bucket."""

from datetime import datetime
from typing import Any

from aws_lambda_powertools import Logger

from health_monitor import wiring
from health_monitor.flows.receive_mail import receive_mail
from health_monitor.model.errors import AlreadyDone

logger = Logger(service="receive_mail")


def handler(event: dict[str, Any], _context: object) -> dict[str, str]:
    key, received = event["detail"]["object"]["key"], datetime.fromisoformat(event["time"])
    try:
        what = receive_mail(key, received, wiring.mail_desk(), wiring.clock().now())
    except AlreadyDone as done:
        what = str(done)
    logger.info("received", extra={"what": what})
    return {"what": what}
