"""Customer mail through SES: what leaves, and which answer of SES is which of ours."""

import email
import json
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)
from botocore.stub import Stubber
from botocore.validate import ParamValidator

from health_monitor.adapters.ses_mailer import SesMailer, message_id, mime
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.outreach import OutgoingMail, tag_of
from tests.contracts.conftest import aws  # noqa: F401  (the fixture that `mailer` asks for)

CONTRACT = Path(__file__).parents[3] / "shared" / "contracts" / "ses" / "sesv2.subset.botocore.json"
MAIL = OutgoingMail(
    action_id="acme/usage_drop/2026-11-01/c1/check_in", mail_from="carla@example.com", from_name="Carla Ödegård",
    to="charlie@acme.example", to_name='Charlie "C" <x@y.example>', reply_to="reply+abc@in.example.com",
    subject="How is it going? ✓", text="Hello\n\nÄ long text\n", html="<p>Hello</p>",
    unsubscribe_url="https://api.example/unsubscribe/abc", unsubscribe_address="unsubscribe+abc@in.example.com",
)  # fmt: skip
SAID = {"MessageId": "0102-ses"}


@pytest.fixture
def mailer(aws: None) -> SesMailer:  # noqa: F811
    boto3.client("sesv2").create_email_identity(EmailIdentity="example.com")
    return SesMailer(("example.com", "example.org"), "health-monitor")


def read(mail: OutgoingMail = MAIL, region: str = "eu-west-1") -> EmailMessage:
    parsed = email.message_from_bytes(mime(mail, region).as_bytes(), policy=default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def asked(mailer: SesMailer, answer: Any, mail: OutgoingMail = MAIL) -> tuple[Any, dict[str, Any]]:
    """What our adapter made of an answer, and what it had asked."""
    seen: dict[str, Any] = {}

    def ask(**given: Any) -> Any:
        seen.update(given)
        if isinstance(answer, Exception):
            raise answer
        return answer

    # A client of its own: the suite's is shared.
    vars(mailer)["client"] = SimpleNamespace(send_email=ask, meta=SimpleNamespace(region_name="eu-west-1"))
    return mailer.send(mail), seen


def an_error(code: str, status: int = 400) -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "SendEmail")  # type: ignore[typeddict-item]


def test_moto_takes_the_mail(mailer: SesMailer) -> None:
    delivery = mailer.send(MAIL)
    assert (delivery.outcome, bool(delivery.receipt)) == ("sent", True)


def test_the_message_can_be_answered_and_stopped_with_one_click() -> None:
    message = read()
    assert message["From"] == "Carla Ödegård <carla@example.com>"
    assert message["To"].addresses[0].addr_spec == "charlie@acme.example"
    assert message["Reply-To"] == "reply+abc@in.example.com"
    assert message["Subject"] == "How is it going? ✓"
    stops = "<https://api.example/unsubscribe/abc>, <mailto:unsubscribe+abc@in.example.com>"
    assert message["List-Unsubscribe"] == stops
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    body = message.get_body(("plain",))
    assert body
    assert "Ä long text" in body.get_content()
    plain = read(MAIL._replace(unsubscribe_address=None, from_name=None))
    assert (plain["List-Unsubscribe"], plain["From"]) == ("<https://api.example/unsubscribe/abc>", "carla@example.com")


def test_what_mail_programs_read_as_it_stands_is_never_encoded_or_parted() -> None:
    """A deployed address on the web, and the ids that SES gives its mails, are longer than a line."""
    url = "https://abcdefghij.execute-api.ap-southeast-2.amazonaws.com/unsubscribe/" + "a" * 26
    first = "0102018f1b2c3d4e-5f607182-93a4-4b5c-8d6e-7f8091a2b3c4-000000"
    long = MAIL._replace(
        unsubscribe_url=url, unsubscribe_address=f"unsubscribe+{'a' * 26}@reply.example.com", in_reply_to=first,
        subject="é" * 200, from_name="Inés Ñandú", to=f"{'c' * 60}@{'acme-' * 8}x.example", to_name="李" * 100,
    )  # fmt: skip
    lines = mime(long, "ap-southeast-2").as_bytes().decode("ascii").split("\r\n")
    assert f"List-Unsubscribe: <{url}>, <mailto:{long.unsubscribe_address}>" in lines
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in lines
    for name in ("In-Reply-To", "References"):
        assert f"{name}: <{first}@ap-southeast-2.amazonses.com>" in lines
    assert max(map(len, lines)) < 998  # RFC 5322, section 2.1.1
    assert read(long)["Subject"] == "é" * 200
    assert any(f"<{long.to}>" in line for line in lines)


