"""Answer whoever sends to `/webhooks/{source}`."""

import json
from typing import Any

from aws_lambda_powertools import Logger

from health_monitor import wiring
from health_monitor.flows.receive_webhook import Door, Knock, receive_webhook

logger = Logger(service="receive_webhook")


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    source, encoded = event["pathParameters"]["source"], event.get("isBase64Encoded", False)
    knock = Knock(source, event["headers"], event.get("body") or "", encoded)
    door = Door(wiring.sources(), wiring.keyring(), wiring.blobs(), wiring.inbox(), wiring.clock())
    answer = receive_webhook(knock, door)
    if answer.why:  # what was taken in is counted where it is understood
        tell = logger.error if answer.status >= 500 else logger.warning
        tell("refused", extra={"source": source[:40], "status": answer.status, "why": answer.why})
    headers = {"Content-Type": "application/json", **answer.headers}
    return {"statusCode": answer.status, "headers": headers, "body": json.dumps(answer.body)}
