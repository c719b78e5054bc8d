"""Pull one vendor's newest records, at its schedule."""

from typing import Any

from aws_lambda_powertools import Logger

from health_monitor import wiring
from health_monitor.flows.ingest_source import ingest_source

logger = Logger(service="ingest_source")


def handler(_event: dict[str, Any], context: Any) -> dict[str, Any]:
    pulled = ingest_source(wiring.pull_desk(), context.get_remaining_time_in_millis() / 1000)
    (logger.info if pulled.because is None else logger.warning)("pulled", extra=pulled.to_dict())
    return pulled.to_dict()
