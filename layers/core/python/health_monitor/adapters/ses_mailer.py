"""Customer mail through Amazon SES: raw MIME, never repeated by itself, with the answer sorted by what is certain."""

from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import formataddr
from functools import cached_property
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
    ProxyConnectionError,
)
from botocore.exceptions import ConnectionError as NoConnection

from health_monitor.adapters import aws, ses
from health_monitor.adapters.aws import code_of, patience, sorting_errors
from health_monitor.model.outreach import Delivery, Finding, OutgoingMail, tag_of

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

_NEVER_ARRIVED = (ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError)
_BUSY = frozenset(
    {"RequestLimitExceeded", "RequestThrottled", "ThrottledException", "Throttling", "ThrottlingException",
     "TooManyRequestsException"}
)  # fmt: skip
_NO_IDENTITY = (NoCredentialsError, PartialCredentialsError)


_AS_THEY_STAND = frozenset({"list-unsubscribe", "list-unsubscribe-post", "in-reply-to", "references"})


class _Wire(EmailPolicy):
    """Lines and letters as SMTP wants them, and addresses and ids of mails as they stand.

    The library would encode those that are longer than a line, which no mail program undoes: with an ordinary
    deployment's address, one-click unsubscribe would not work, nor would a follow-up join its thread.
    """

    def fold_binary(self, name: str, value: Any) -> bytes:
        if name.lower() in _AS_THEY_STAND:
            return f"{name}: {value}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


WIRE = _Wire(linesep="\r\n", cte_type="7bit")


class SesMailer:
    """Sends from the CSMs' own addresses, at the domains that the deployment allows."""

    def __init__(self, domains: tuple[str, ...], configuration_set: str) -> None:
        self._domains, self._set = domains, configuration_set
        self._verified: set[str] = set()

    @cached_property
    def client(self) -> "SESV2Client":
        # One attempt: a call that is repeated after a timeout would send the mail twice.
        return boto3.client("sesv2", config=patience(read_timeout=20, attempts=1))

    @cached_property
    def asking(self) -> "SESV2Client":
        """For questions, which may be repeated."""
        return boto3.client("sesv2", config=patience(read_timeout=5, attempts=3))

    def send(self, mail: OutgoingMail) -> Delivery:
        try:
            raw = mime(mail, self.client.meta.region_name).as_bytes()
            # SES wants a name that is not plain ASCII as an encoded word here, too.
            sender = formataddr((mail.from_name, mail.mail_from))
        except (ValueError, IndexError, MessageError):
            return Delivery("refused", why="an address or the subject cannot stand in a mail; correct it")
        try:
            answer = self.client.send_email(
                FromEmailAddress=sender,
                Destination={"ToAddresses": [mail.to]},
                Content={"Raw": {"Data": raw}},
                EmailTags=[{"Name": "action", "Value": tag_of(mail.action_id)}],
                ConfigurationSetName=self._set,
            )
        except ClientError as error:
            return _answered(error)
        except _NEVER_ARRIVED as error:
            return Delivery("busy", why=f"SES could not be reached ({type(error).__name__})")
        except _NO_IDENTITY:
            return Delivery("refused", why="the function has no AWS credentials; see to its role")
        except (NoConnection, HTTPClientError) as error:
            return Delivery("unknown", why=f"SES was asked and did not answer ({type(error).__name__})")
        return Delivery("sent", receipt=answer["MessageId"])

    def why_not_from(self, address: str) -> str | None:
        domain = address.rpartition("@")[2].lower()
        if domain not in self._domains:
            allowed = ", ".join(self._domains)
            return f"mail may come from {allowed}, and the CSM's address is at {domain}; add it to sending_domains"
        if address in self._verified or self._is_verified(address, domain):
            self._verified.add(address)
            return None
        return f"SES has not verified the CSM's address nor {domain}; put SES's DNS records in place (docs/deploy.md)"

    def is_suppressed(self, email: str) -> bool:
        with sorting_errors("asking SES for its suppression list"):
            try:
                self.asking.get_suppressed_destination(EmailAddress=email)
            except self.asking.exceptions.NotFoundException:
                return False
        return True

    def findings(self) -> list[Finding]:
        """How SES stands: its sandbox, whether it may send, and every domain's DKIM and MAIL FROM."""
        with sorting_errors("asking SES how it stands"):
            account = self.asking.get_account()
        found = [
            Finding("SES", "it may mail anybody")
            if account.get("ProductionAccessEnabled")
            else Finding(
                "SES", "it is in its sandbox", "ask for production access: SES console, Account dashboard", stops=True
            )
        ]
        if not account.get("SendingEnabled", True):
            found.append(Finding("SES", "sending is paused", "see the SES console's reputation page", stops=True))
        return found + [one for domain in self._domains for one in self._domain(domain)]

    def _domain(self, domain: str) -> list[Finding]:
        identity = self._identity(domain)
        if identity is None:
            return [
                Finding(
                    domain,
                    "SES does not know it",
                    "create the identity and its DNS records (docs/deploy.md)",
                    stops=True,
                )
            ]
        found = []
        if identity["dkim"] != "SUCCESS":
            found.append(Finding(domain, "DKIM is not verified", "put SES's three CNAME records into its DNS", True))
        if identity["mail_from"] != "SUCCESS":
            remedy = "set a custom MAIL FROM domain, so that SPF aligns and fewer mails end up as spam"
            found.append(Finding(domain, "it has no MAIL FROM domain", remedy))
        return found or [Finding(domain, "verified, with DKIM and MAIL FROM")]

    def _is_verified(self, address: str, domain: str) -> bool:
        known = (self._identity(one) for one in (address, domain))
        return any(one and one["verified"] for one in known)

    def _identity(self, name: str) -> dict[str, str] | None:
        with sorting_errors("asking SES for an identity"):
            try:
                found = self.asking.get_email_identity(EmailIdentity=name)
            except self.asking.exceptions.NotFoundException:
                return None
        return {
            "verified": "yes" if found.get("VerifiedForSendingStatus") else "",
            "dkim": found.get("DkimAttributes", {}).get("Status", ""),
            "mail_from": found.get("MailFromAttributes", {}).get("MailFromDomainStatus", ""),
        }


