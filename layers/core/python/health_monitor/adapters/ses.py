"""Email through Amazon SES."""

import hashlib
from functools import cached_property
from typing import TYPE_CHECKING

import boto3

from health_monitor.adapters.aws import patience, sorting_errors
from health_monitor.model.alert import Message

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

_ASK_SES = "look at the sending status in the SES console and follow what it asks for"

NEEDS_HUMAN = {
    "MessageRejected": "verify the sender's address, and, while SES is in its sandbox, the recipient's too",
    "MailFromDomainNotVerifiedException": "finish verifying the MAIL FROM domain in SES",
    "SendingPausedException": _ASK_SES,
    "AccountSuspendedException": _ASK_SES,
    "LimitExceededException": "ask AWS for a higher sending quota",
    "NotFoundException": "verify the sender's address in SES in this region",
    "BadRequestException": "check the recipient's address, in most cases the account's csm_email",
}
"""What SES answers when trying again cannot help, and what can."""


class SesCourier:
    """Sends plain text from one verified address."""

    def __init__(self, mail_from: str) -> None:
        self._mail_from = mail_from

    @cached_property
    def client(self) -> "SESV2Client":
        # Less than usual: the queue repeats it anyway, and the messages handed over with this one need their turn.
        return boto3.client("sesv2", config=patience(read_timeout=10, attempts=2))

    def deliver(self, message: Message) -> str:
        with sorting_errors("sending email", NEEDS_HUMAN):
            answer = self.client.send_email(
                FromEmailAddress=self._mail_from,
                Destination={"ToAddresses": [message.to]},
                Content={
                    "Simple": {
                        "Subject": {"Data": message.subject, "Charset": "UTF-8"},
                        "Body": {"Text": {"Data": message.text, "Charset": "UTF-8"}},
                    }
                },
                EmailTags=[{"Name": "message_id", "Value": tag_of(message.message_id)}],
            )
        return answer["MessageId"]


class SesForwarder:
    """Passes whole mails on, from one verified address."""

    def __init__(self, mail_from: str) -> None:
        self._mail_from = mail_from

    @cached_property
    def client(self) -> "SESV2Client":
        return boto3.client("sesv2", config=patience(read_timeout=20, attempts=2))

    def forward(self, mail: bytes, to: str) -> str:
        with sorting_errors("passing a mail on", NEEDS_HUMAN):
            answer = self.client.send_email(
                FromEmailAddress=self._mail_from,
                Destination={"ToAddresses": [to]},
                Content={"Raw": {"Data": mail}},
            )
        return answer["MessageId"]


def tag_of(message_id: str) -> str:
    """The message's name in SES events, where only letters, digits, - and _ are allowed."""
    return hashlib.sha256(message_id.encode()).hexdigest()[:32]