def test_a_senders_name_in_any_script_is_sent_in_plain_letters(mailer: SesMailer) -> None:
    seen = asked(mailer, SAID, MAIL._replace(from_name="Inés, Ñandú"))[1]
    assert seen["FromEmailAddress"].isascii()
    assert str(make_header(decode_header(seen["FromEmailAddress"]))).startswith("Inés, Ñandú")


def test_a_follow_up_names_the_message_that_ses_made_of_the_first() -> None:
    follow_up = read(MAIL._replace(in_reply_to="0102-ses"))
    assert follow_up["In-Reply-To"] == follow_up["References"] == "<0102-ses@eu-west-1.amazonses.com>"
    assert message_id("0102-ses", "us-east-1") == "<0102-ses@email.amazonses.com>"


def test_it_is_asked_for_once_with_its_tag_and_to_one_recipient(mailer: SesMailer) -> None:
    delivery, given = asked(mailer, SAID)
    assert (delivery.outcome, delivery.receipt) == ("sent", "0102-ses")
    assert given["Destination"] == {"ToAddresses": ["charlie@acme.example"]}
    assert given["EmailTags"] == [{"Name": "action", "Value": tag_of(MAIL.action_id)}]
    assert given["ConfigurationSetName"] == "health-monitor"


def test_the_library_repeats_nothing_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boto3, "client", lambda _service, config: config.retries)
    retries: Any = SesMailer((), "health-monitor").client
    assert retries["total_max_attempts"] == 1


def test_what_is_asked_fits_the_published_contract(mailer: SesMailer) -> None:
    if not CONTRACT.exists():
        pytest.skip("the vendor's published contract is not beside the project")
    _, given = asked(mailer, SAID)
    published = json.loads(CONTRACT.read_text())["shapes"]["SendEmailRequest"]
    assert given.keys() <= published["members"].keys()
    assert set(published["required"]) <= given.keys()
    shape = botocore.session.get_session().get_service_model("sesv2").shape_for("SendEmailRequest")
    assert not ParamValidator().validate(given, shape).has_errors()


OUTCOMES = [
    (an_error("TooManyRequestsException", 429), "busy"),
    (an_error("ThrottlingException"), "busy"),
    (ConnectTimeoutError(endpoint_url="https://email"), "busy"),
    (EndpointConnectionError(endpoint_url="https://email"), "busy"),
    (an_error("MessageRejected"), "refused"),
    (an_error("MailFromDomainNotVerifiedException"), "refused"),
    (an_error("SendingPausedException"), "refused"),
    (an_error("AccountSuspendedException"), "refused"),
    (an_error("LimitExceededException"), "refused"),
    (an_error("NotFoundException", 404), "refused"),
    (an_error("AccessDeniedException", 403), "refused"),
    (an_error("SomethingNew"), "refused"),
    (NoCredentialsError(), "refused"),
    (an_error("InternalFailure", 500), "unknown"),
    (an_error("ServiceUnavailable", 503), "unknown"),
    (an_error("RequestTimeout", 408), "unknown"),
    (an_error("NoStatus", 0), "unknown"),
    (ReadTimeoutError(endpoint_url="https://email"), "unknown"),
    (ConnectionClosedError(endpoint_url="https://email"), "unknown"),
]


