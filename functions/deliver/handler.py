"""Hand queued messages to one channel; a message that fails comes back alone."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from health_monitor import wiring
from health_monitor.flows.deliver import deliver
from health_monitor.model.alert import Message
from health_monitor.model.errors import AlreadyDone

logger = Logger(service="deliver")


def handler(event: dict[str, Any], context: Any) -> Any:
    processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
    return process_partial_response(event, _deliver, processor, context)


def _deliver(record: SQSRecord) -> None:
    message = Message.model_validate_json(record.body)
    try:
        receipt = deliver(message, wiring.claims(), wiring.courier(message.channel), wiring.clock())
        logger.info("delivered", extra={"message_id": message.message_id, "receipt": receipt})
    except AlreadyDone:
        logger.info("delivered before", extra={"message_id": message.message_id})
    except Exception as error:
        logger.exception("not delivered", extra={"message_id": message.message_id, "error": type(error).__name__})
        raise
