"""Mails that are passed on: whole, to one of our own people."""

import boto3
import pytest

from health_monitor.adapters.memory_outreach import MemoryForwarder
from health_monitor.adapters.ses import SesForwarder
from health_monitor.model.errors import NeedsHuman, TryAgain
from health_monitor.ports.outreach import Forwarder

MAIL = b"From: us@example.com\r\nTo: carla@example.com\r\nSubject: Re: Hi\r\n\r\nGr\xc3\xbc\xc3\x9fe\r\n"


@pytest.fixture(params=["memory", "ses"])
def forwarder(request: pytest.FixtureRequest) -> Forwarder:
    if request.param == "memory":
        return MemoryForwarder()
    request.getfixturevalue("aws")
    boto3.client("sesv2").create_email_identity(EmailIdentity="us@example.com")
    return SesForwarder("us@example.com")


def test_each_mail_that_is_passed_on_has_a_receipt_of_its_own(forwarder: Forwarder) -> None:
    receipts = [forwarder.forward(MAIL, "carla@example.com") for _ in range(2)]
    assert all(receipts)
    assert len(set(receipts)) == 2


def test_an_address_that_ses_does_not_know_needs_a_human(aws: None) -> None:
    with pytest.raises(NeedsHuman, match="passing a mail on"):
        SesForwarder("stranger@example.com").forward(MAIL, "carla@example.com")


def test_memory_fails_on_command() -> None:
    forwarder = MemoryForwarder()
    forwarder.failures.append(TryAgain("busy"))
    with pytest.raises(TryAgain):
        forwarder.forward(MAIL, "carla@example.com")
    assert forwarder.forwarded == []
