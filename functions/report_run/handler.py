"""Close a night, or say what it lacks: the last state of the workflow, and where its failures arrive."""

import json
from contextlib import suppress
from typing import Any

from aws_lambda_powertools import Logger

from health_monitor import wiring
from health_monitor.flows.report_run import report_failure, report_run
from health_monitor.model.run import Plan
from health_monitor.settings import setting

logger = Logger(service="report_run")


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    if "detail" in event:
        return _failure(event["detail"])
    plan = Plan.model_validate(event)
    result = report_run(plan, wiring.clock().now(), wiring.blobs(), wiring.journal())
    logger.info("run complete", extra=result)
    return result


def _why(detail: dict[str, Any]) -> str:
    """How it ended, and the error in its own words where AWS tells it; Lambda wraps the words into JSON."""
    error, cause = detail.get("error"), detail.get("cause") or ""
    with suppress(ValueError, KeyError, TypeError):
        cause = json.loads(cause)["errorMessage"]
    return ": ".join(part for part in (detail["status"], error, cause) if part)


def _failure(detail: dict[str, Any]) -> dict[str, Any]:
    record = report_failure(
        json.loads(detail.get("input") or "{}"), detail["name"], _why(detail),
        wiring.clock().now(), wiring.blobs(), wiring.journal(), wiring.notices(), wiring.outbox(),
        setting("HM_OPERATIONS_EMAIL"), setting("HM_SLACK_CHANNEL"),
    )  # fmt: skip
    result = record.model_dump(mode="json") if record else {}
    logger.error("run failed", extra={"execution": detail["name"], **result})
    return result
