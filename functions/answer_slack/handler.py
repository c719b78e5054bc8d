"""Answer Slack, which sends to `/slack/{kind}` what people click, type and open."""

import json
from typing import Any

from aws_lambda_powertools import Logger

from health_monitor import wiring
from health_monitor.flows.answer_slack import Call, answer_slack

logger = Logger(service="answer_slack")


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    kind, encoded = event["pathParameters"]["kind"], event.get("isBase64Encoded", False)
    # Slack repeats an event that it heard no answer to; taking it again changes nothing.
    call = Call(kind, event["headers"], event.get("body") or "", encoded)
    answer = answer_slack(call, wiring.slack_keyring(), wiring.slack_stage())
    if answer.why:
        tell = logger.error if answer.status >= 500 else logger.warning
        tell("refused", extra={"kind": kind[:20], "status": answer.status, "why": answer.why})
    return {
        "statusCode": answer.status,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(answer.body),
    }