def mime(mail: OutgoingMail, region: str) -> EmailMessage:
    """The whole message. Raises ValueError when a header would hold a line end."""
    message = EmailMessage(policy=WIRE)
    message["From"] = _address(mail.from_name, mail.mail_from)
    message["To"] = _address(mail.to_name, mail.to)
    message["Reply-To"] = mail.reply_to
    message["Subject"] = mail.subject
    ways = [f"<{mail.unsubscribe_url}>"]
    ways += [f"<mailto:{mail.unsubscribe_address}>"] if mail.unsubscribe_address else []
    message["List-Unsubscribe"] = ", ".join(ways)
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    if mail.in_reply_to:
        message["In-Reply-To"] = message["References"] = message_id(mail.in_reply_to, region)
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    return message


def message_id(receipt: str, region: str) -> str:
    """The Message-ID header that SES gives a mail; its oldest region calls itself email."""
    return f"<{receipt}@{'email' if region == 'us-east-1' else region}.amazonses.com>"


def _address(name: str | None, address: str) -> str:
    return str(Address(display_name=name or "", addr_spec=address))


def _answered(error: ClientError) -> Delivery:
    """A 4xx was not taken; after anything else nobody knows."""
    code, status = code_of(error), error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in _BUSY or status == 429:
        return Delivery("busy", why=f"SES is busy ({code})")
    if status == 408 or not 400 <= status < 500:
        return Delivery("unknown", why=f"SES answered with a failure of its own ({code})")
    remedy = ses.NEEDS_HUMAN.get(code) or aws.NEEDS_HUMAN.get(code, "look this up in the SES documentation")
    return Delivery("refused", why=f"SES refused it: {code}; {remedy}")