@pytest.mark.parametrize(("answer", "outcome"), OUTCOMES)
def test_only_what_certainly_was_not_sent_may_be_sent_again(mailer: SesMailer, answer: Exception, outcome: str) -> None:
    delivery, _ = asked(mailer, answer)
    assert (delivery.outcome, bool(delivery.why)) == (outcome, True)
    assert "charlie" not in delivery.why


@pytest.mark.parametrize(
    "wrong",
    [
        {"subject": "a\r\nBcc: x@evil.example"},
        {"to": "charlie"},
        {"to": ""},
        {"to": "a@b.example\nX: 1"},
        {"reply_to": "a@b.example\r\nX: 1"},
        {"from_name": "a\nb"},
    ],
)
def test_what_would_begin_another_header_never_leaves(mailer: SesMailer, wrong: dict[str, str]) -> None:
    handed_over = SimpleNamespace(send_email=pytest.fail, meta=SimpleNamespace(region_name="eu-west-1"))
    vars(mailer)["client"] = handed_over
    assert mailer.send(MAIL._replace(**wrong)).outcome == "refused"


def test_mail_comes_only_from_domains_that_are_allowed_and_verified(mailer: SesMailer) -> None:
    assert "add it to sending_domains" in (mailer.why_not_from("carla@gmail.example") or "")
    assert "SES has not verified" in (mailer.why_not_from("carla@example.org") or "")


def test_a_verified_sender_is_asked_for_once_and_one_that_is_not_again(mailer: SesMailer) -> None:
    with Stubber(mailer.asking) as ses:
        for _ in range(2):  # the address, then its domain
            ses.add_client_error("get_email_identity", "NotFoundException", http_status_code=404)
        ses.add_client_error("get_email_identity", "NotFoundException", http_status_code=404)
        ses.add_response("get_email_identity", {"VerifiedForSendingStatus": True})
        assert mailer.why_not_from("carla@example.com")
        assert mailer.why_not_from("carla@example.com") is None
        assert mailer.why_not_from("carla@example.com") is None
        ses.assert_no_pending_responses()


def test_the_providers_suppression_list_is_asked(mailer: SesMailer) -> None:
    at = {"Reason": "BOUNCE", "LastUpdateTime": 1793700000, "EmailAddress": "charlie@acme.example"}
    with Stubber(mailer.asking) as ses:
        ses.add_response("get_suppressed_destination", {"SuppressedDestination": at})
        ses.add_client_error("get_suppressed_destination", "NotFoundException", http_status_code=404)
        ses.add_client_error("get_suppressed_destination", "AccessDeniedException", http_status_code=403)
        assert mailer.is_suppressed("charlie@acme.example")
        assert not mailer.is_suppressed("dana@acme.example")
        with pytest.raises(NeedsHuman, match="grant"):
            mailer.is_suppressed("erin@acme.example")


def test_how_ses_stands_is_told_with_what_to_do(mailer: SesMailer) -> None:
    fine = {"VerifiedForSendingStatus": True, "DkimAttributes": {"Status": "SUCCESS"},
            "MailFromAttributes": {"MailFromDomain": "m.example.com", "MailFromDomainStatus": "SUCCESS",
                                   "BehaviorOnMxFailure": "USE_DEFAULT_VALUE"}}  # fmt: skip
    half = {"VerifiedForSendingStatus": False, "DkimAttributes": {"Status": "PENDING"}}
    with Stubber(mailer.asking) as ses:
        ses.add_response("get_account", {"ProductionAccessEnabled": True, "SendingEnabled": True})
        ses.add_response("get_email_identity", fine)
        ses.add_client_error("get_email_identity", "NotFoundException", http_status_code=404)
        ses.add_response("get_account", {"ProductionAccessEnabled": False, "SendingEnabled": False})
        ses.add_response("get_email_identity", half)
        ses.add_response("get_email_identity", fine)
        good, bad = mailer.findings(), mailer.findings()
    assert [(one.about, one.stops) for one in good] == [("SES", False), ("example.com", False), ("example.org", True)]
    assert [one.stops for one in bad] == [True, True, True, False, False]
    assert all(one.remedy for one in bad if one.stops)
